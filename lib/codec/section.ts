// SPDX-License-Identifier: Apache-2.0
/** Sections of a code (consecutive rotated coordinates coded alike) and where their bits lie (FORMAT.md, section 1). */
import type { Alphabet } from './alphabet.ts';

/** Coordinates `first` .. `first + count - 1` of a rotated row and how they are coded. */
export interface SectionShape {
  readonly first: number;
  /** A multiple of the alphabet's block. */
  readonly count: number;
  readonly alphabet: Alphabet;
}

export interface Section extends SectionShape {
  /** Byte of the section inside the codes of a row. */
  readonly codeOffset: number;
  /** Byte of the section inside an int8 query form. */
  readonly queryOffset: number;
  /** int8 levels for the scan: draws x 2^bits (at least 16) x block. With `low`, level = 128 * high + low. */
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

/** Codes of a section. */
export function codeCount({ count, alphabet }: SectionShape): number {
  return count / alphabet.block;
}

/** Bytes of a section's codes. */
export function sectionBytes(shape: SectionShape): number {
  return packedBytes(codeCount(shape), shape.alphabet.bits);
}

/** True for sections whose levels need a second digit: cells narrower than an int8 step, or levels of many draws. */
export function hasTwoDigits({ coding, bits, block }: Alphabet): boolean {
  return (block === 1 && bits >= 7) || coding === 'dither';
}

/** True for sections that the scan reads straight from packed bytes. */
export function isDirect(alphabet: Alphabet): boolean {
  const { bits, block } = alphabet;
  return (bits === 1 || bits === 2 || bits === 4) && block === 1 && !hasTwoDigits(alphabet);
}

export function pad64(n: number): number {
  return Math.ceil(n / 64) * 64;
}

/** Bytes of one section of an int8 query form: a field of each packed byte at a time, or coordinates in order. */
export function formSectionBytes({ count, alphabet }: SectionShape): number {
  const { bits } = alphabet;
  return isDirect(alphabet) ? (8 / bits) * pad64(planeBytes(count, bits)) : pad64(count);
}
