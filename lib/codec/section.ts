// SPDX-License-Identifier: Apache-2.0
/** Sections of a code (consecutive rotated coordinates of one width) and where their bits lie (FORMAT.md, section 1). */
import type { Codebook } from './codebooks.ts';

/** Coordinates `first` .. `first + count - 1` of a rotated row, coded at `book.bits` each. */
export interface SectionShape {
  readonly first: number;
  readonly count: number;
  readonly book: Codebook;
}

export interface Section extends SectionShape {
  /** Byte of the section inside the codes of a row. */
  readonly codeOffset: number;
  /** Byte of the section inside an int8 query form. */
  readonly queryOffset: number;
  /** int8 levels for the scan; 7 and 8 bits: level = 128 * high + low, otherwise low is empty. */
  readonly high: Int8Array;
  readonly low: Int8Array;
}

/** Widths of the planes of b-bit codes: the powers of two that sum to b, low bits (the widest plane) first. */
export function planeWidths(bits: number): number[] {
  return [8, 4, 2, 1].filter((w) => bits & w);
}

export function planeBytes(count: number, width: number): number {
  return Math.ceil((count * width) / 8);
}

/** Bytes of `count` codes of `bits` bits: planes one after the other, each padded to a byte. */
export function packedBytes(count: number, bits: number): number {
  return planeWidths(bits).reduce((sum, w) => sum + planeBytes(count, w), 0);
}

/** True for widths that the scan reads straight from packed bytes. */
export function isOnePlane(bits: number): boolean {
  return bits === 1 || bits === 2 || bits === 4;
}

export function pad64(n: number): number {
  return Math.ceil(n / 64) * 64;
}

/** Bytes of one section of an int8 query form: a field of each packed byte at a time, or coordinates in order. */
export function formSectionBytes(count: number, bits: number): number {
  return isOnePlane(bits) ? (8 / bits) * pad64(planeBytes(count, bits)) : pad64(count);
}
