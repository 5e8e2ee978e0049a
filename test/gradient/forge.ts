// SPDX-License-Identifier: Apache-2.0
/** Packets with a right checksum and wrong contents (FORMAT.md, section 3). */
import { kernels } from '../../lib/backend.ts';

export const HEADER_BYTES = 60;
export const CRC_BYTES = 4;

/** A copy that `change` has changed, its checksum made right again. */
export function forged(packet: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(packet);
  change(new DataView(bytes.buffer), bytes);
  return sealed(bytes);
}

/** A packet with another record, its size and checksum made right. */
export function withRecord(packet: Uint8Array, record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + record.length + CRC_BYTES);
  bytes.set(packet.subarray(0, HEADER_BYTES));
  bytes.set(record, HEADER_BYTES);
  new DataView(bytes.buffer).setUint32(56, record.length, true);
  return sealed(bytes);
}

export function recordOf(packet: Uint8Array): Uint8Array {
  return packet.slice(HEADER_BYTES, packet.length - CRC_BYTES);
}

function sealed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - CRC_BYTES;
  new DataView(bytes.buffer).setUint32(end, kernels().crc32c(0, bytes.subarray(0, end)), true);
  return bytes;
}
