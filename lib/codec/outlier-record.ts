// SPDX-License-Identifier: Apache-2.0
/**
 * Records with outliers, of different sizes: codes, f32 scale, f32 norm, u8 tag, u32 nonce, u32 number of outliers, then for
 * each a u32 coordinate and its f32 value; little-endian, nothing aligned (FORMAT.md, section 1).
 */
import type { Columns } from '../backend.ts';
import { HadaquantFormatError } from '../check.ts';
import type { CodecPlan } from './codec.ts';
import { outlierLimit } from './quicfl.ts';

const SCALE_OFFSET = 0;
const NORM_OFFSET = 4;
const TAG_OFFSET = 8;
const NONCE_OFFSET = 9;
const COUNT_OFFSET = 13;
const TRAILER_BYTES = 17;
const OUTLIER_BYTES = 8;

function outliersARow(plan: CodecPlan): number {
  return outlierLimit(plan.rotation.dim, plan.outlierLimit);
}

/** Bytes of a record without outliers. */
export function leastRecordBytes(plan: CodecPlan): number {
  return plan.codeBytes + TRAILER_BYTES;
}

/** Columns with room for any `rows` rows. */
export function outlierColumns(plan: CodecPlan, rows: number, outliers: number = rows * outliersARow(plan)): Columns {
  return {
    codes: new Uint8Array(rows * plan.codeBytes),
    scales: new Uint8Array(4 * rows),
    norms: new Uint8Array(4 * rows),
    tags: new Uint8Array(rows),
    residuals: null,
    nonces: new Uint8Array(4 * rows),
    outliers: {
      starts: new Uint32Array(rows + 1),
      coordinates: new Uint32Array(outliers),
      values: new Float32Array(outliers),
    },
    stride: 0,
  };
}

/** Copies four bytes; `set` takes a view of them, which costs more than the rest of a short row. */
function copyWord(from: Uint8Array, at: number, to: Uint8Array, place: number): void {
  for (let i = 0; i < 4; i++) to[place + i] = from[at + i];
}

/** The records of encoded columns. */
export function writeOutlierRecords(plan: CodecPlan, columns: Columns): Uint8Array {
  const { codeBytes } = plan;
  const { codes, scales, tags } = columns;
  const { starts, coordinates, values } = columns.outliers as NonNullable<Columns['outliers']>;
  const norms = columns.norms as Uint8Array;
  const nonces = columns.nonces as Uint8Array;
  const rows = tags.length;
  const records = new Uint8Array(rows * leastRecordBytes(plan) + starts[rows] * OUTLIER_BYTES);
  const view = new DataView(records.buffer);
  let at = 0;
  for (let r = 0; r < rows; r++) {
    records.set(codes.subarray(r * codeBytes, (r + 1) * codeBytes), at);
    at += codeBytes;
    copyWord(scales, 4 * r, records, at + SCALE_OFFSET);
    copyWord(norms, 4 * r, records, at + NORM_OFFSET);
    records[at + TAG_OFFSET] = tags[r];
    copyWord(nonces, 4 * r, records, at + NONCE_OFFSET);
    view.setUint32(at + COUNT_OFFSET, starts[r + 1] - starts[r], true);
    at += TRAILER_BYTES;
    for (let i = starts[r]; i < starts[r + 1]; i++, at += OUTLIER_BYTES) {
      view.setUint32(at, coordinates[i], true);
      view.setFloat32(at + 4, values[i], true);
    }
  }
  return records;
}

function fail(row: number, what: string): never {
  throw new HadaquantFormatError(`codes: record ${row} cannot be decoded (${what})`);
}

/**
 * Where each record begins, and where the last one ends.
 * @throws HadaquantFormatError if the bytes are not one or more whole records
 */
export function outlierRecordStarts(plan: CodecPlan, records: Uint8Array): number[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const least = leastRecordBytes(plan);
  const most = outliersARow(plan);
  const starts = [0];
  for (let at = 0; at < records.length || starts.length === 1; starts.push(at)) {
    const row = starts.length - 1;
    if (records.length - at < least) fail(row, `it needs ${least} bytes, ${records.length - at} are there`);
    const count = view.getUint32(at + plan.codeBytes + COUNT_OFFSET, true);
    if (count > most) fail(row, `${count} outliers, where there can be ${most}`);
    at += least + count * OUTLIER_BYTES;
    if (at > records.length) fail(row, 'its outliers are cut off');
  }
  return starts;
}

/** The columns of records that begin at `starts` (and end at its last entry), copied. `first`: number of the first. */
export function readOutlierRecords(
  plan: CodecPlan,
  records: Uint8Array,
  starts: readonly number[],
  first: number,
): Columns {
  const { codeBytes, coded } = plan;
  const rows = starts.length - 1;
  const outlierBytes = starts[rows] - rows * leastRecordBytes(plan);
  const columns = outlierColumns(plan, rows, outlierBytes / OUTLIER_BYTES);
  const outliers = columns.outliers as NonNullable<Columns['outliers']>;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  // normalised rows have the length sqrt(dim), but for rounding
  const most = 1.001 * Math.sqrt(plan.rotation.dim);
  let used = 0;
  for (let r = 0; r < rows; r++) {
    let at = starts[r];
    columns.codes.set(records.subarray(at, at + codeBytes), r * codeBytes);
    at += codeBytes;
    copyWord(records, at + SCALE_OFFSET, columns.scales, 4 * r);
    if (columns.norms) copyWord(records, at + NORM_OFFSET, columns.norms, 4 * r);
    columns.tags[r] = records[at + TAG_OFFSET];
    if (columns.nonces) copyWord(records, at + NONCE_OFFSET, columns.nonces, 4 * r);
    let previous = -1;
    for (at += TRAILER_BYTES; at < starts[r + 1]; at += OUTLIER_BYTES, used++) {
      const coordinate = view.getUint32(at, true);
      const value = view.getFloat32(at + 4, true);
      if (coordinate <= previous || coordinate >= coded) fail(first + r, `outlier ${coordinate} is out of order`);
      if (!(Math.abs(value) <= most)) fail(first + r, `outlier ${coordinate} is ${value}: longer than its row`);
      previous = coordinate;
      outliers.coordinates[used] = coordinate;
      outliers.values[used] = value;
    }
    outliers.starts[r + 1] = used;
  }
  return columns;
}

/** One array of all parts. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
