// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/scan.inl.h and topk.inl.h: integer dot products, one float64 expression, the k best.
 *
 * Where every code is a field of one byte (1, 2 or 4 bits) and there are rows enough, a query becomes tables: for each byte
 * of a row's codes, what each of its 256 values adds to the dot product. A row then costs one look-up a byte instead of a
 * look-up and a product a coordinate. Tables are made for eight bytes at a time, used for a tile of rows, and forgotten:
 * they stay in L1. Other codes become level bytes once a tile, for all queries.
 */
import type { ScanJob } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { codeCount, isDirect, pad64, planeBytes, type Section } from '../codec/section.ts';
import { NO_ROW } from '../search/found.ts';
import { unpack } from './pack.ts';

const CHUNK = 65536; // 65,536 products of at most 127 * 127 fit 31 bits
/** Codes of a tile, which every table passes over: half of a usual L2. */
const TILE_BYTES = 1 << 19;
const TILE_ROWS = 4096;
/** From so many rows on making tables pays. */
const TABLE_ROWS = 256;
/** Level bytes made at a time, one row at least. */
const LEVEL_BYTES = 1 << 17;
/** Bytes of codes that have a table at a time. */
const TABLES = 8;

/** Level digits of one row's section, in the order of the query form, for the form that begins at high[at]. */
function sectionLevels(
  { count, alphabet, queryOffset, high, low }: Section,
  draw: number,
  packed: Uint8Array,
  from: number,
  codes: Uint8Array,
  highs: Int8Array,
  lows: Int8Array | undefined,
  at: number,
): void {
  const { bits, block } = alphabet;
  const out = at + queryOffset;
  if (isDirect(alphabet)) {
    const bytes = planeBytes(count, bits);
    const stride = pad64(bytes);
    const mask = (1 << bits) - 1;
    for (let shift = 0, field = out; shift < 8; shift += bits, field += stride) {
      let j = 0;
      for (; j + 4 <= bytes; j += 4) {
        highs[field + j] = high[(packed[from + j] >> shift) & mask];
        highs[field + j + 1] = high[(packed[from + j + 1] >> shift) & mask];
        highs[field + j + 2] = high[(packed[from + j + 2] >> shift) & mask];
        highs[field + j + 3] = high[(packed[from + j + 3] >> shift) & mask];
      }
      for (; j < bytes; j++) highs[field + j] = high[(packed[from + j] >> shift) & mask];
    }
    return;
  }
  const n = codeCount({ count, first: 0, alphabet });
  unpack(packed, from, n, bits, codes);
  if (block > 1) {
    for (let c = 0, i = out; c < n; c++) {
      for (let entry = codes[c] * block; entry < (codes[c] + 1) * block; entry++) highs[i++] = high[entry];
    }
    return;
  }
  const table = draw * Math.max(16, 1 << bits);
  lookupDigits(high, table, codes, n, highs, out);
  if (lows && low.length) lookupDigits(low, table, codes, n, lows, out);
}

function lookupDigits(
  table: Int8Array,
  first: number,
  codes: Uint8Array,
  n: number,
  digits: Int8Array,
  at: number,
): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    digits[at + i] = table[first + codes[i]];
    digits[at + i + 1] = table[first + codes[i + 1]];
    digits[at + i + 2] = table[first + codes[i + 2]];
    digits[at + i + 3] = table[first + codes[i + 3]];
  }
  for (; i < n; i++) digits[at + i] = table[first + codes[i]];
}

/** <n levels from `from` on, the bytes of the form at `at`>. Views, because loops that count from 0 are faster. */
function dot(levels: Int8Array, from: number, n: number, forms: Int8Array, at: number): number {
  let total = 0;
  for (let chunk = 0; chunk < n; chunk += CHUNK) {
    const end = Math.min(CHUNK, n - chunk);
    const a = levels.subarray(from + chunk, from + chunk + end);
    const b = forms.subarray(at + chunk, at + chunk + end);
    let sum = 0;
    let i = 0;
    for (; i + 4 <= end; i += 4) {
      sum = (sum + a[i] * b[i] + a[i + 1] * b[i + 1] + a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3]) | 0;
    }
    for (; i < end; i++) sum = (sum + a[i] * b[i]) | 0;
    total += sum;
  }
  return total;
}

