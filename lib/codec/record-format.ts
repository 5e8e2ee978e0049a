// SPDX-License-Identifier: Apache-2.0
/** Records of a codec, of one size or of different sizes, behind one interface. */
import type { Columns } from '../backend.ts';
import { checkRecordBytes, checkRecords, trueLength } from '../check.ts';
import type { CodecPlan } from './codec.ts';
import {
  leastRecordBytes,
  outlierColumns,
  outlierRecordStarts,
  readOutlierRecords,
  writeOutlierRecords,
} from './outlier-record.ts';
import { recordBytes, recordColumns } from './record.ts';

/** Whole records: how many, and the columns and bytes of any range of them. */
export interface Located {
  readonly rows: number;
  /** Bytes where records begin, and where the last one ends. */
  start(row: number): number;
  columns(bytes: Uint8Array, first: number, last: number): Columns;
}

export interface RecordFormat {
  /** Bytes of a record; null if they differ. */
  readonly bytesPerVector: number | null;
  /** Bytes that a record has at least. */
  readonly leastBytes: number;
  /** @throws TypeError, RangeError or HadaquantFormatError unless `codes` is one or more whole records */
  locate(codes: Uint8Array): Located;
}

/** The format of a plan's records. */
export function recordFormat(plan: CodecPlan): RecordFormat {
  return plan.dither === 'coordinate' ? outlierFormat(plan) : fixedFormat(plan);
}

function fixedFormat(plan: CodecPlan): RecordFormat {
  const bytes = recordBytes(plan);
  return {
    bytesPerVector: bytes,
    leastBytes: bytes,
    locate: (codes) => ({
      rows: checkRecords('codes', codes, bytes),
      start: (row) => row * bytes,
      columns: (part) => recordColumns(plan, part),
    }),
  };
}

/** The same bytes with their true length: an own `length` property can lie. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, trueLength(bytes));
}

function outlierFormat(plan: CodecPlan): RecordFormat {
  return {
    bytesPerVector: null,
    leastBytes: leastRecordBytes(plan),
    locate(codes) {
      checkRecordBytes('codes', codes);
      const starts = outlierRecordStarts(plan, plainBytes(codes));
      return {
        rows: starts.length - 1,
        start: (row) => starts[row],
        columns: (part, first, last) =>
          readOutlierRecords(
            plan,
            plainBytes(part),
            starts.slice(first, last + 1).map((start) => start - starts[first]),
            first,
          ),
      };
    },
  };
}

/** Columns to encode `rows` rows into, and the records that come of them. */
export function encodingColumns(
  plan: CodecPlan,
  rows: number,
  out?: Uint8Array,
): { columns: Columns; records: () => Uint8Array } {
  if (plan.dither === 'coordinate') {
    const columns = outlierColumns(plan, rows);
    return { columns, records: () => writeOutlierRecords(plan, columns) };
  }
  const bytes = out ?? new Uint8Array(rows * recordBytes(plan));
  return { columns: recordColumns(plan, bytes), records: () => bytes };
}
