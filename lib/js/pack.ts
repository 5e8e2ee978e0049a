// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/pack.inl.h: codes, one byte each, <-> packed planes. */
import { planeBytes, planeWidths } from '../codec/section.ts';

/** Packs codes[0 .. count) into out from byte `at`. */
export function pack(codes: Uint8Array, count: number, bits: number, out: Uint8Array, at: number): void {
  let low = 0;
  for (const width of planeWidths(bits)) {
    const bytes = planeBytes(count, width);
    const fields = 8 / width;
    const mask = (1 << width) - 1;
    for (let j = 0; j < bytes; j++) {
      let byte = 0;
      const first = j * fields;
      const last = Math.min(first + fields, count);
      for (let i = first, shift = 0; i < last; i++, shift += width) byte |= ((codes[i] >> low) & mask) << shift;
      out[at + j] = byte;
    }
    at += bytes;
    low += width;
  }
}

export function unpack(packed: Uint8Array, at: number, count: number, bits: number, codes: Uint8Array): void {
  codes.fill(0, 0, count);
  let low = 0;
  for (const width of planeWidths(bits)) {
    const fields = 8 / width;
    const mask = (1 << width) - 1;
    for (let i = 0; i < count; i++) {
      codes[i] |= ((packed[at + Math.floor(i / fields)] >> ((i % fields) * width)) & mask) << low;
    }
    at += planeBytes(count, width);
    low += width;
  }
}
