// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/pack.inl.h: codes, one byte each, <-> packed planes. */
import { planeBytes } from '../codec/section.ts';

/**
 * Bits low .. low + width - 1 of the codes as one plane at out[at]. Planes of 8 and 4 bits are always the lowest: widths
 * descend, and 8 comes alone.
 */
function packPlane(codes: Uint8Array, count: number, width: number, low: number, out: Uint8Array, at: number): void {
  const fields = 8 / width;
  const mask = (1 << width) - 1;
  const whole = count - (count % fields);
  let i = 0;
  if (width === 8) {
    out.set(codes.subarray(0, count), at);
    i = count;
  } else if (width === 4) {
    for (; i < whole; i += 2) out[at++] = (codes[i] & 15) | (codes[i + 1] << 4);
  } else if (width === 2) {
    for (; i < whole; i += 4) {
      const first = ((codes[i] >> low) & 3) | (((codes[i + 1] >> low) & 3) << 2);
      out[at++] = first | (((codes[i + 2] >> low) & 3) << 4) | ((codes[i + 3] >> low) << 6);
    }
  } else {
    for (; i < whole; i += 8) {
      const a = ((codes[i] >> low) & 1) | (((codes[i + 1] >> low) & 1) << 1);
      const b = ((codes[i + 2] >> low) & 1) | (((codes[i + 3] >> low) & 1) << 1);
      const c = ((codes[i + 4] >> low) & 1) | (((codes[i + 5] >> low) & 1) << 1);
      const d = ((codes[i + 6] >> low) & 1) | (((codes[i + 7] >> low) & 1) << 1);
      out[at++] = a | (b << 2) | (c << 4) | (d << 6);
    }
  }
  if (i === count) return;
  let byte = 0;
  for (let shift = 0; i < count; i++, shift += width) byte |= ((codes[i] >> low) & mask) << shift;
  out[at] = byte;
}

/** Packs codes[0 .. count) into out from byte `at`. */
export function pack(codes: Uint8Array, count: number, bits: number, out: Uint8Array, at: number): void {
  let low = 0;
  for (let width = 8; width; width >>= 1) {
    if (!(bits & width)) continue;
    packPlane(codes, count, width, low, out, at);
    at += planeBytes(count, width);
    low += width;
  }
}

/** Adds one plane at packed[at] to the codes, from bit `low` on. */
function unpackPlane(
  packed: Uint8Array,
  at: number,
  count: number,
  width: number,
  low: number,
  codes: Uint8Array,
): void {
  const fields = 8 / width;
  const mask = (1 << width) - 1;
  const whole = count - (count % fields);
  let i = 0;
  if (width === 8) {
    codes.set(packed.subarray(at, at + count));
    i = count;
  } else if (width === 4) {
    for (; i < whole; i += 2) {
      const byte = packed[at++];
      codes[i] = byte & 15;
      codes[i + 1] = byte >> 4;
    }
  } else if (width === 2) {
    for (; i < whole; i += 4) {
      const byte = packed[at++];
      codes[i] |= (byte & 3) << low;
      codes[i + 1] |= ((byte >> 2) & 3) << low;
      codes[i + 2] |= ((byte >> 4) & 3) << low;
      codes[i + 3] |= (byte >> 6) << low;
    }
  } else {
    for (; i < whole; i += 8) {
      const byte = packed[at++];
      codes[i] |= (byte & 1) << low;
      codes[i + 1] |= ((byte >> 1) & 1) << low;
      codes[i + 2] |= ((byte >> 2) & 1) << low;
      codes[i + 3] |= ((byte >> 3) & 1) << low;
      codes[i + 4] |= ((byte >> 4) & 1) << low;
      codes[i + 5] |= ((byte >> 5) & 1) << low;
      codes[i + 6] |= ((byte >> 6) & 1) << low;
      codes[i + 7] |= (byte >> 7) << low;
    }
  }
  for (let shift = 0; i < count; i++, shift += width) codes[i] |= ((packed[at] >> shift) & mask) << low;
}

export function unpack(packed: Uint8Array, at: number, count: number, bits: number, codes: Uint8Array): void {
  codes.fill(0, 0, count);
  let low = 0;
  for (let width = 8; width; width >>= 1) {
    if (!(bits & width)) continue;
    unpackPlane(packed, at, count, width, low, codes);
    at += planeBytes(count, width);
    low += width;
  }
}
