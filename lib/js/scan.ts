// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/scan.inl.h and topk.inl.h: integer dot products, one float64 expression, the k best. */
import type { ScanJob } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { codeCount, isDirect, pad64, planeBytes, type Section } from '../codec/section.ts';
import { NO_ROW } from '../search/found.ts';
import { unpack } from './pack.ts';

const CHUNK = 65536; // 65,536 products of at most 127 * 127 fit 31 bits

/** Level digits of one row's section, in the order of the query form. */
function sectionLevels(
  section: Section,
  draw: number,
  packed: Uint8Array,
  at: number,
  codes: Uint8Array,
  high: Int8Array,
  low: Int8Array | undefined,
): void {
  const { count, alphabet, queryOffset } = section;
  const { bits, block } = alphabet;
  if (isDirect(alphabet)) {
    const bytes = planeBytes(count, bits);
    const stride = pad64(bytes);
    const mask = (1 << bits) - 1;
    for (let t = 0; t < 8 / bits; t++) {
      for (let j = 0; j < bytes; j++) {
        high[queryOffset + t * stride + j] = section.high[(packed[at + j] >> (t * bits)) & mask];
      }
    }
    return;
  }
  unpack(packed, at, codeCount(section), bits, codes);
  const table = draw * Math.max(16, 2 ** bits);
  for (let i = 0; i < count; i++) {
    const entry = block === 1 ? table + codes[i] : codes[Math.floor(i / block)] * block + (i % block);
    high[queryOffset + i] = section.high[entry];
    if (low && section.low.length) low[queryOffset + i] = section.low[entry];
  }
}

/** <levels[from .. to), the same bytes of the form at `at`>. */
function dot(levels: Int8Array, from: number, to: number, forms: Int8Array, at: number): number {
  let total = 0;
  for (let chunk = from; chunk < to; chunk += CHUNK) {
    const end = Math.min(chunk + CHUNK, to);
    let sum = 0;
    for (let i = chunk; i < end; i++) sum = (sum + levels[i] * forms[at + i]) | 0;
    total += sum;
  }
  return total;
}

/** The k best (key, row) pairs: a heap with the worst on top; larger keys first, equal keys by smaller row. */
class TopK {
  size = 0;
  readonly keys: Float64Array;
  readonly rows: Uint32Array;

  constructor(keys: Float64Array, rows: Uint32Array) {
    this.keys = keys;
    this.rows = rows;
  }

  private worse(a: number, b: number): boolean {
    return this.keys[a] < this.keys[b] || (this.keys[a] === this.keys[b] && this.rows[a] > this.rows[b]);
  }

  private swap(a: number, b: number): void {
    const { keys, rows } = this;
    const key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
    const row = rows[a];
    rows[a] = rows[b];
    rows[b] = row;
  }

  private siftDown(at: number, n: number): void {
    for (let child = 2 * at + 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && this.worse(child + 1, child)) child++;
      if (!this.worse(child, at)) return;
      this.swap(at, child);
      at = child;
    }
  }

  offer(key: number, row: number): void {
    const { keys, rows } = this;
    if (this.size === keys.length) {
      if (keys.length === 0 || key < keys[0] || (key === keys[0] && row > rows[0])) return;
      keys[0] = key;
      rows[0] = row;
      this.siftDown(0, this.size);
      return;
    }
    let at = this.size++;
    keys[at] = key;
    rows[at] = row;
    for (let up = (at - 1) >> 1; at && this.worse(at, up); at = up, up = (at - 1) >> 1) this.swap(at, up);
  }

  finish(): void {
    for (let n = this.size; n > 1; n--) {
      this.swap(0, n - 1);
      this.siftDown(0, n - 1);
    }
    this.keys.fill(0, this.size);
    this.rows.fill(NO_ROW, this.size);
  }
}

/** Where the sections that count with the scale end in a form, and the projected ones begin. */
function projectedOffset(plan: CodecPlan): number {
  return plan.sections.find((s) => s.alphabet.coding === 'projected')?.queryOffset ?? plan.formBytes;
}

export function scan(job: ScanJob): void {
  const { plan, k, forms, queryBias, gains, slacks, allowed, scales, norms, tags, residuals, reaches } = job;
  const queries = queryBias.length;
  const best = Array.from(
    { length: queries },
    (_, q) => new TopK(job.keys.subarray(q * k, (q + 1) * k), job.rows.subarray(q * k, (q + 1) * k)),
  );
  const { formBytes } = plan;
  const high = new Int8Array(formBytes);
  const low = plan.sections.some((s) => s.low.length) ? new Int8Array(formBytes) : undefined;
  const codes = new Uint8Array(plan.rotation.dim);
  const split = projectedOffset(plan);
  const dots = (from: number, to: number, at: number) =>
    128 * dot(high, from, to, forms, at) + (low ? dot(low, from, to, forms, at) : 0);
  for (let row = job.firstRow; row < job.lastRow; row++) {
    if (allowed && !((allowed[row >> 3] >> (row & 7)) & 1)) continue;
    for (const section of plan.sections) {
      sectionLevels(section, tags[row] >> 2, job.codes, row * plan.codeBytes + section.codeOffset, codes, high, low);
    }
    const form = (tags[row] & 3) - 1;
    const norm = norms ? norms[row] : 0;
    for (let q = 0; q < queries; q++) {
      const f = q * 3 + form;
      const bias = queryBias[q] - norm * norm;
      let key = bias + gains[2 * f] * scales[row] * dots(0, split, f * formBytes);
      if (residuals) key += gains[2 * f + 1] * residuals[row] * dots(split, formBytes, f * formBytes);
      if (reaches && slacks) key += slacks[q] * reaches[row];
      best[q].offer(key, row);
    }
  }
  for (const b of best) b.finish();
}
