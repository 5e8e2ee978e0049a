// SPDX-License-Identifier: Apache-2.0
import { jsBackend } from '../../dist/js/index.js';

/** Makes the CRC-32C in the last four bytes right, in place. */
export function sealed(bytes) {
  const end = bytes.length - 4;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(end, jsBackend.crc32c(0, bytes.subarray(0, end)), true);
  return bytes;
}
