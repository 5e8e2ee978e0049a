// SPDX-License-Identifier: Apache-2.0
/** Index files with any header and sections one likes, whose checksums are right. */

/** Where things stand in an index file. */
export const FIELD = {
  version: 8,
  headerBytes: 12,
  rows: 16,
  dim: 24,
  codec: 28,
  bits: 32,
  seed: 40,
  metric: 48,
  rounds: 49,
  flags: 50,
  grid: 51,
  sections: 52,
  nextId: 56,
} as const;
const FIXED_BYTES = 64;
const ENTRY_BYTES = 24;
const NAMES = ['center', 'codes', 'scales', 'norms', 'rounds', 'ids', 'draws', 'residuals'];

/** CRC-32C bit by bit: not the library's. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export interface Entry {
  /** Byte of the entry in the header: name, crc, offset, length at 0, 4, 8, 16. */
  readonly at: number;
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

export function entriesOf(file: Uint8Array): Entry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return Array.from({ length: view.getUint32(FIELD.sections, true) }, (_, i) => {
    const at = FIXED_BYTES + i * ENTRY_BYTES;
    const [offset, length] = [8, 16].map((to) => Number(view.getBigUint64(at + to, true)));
    return { at, name: NAMES[view.getUint32(at, true) - 1], offset, length };
  });
}

export function sectionOf(file: Uint8Array, name: string): Entry {
  const entry = entriesOf(file).find((e) => e.name === name);
  if (!entry) throw new Error(`no section ${name}`);
  return entry;
}

/** A copy changed by `edit`, with the checksum of every section made right (where it lies in the file), and then the header's. */
export function forge(file: Uint8Array, edit: (view: DataView, copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  const before = entriesOf(copy);
  const headerEnd = FIXED_BYTES + before.length * ENTRY_BYTES;
  edit(view, copy);
  for (const { at, offset, length } of before) {
    view.setUint32(at + 4, crc32c(copy.subarray(offset, offset + length)), true);
  }
  view.setUint32(headerEnd, crc32c(copy.subarray(0, headerEnd)), true);
  return copy;
}
