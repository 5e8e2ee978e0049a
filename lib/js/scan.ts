// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/scan.inl.h and topk.inl.h: integer dot products, one float64 expression, the k best. */
import type { ScanJob } from '../backend.ts';
import { formSectionBytes, isOnePlane, pad64, planeBytes, type Section } from '../codec/section.ts';
import { unpack } from './pack.ts';

/** No row: fewer than k were admitted. */
export const NO_ROW = 0xffffffff;

const CHUNK = 65536; // 65,536 products of at most 127 * 127 fit 31 bits

/** Level digits of one row's section in the order of the query form. */
function sectionLevels(
  section: Section,
  packed: Uint8Array,
  at: number,
  codes: Uint8Array,
  high: Int8Array,
  low: Int8Array | undefined,
): void {
  const { count, book, queryOffset } = section;
  const { bits } = book;
  if (isOnePlane(bits)) {
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
  unpack(packed, at, count, bits, codes);
  for (let i = 0; i < count; i++) high[queryOffset + i] = section.high[codes[i]];
  if (low && section.low.length) for (let i = 0; i < count; i++) low[queryOffset + i] = section.low[codes[i]];
}

function dot(levels: Int8Array, forms: Int8Array, at: number): number {
  let total = 0;
  for (let chunk = 0; chunk < levels.length; chunk += CHUNK) {
    const end = Math.min(chunk + CHUNK, levels.length);
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

export function scan(job: ScanJob): void {
  const { plan, k, forms, queryBias, gains, allowed, scales, norms, rounds } = job;
  const queries = queryBias.length;
  const best = Array.from(
    { length: queries },
    (_, q) => new TopK(job.keys.subarray(q * k, (q + 1) * k), job.rows.subarray(q * k, (q + 1) * k)),
  );
  const formBytes = plan.sections.reduce((sum, s) => sum + formSectionBytes(s.count, s.book.bits), 0);
  const high = new Int8Array(formBytes);
  const low = plan.sections.some((s) => s.low.length) ? new Int8Array(formBytes) : undefined;
  const codes = new Uint8Array(plan.rotation.dim);
  for (let row = job.firstRow; row < job.lastRow; row++) {
    if (allowed && !((allowed[row >> 3] >> (row & 7)) & 1)) continue;
    for (const section of plan.sections) {
      sectionLevels(section, job.codes, row * plan.codeBytes + section.codeOffset, codes, high, low);
    }
    const form = rounds[row] - 1;
    const norm = norms ? norms[row] : 0;
    for (let q = 0; q < queries; q++) {
      const at = (q * 3 + form) * formBytes;
      const sum = 128 * dot(high, forms, at) + (low ? dot(low, forms, at) : 0);
      const bias = queryBias[q] - norm * norm;
      best[q].offer(bias + gains[q * 3 + form] * scales[row] * sum, row);
    }
  }
  for (const b of best) b.finish();
}
