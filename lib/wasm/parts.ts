// SPDX-License-Identifier: Apache-2.0
/** Cuts the arguments of a call into ranges of rows, so that linear memory holds a part of them at a time. */
import type { Columns, Outliers, ScanJob } from '../backend.ts';
import { arrayTag, trueLength } from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { NO_ROW } from '../search/found.ts';

/** Of arrays that are copied in together: they stay in the second cache level from the first copy to the last. */
const PART_BYTES = 1 << 20;

/**
 * Calls part(first, last) for rows 0 .. rows - 1, in order, until one gives false. At least once. Every `first` is a
 * multiple of `multiple`.
 */
export function inParts(
  rows: number,
  bytesARow: number,
  part: (first: number, last: number) => boolean,
  multiple = 1,
): void {
  const step = Math.max(1, Math.floor(PART_BYTES / Math.max(bytesARow, 1) / multiple)) * multiple;
  let first = 0;
  do {
    const last = Math.min(first + step, rows);
    if (!part(first, last)) return;
    first = last;
  } while (first < rows);
}

const TYPES = { Float32Array, Float64Array, Uint8Array } as Record<string, unknown>;

/** Elements first .. last - 1. Not array.subarray: a subclass may choose what it gives. */
export function viewOf<T extends Float32Array | Float64Array | Uint8Array>(array: T, first: number, last: number): T {
  if (first === 0 && last === trueLength(array)) return array;
  const Type = TYPES[arrayTag(array) as string] as {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  };
  return new Type(array.buffer, array.byteOffset + first * Type.BYTES_PER_ELEMENT, last - first);
}

/** Rows first .. last - 1 of columns, without outliers. */
export function columnsOf(plan: CodecPlan, columns: Columns, first: number, last: number): Columns {
  const { stride } = columns;
  const cut = (column: Uint8Array, width: number): Uint8Array =>
    stride ? column.subarray(first * stride, last * stride) : column.subarray(first * width, last * width);
  const cutOptional = (column: Uint8Array | null, width: number) => column && cut(column, width);
  return {
    codes: cut(columns.codes, plan.codeBytes),
    scales: cut(columns.scales, 4),
    norms: cutOptional(columns.norms, 4),
    tags: cut(columns.tags, 1),
    residuals: cutOptional(columns.residuals, 4),
    nonces: cutOptional(columns.nonces, 4),
    outliers: null,
    stride,
  };
}

/** Outliers of rows first .. last - 1, to be read. What does not fit together is left for the module to refuse. */
export function outliersOf({ starts, coordinates, values }: Outliers, first: number, last: number): Outliers {
  const begin = first === 0 ? 0 : starts[first];
  return {
    starts: starts.slice(first, last + 1).map((start) => start - begin),
    coordinates: coordinates.subarray(begin, starts[last]),
    values: values.subarray(begin, starts[last]),
  };
}

/** The same job over rows first .. last - 1 alone, first a multiple of 8; results are counted from `first`. */
export function scanPart(job: ScanJob, first: number, last: number): ScanJob {
  const { codeBytes } = job.plan;
  const results = job.rows.length;
  return {
    ...job,
    codes: job.codes.subarray(first * codeBytes, last * codeBytes),
    scales: job.scales.subarray(first, last),
    norms: job.norms && job.norms.subarray(first, last),
    tags: job.tags.subarray(first, last),
    residuals: job.residuals && job.residuals.subarray(first, last),
    reaches: job.reaches && job.reaches.subarray(first, last),
    allowed: job.allowed && job.allowed.subarray(first / 8, Math.ceil(last / 8)),
    firstRow: Math.max(job.firstRow - first, 0),
    lastRow: last - first,
    rows: new Uint32Array(results),
    keys: new Float64Array(results),
  };
}

/** The k best of `into` and of a part of later rows, which begin at `first`: larger keys first, equal ones by row. */
export function mergeScan(into: ScanJob, part: ScanJob, first: number): void {
  const { k } = into;
  const rows = new Uint32Array(k);
  const keys = new Float64Array(k);
  for (let start = 0; start < into.rows.length; start += k) {
    let a = start;
    let b = start;
    for (let i = 0; i < k; i++) {
      const later = part.rows[b] !== NO_ROW && (into.rows[a] === NO_ROW || part.keys[b] > into.keys[a]);
      rows[i] = later ? part.rows[b] + first : into.rows[a];
      keys[i] = later ? part.keys[b++] : into.keys[a++];
    }
    into.rows.set(rows, start);
    into.keys.set(keys, start);
  }
}