/** Rows of a tile that have the same number of rounds, and sums over their codes: with the scale, with the residual. */
class Group {
  count = 0;
  readonly rows: Uint32Array;
  readonly dots: Float64Array;
  readonly projected: Float64Array;

  constructor(capacity: number) {
    this.rows = new Uint32Array(capacity);
    this.dots = new Float64Array(capacity);
    this.projected = new Float64Array(capacity);
  }
}

const tables = new Int32Array(TABLES * 256);
const lowNibble = new Int32Array(16);
const highNibble = new Int32Array(16);

/** What each value of four bits adds, whose fields the form has at `at`, at + stride, ...; 128 times. */
function makeNibble(
  out: Int32Array,
  bits: number,
  levels: Int8Array,
  forms: Int8Array,
  at: number,
  stride: number,
): void {
  out[0] = 0;
  for (let made = 1, field = at; made < 16; made <<= bits, field += stride) {
    // a field shifts what the fields below it have made; code 0 overwrites that, so it comes last
    for (let c = (1 << bits) - 1; c >= 0; c--) {
      const product = 128 * levels[c] * forms[field];
      for (let b = 0; b < made; b++) out[c * made + b] = out[b] + product;
    }
  }
}

/** The table of a byte whose fields the form has at `at`, at + stride, ...: 128 times what each value of it adds. */
function makeTable(table: number, bits: number, levels: Int8Array, forms: Int8Array, at: number, stride: number): void {
  makeNibble(lowNibble, bits, levels, forms, at, stride);
  makeNibble(highNibble, bits, levels, forms, at + (4 / bits) * stride, stride);
  for (let h = 0, entry = table; h < 16; h++) {
    const high = highNibble[h];
    for (let l = 0; l < 16; l += 4, entry += 4) {
      tables[entry] = high + lowNibble[l];
      tables[entry + 1] = high + lowNibble[l + 1];
      tables[entry + 2] = high + lowNibble[l + 2];
      tables[entry + 3] = high + lowNibble[l + 3];
    }
  }
}

/** sums[i] += 128 <codes of row i of the group, form>, by tables. */
function addByTables(
  { count, alphabet, codeOffset, queryOffset, high }: Section,
  codes: Uint8Array,
  codeBytes: number,
  { rows, count: n }: Group,
  forms: Int8Array,
  form: number,
  sums: Float64Array,
): void {
  const { bits } = alphabet;
  const bytes = planeBytes(count, bits);
  const stride = pad64(bytes);
  for (let first = 0; first < bytes; first += TABLES) {
    const many = Math.min(TABLES, bytes - first);
    for (let k = 0; k < many; k++) makeTable(256 * k, bits, high, forms, form + queryOffset + first + k, stride);
    const at = codeOffset + first;
    if (many === TABLES) addEight(codes, codeBytes, at, rows, n, sums);
    else addFew(codes, codeBytes, at, many, rows, n, sums);
  }
}

function addEight(
  codes: Uint8Array,
  codeBytes: number,
  at: number,
  rows: Uint32Array,
  n: number,
  sums: Float64Array,
): void {
  const t = tables;
  for (let i = 0; i < n; i++) {
    const p = rows[i] * codeBytes + at;
    const low = t[codes[p]] + t[256 + codes[p + 1]] + t[512 + codes[p + 2]] + t[768 + codes[p + 3]];
    const high = t[1024 + codes[p + 4]] + t[1280 + codes[p + 5]] + t[1536 + codes[p + 6]] + t[1792 + codes[p + 7]];
    sums[i] += (low + high) | 0;
  }
}

