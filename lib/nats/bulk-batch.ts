// SPDX-License-Identifier: Apache-2.0
/**
 * A batch on its way: rows, their records, or why there are none. Little-endian: "HQBB", u8 version, u8 kind, u16 0, u64 batch,
 * u64 first row, u32 rows, u32 0, the body, and a CRC-32C of all before it.
 */
import { kernels } from '../backend.ts';
import { HadaquantFormatError } from '../check.ts';
import { decodeText } from './messages.ts';

export type BatchKind = 'rows' | 'records' | 'failure';
const KINDS: readonly BatchKind[] = ['rows', 'records', 'failure'];
const MAGIC = 0x42425148; // "HQBB"
const VERSION = 1;
const HEADER_BYTES = 32;
/** What a message has beside its body. */
export const BATCH_OVERHEAD: number = HEADER_BYTES + 4;

export interface Batch {
  readonly kind: BatchKind;
  readonly batch: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly body: Uint8Array;
}

export function encodeBatch({ kind, batch, firstRow, rows, body }: Batch): Uint8Array {
  const message = new Uint8Array(BATCH_OVERHEAD + body.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, MAGIC, true);
  message[4] = VERSION;
  message[5] = KINDS.indexOf(kind);
  view.setBigUint64(8, BigInt(batch), true);
  view.setBigUint64(16, BigInt(firstRow), true);
  view.setUint32(24, rows, true);
  message.set(body, HEADER_BYTES);
  const end = message.length - 4;
  view.setUint32(end, kernels().crc32c(0, message.subarray(0, end)), true);
  return message;
}

/** @throws HadaquantFormatError unless it is as it was made */
export function decodeBatch(name: string, message: Uint8Array): Batch {
  const fail = (what: string): never => {
    throw new HadaquantFormatError(`${name}: ${what}`);
  };
  const end = message.length - 4;
  if (end < HEADER_BYTES) fail(`${message.length} bytes are fewer than a header and its checksum`);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(0, true) !== MAGIC) fail('it does not begin with "HQBB"');
  if (view.getUint32(end, true) !== kernels().crc32c(0, message.subarray(0, end))) fail('its checksum is wrong');
  if (message[4] !== VERSION) fail(`version ${message[4]} is not one that this release reads (1)`);
  const kind = KINDS[message[5]] ?? fail(`there is no kind ${message[5]}`);
  const body = Uint8Array.prototype.slice.call(message, HEADER_BYTES, end);
  const [batch, firstRow] = [8, 16].map((at) => Number(view.getBigUint64(at, true)));
  return { kind, batch, firstRow, rows: view.getUint32(24, true), body };
}

/** The numbers of a batch of rows. */
export function batchRows({ body, rows, batch }: Batch, dim: number): Float32Array {
  if (body.length !== 4 * rows * dim || rows === 0) {
    throw new HadaquantFormatError(`batch ${batch}: ${body.length} bytes are not ${rows} rows of ${dim} float32`);
  }
  return new Float32Array(body.buffer, body.byteOffset, rows * dim);
}

/** The records of a batch. */
export function batchRecords(found: Batch): Uint8Array {
  if (found.kind === 'records') return found.body;
  const what = found.kind === 'failure' ? decodeText(found.body) : 'it holds no records';
  throw new HadaquantFormatError(`batch ${found.batch}: ${what}`);
}
