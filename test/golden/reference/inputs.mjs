// SPDX-License-Identifier: Apache-2.0
/**
 * Inputs of the golden vectors, made by a rule that any language can repeat.
 *
 * xorshift32: s ^= s << 13, s ^= s >>> 17, s ^= s << 5 (32 bits); the state begins at the seed, each step gives s.
 *   plain  u(s) = (s >>> 8) / 2^23 - 1, from -1 to 1 in steps of 2^-23: one step a value
 *   wide   u(s) * 2^((t & 31) - 20), s and t two steps: magnitudes spread over 2^32
 *   few    0, or where (s & 7) == 0: +1 (s >>> 31 == 0) or -1
 *   huge   u(s) * 2^118, tiny  u(s) * 2^-140 (denormal; rounded to float32)
 *   onehot 1.5 at index 3 mod length of a row, else 0; least  2^-149 there; zero  all 0
 *   comb   u(s), the odd indices of a row divided by 8: neighbours differ, blocks are alike
 *   flat   row r is r + 1 times the signs of the first round under seed 7: that round gathers the row in coordinate 0
 */
import { signs } from './prng.mjs';

/** @returns {() => number} each call the next unsigned 32-bit word */
export function xorshift32(seed) {
  let s = seed >>> 0;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s;
  };
}

const unit = (word) => (word >>> 8) / 2 ** 23 - 1;

const KINDS = {
  plain: (next) => unit(next()),
  wide: (next) => {
    const value = unit(next());
    return value * 2 ** ((next() & 31) - 20);
  },
  few: (next) => {
    const word = next();
    return (word & 7) === 0 ? 1 - 2 * (word >>> 31) : 0;
  },
  huge: (next) => unit(next()) * 2 ** 118,
  tiny: (next) => unit(next()) * 2 ** -140,
  comb: (next, i) => unit(next()) / (i % 2 ? 8 : 1),
  zero: () => 0,
};

/**
 * rows x dim values of a kind, as Float32Array (or Float64Array: the same values, not rounded).
 * @param {any} Type
 */
export function floats(kind, seed, rows, dim, Type = Float32Array) {
  if (kind === 'onehot' || kind === 'least') {
    const value = kind === 'onehot' ? 1.5 : 2 ** -149;
    return Type.from({ length: rows * dim }, (_, i) => (i % dim === 3 % dim ? value : 0));
  }
  if (kind === 'flat') {
    const sign = signs(7, 0, dim);
    return Type.from({ length: rows * dim }, (_, i) => (Math.floor(i / dim) + 1) * sign[i % dim]);
  }
  const next = xorshift32(seed);
  return Type.from({ length: rows * dim }, (_, i) => KINDS[kind](next, i % dim));
}

/** Bytes: the top byte of each word, masked. */
export function bytes(seed, length, mask = 0xff) {
  const next = xorshift32(seed);
  return Uint8Array.from({ length }, () => (next() >>> 24) & mask);
}

/** Whole numbers from -127 to 127: word mod 255, less 127. */
export function signedBytes(seed, length) {
  const next = xorshift32(seed);
  return Int8Array.from({ length }, () => (next() % 255) - 127);
}
