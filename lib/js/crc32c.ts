// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/crc32c.inl.h: CRC-32C (Castagnoli) by tables, eight bytes at a time. */

/** Entry 256 k + b: the checksum of byte b with k zero bytes behind it. */
const TABLES = new Int32Array(8 * 256);
for (let i = 0; i < 256; i++) {
  let c = i;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  TABLES[i] = c;
}
for (let i = 256; i < TABLES.length; i++) TABLES[i] = (TABLES[i - 256] >>> 8) ^ TABLES[TABLES[i - 256] & 255];

export function crc32c(crc: number, bytes: Uint8Array): number {
  const t = TABLES;
  let c = ~crc;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    c ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    const first = t[1792 + (c & 255)] ^ t[1536 + ((c >> 8) & 255)] ^ t[1280 + ((c >> 16) & 255)] ^ t[1024 + (c >>> 24)];
    c = first ^ t[768 + bytes[i + 4]] ^ t[512 + bytes[i + 5]] ^ t[256 + bytes[i + 6]] ^ t[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t[(c ^ bytes[i]) & 255];
  return ~c >>> 0;
}