function addFew(
  codes: Uint8Array,
  codeBytes: number,
  at: number,
  many: number,
  rows: Uint32Array,
  n: number,
  sums: Float64Array,
): void {
  for (let i = 0; i < n; i++) {
    const p = rows[i] * codeBytes + at;
    let sum = 0;
    for (let k = 0; k < many; k++) sum = (sum + tables[256 * k + codes[p + k]]) | 0;
    sums[i] += sum;
  }
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
      if (keys.length === 0 || !(key >= keys[0]) || (key === keys[0] && row > rows[0])) return;
      keys[0] = key;
      rows[0] = row;
      this.siftDown(0, this.size);
      return;
    }
    if (!(key >= -Number.MAX_VALUE)) return; // -infinity and NaN, which only an overflow makes, are no results
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
  const { plan, k, forms, allowed, tags } = job;
  const { sections, formBytes, codeBytes } = plan;
  const queries = job.queryBias.length;
  const best = Array.from(
    { length: queries },
    (_, q) => new TopK(job.keys.subarray(q * k, (q + 1) * k), job.rows.subarray(q * k, (q + 1) * k)),
  );
  const split = projectedOffset(plan);
  const direct = sections.every(({ alphabet }) => isDirect(alphabet));
  const tileRows = rowsOfTile(job.lastRow - job.firstRow, codeBytes);
  const batch = Math.max(1, Math.min(tileRows, Math.floor(LEVEL_BYTES / formBytes)));
  const high = new Int8Array(batch * formBytes);
  const low = sections.some((s) => s.low.length) ? new Int8Array(batch * formBytes) : undefined;
  const codes = new Uint8Array(plan.rotation.dim);
  const groups = [new Group(tileRows), new Group(tileRows), new Group(tileRows)];

  const byTables = (group: Group, form: number) => {
    for (let q = 0; q < queries; q++) {
      group.dots.fill(0, 0, group.count);
      group.projected.fill(0, 0, group.count);
      for (const section of sections) {
        const sums = section.queryOffset < split ? group.dots : group.projected;
        addByTables(section, job.codes, codeBytes, group, forms, (q * 3 + form) * formBytes, sums);
      }
      score(job, q, form, group, 0, group.count, best[q]);
    }
  };
  const byLevels = (group: Group, form: number) => {
    for (let first = 0; first < group.count; first += batch) {
      const last = Math.min(first + batch, group.count);
      for (let i = first; i < last; i++) {
        const row = group.rows[i];
        const at = (i - first) * formBytes;
        for (const section of sections) {
          sectionLevels(section, tags[row] >> 2, job.codes, row * codeBytes + section.codeOffset, codes, high, low, at);
        }
      }
      for (let q = 0; q < queries; q++) {
        const query = (q * 3 + form) * formBytes;
        const sum = (at: number, n: number, from: number) =>
          128 * dot(high, at, n, forms, from) + (low ? dot(low, at, n, forms, from) : 0);
        for (let i = first; i < last; i++) {
          const at = (i - first) * formBytes;
          group.dots[i] = sum(at, split, query);
          group.projected[i] = split < formBytes ? sum(at + split, formBytes - split, query + split) : 0;
        }
        score(job, q, form, group, first, last, best[q]);
      }
    }
  };

  for (let tile = job.firstRow; tile < job.lastRow; tile += tileRows) {
    const end = Math.min(tile + tileRows, job.lastRow);
    for (const group of groups) group.count = 0;
    for (let row = tile; row < end; row++) {
      if (allowed && !((allowed[row >> 3] >> (row & 7)) & 1)) continue;
      const group = groups[Math.max((tags[row] & 3) - 1, 0)]; // no encoder writes 0 rounds
      group.rows[group.count++] = row;
    }
    groups.forEach((group, form) => {
      if (direct && group.count >= TABLE_ROWS) byTables(group, form);
      else byLevels(group, form);
    });
  }
  for (const b of best) b.finish();
}

/** Tiles of one size, so that none is too small for its tables. */
function rowsOfTile(rows: number, codeBytes: number): number {
  if (rows === 0) return 0;
  const most = Math.max(TABLE_ROWS, Math.min(TILE_ROWS, Math.floor(TILE_BYTES / codeBytes)));
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** Offers rows first .. last - 1 of a group to the best of query q. */
function score(
  job: ScanJob,
  q: number,
  form: number,
  { rows, dots, projected }: Group,
  first: number,
  last: number,
  best: TopK,
): void {
  const { scales, norms, residuals, reaches, slacks } = job;
  const bias = job.queryBias[q];
  const gain = job.gains[2 * (q * 3 + form)];
  const projectedGain = job.gains[2 * (q * 3 + form) + 1];
  for (let i = first; i < last; i++) {
    const row = rows[i];
    const norm = norms ? norms[row] : 0;
    let key = bias - norm * norm + gain * scales[row] * dots[i];
    if (residuals) key += projectedGain * residuals[row] * projected[i];
    if (reaches && slacks) key += slacks[q] * reaches[row];
    best.offer(key, row);
  }
}
