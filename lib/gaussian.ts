// SPDX-License-Identifier: Apache-2.0
/**
 * Seeded standard normal numbers: Marsaglia's polar method (Marsaglia and Bray 1964) on the SplitMix64 words of
 * random.ts. Every operation below is one that IEEE 754 rounds exactly (+ - * / and the square root, in float64, none of
 * them fused), so the numbers are the same on every engine and in every language. The recipe:
 *
 *   for word 0, 1, 2 ... of the stream, L its low and H its high 32 bits:
 *     u = (L + 0.5) / 2^31 - 1        v = (H + 0.5) / 2^31 - 1        both exact, in (-1, 1), never 0
 *     s = u * u + v * v                go on to the next word if s >= 1
 *     f = sqrt(-2 * ln(s) / s)         as (-2 * ln(s)) / s
 *     the next two numbers are u * f and v * f, each rounded to float32; an odd count leaves out the last v * f
 *
 *   ln(s), 0 < s < 1:
 *     m = s * 2^k with the least whole k >= 0 for which m >= 0.7071067811865476
 *     x = (m - 1) / (m + 1)            y = x * x
 *     p = the sum of y^j / (2j + 3) for j = 0 .. 9 by Horner's rule: p = 1/21, then p = p * y + 1/n, n = 19, 17 .. 3
 *     ln(s) = 2 * (x + x * (y * p)) - k * 0.6931471805599453
 *
 * ln m = 2 atanh x; with |x| < 0.172 the terms left out are below 1e-18 of it, and ln is good to 5e-16.
 */
import { type Seed, streamBytes } from './random.ts';

const SQRT_HALF = 0.7071067811865476;
const LN_2 = 0.6931471805599453;

/** The natural logarithm of 0 < s < 1. The s of the polar method are uniform: 1.4 doublings on average. */
export function logBelowOne(s: number): number {
  let m = s;
  let k = 0;
  for (; m < SQRT_HALF; k++) m *= 2;
  const x = (m - 1) / (m + 1);
  const y = x * x;
  let p = 1 / 21;
  p = p * y + 1 / 19;
  p = p * y + 1 / 17;
  p = p * y + 1 / 15;
  p = p * y + 1 / 13;
  p = p * y + 1 / 11;
  p = p * y + 1 / 9;
  p = p * y + 1 / 7;
  p = p * y + 1 / 5;
  p = p * y + 1 / 3;
  return 2 * (x + x * (y * p)) - k * LN_2;
}

/** The first `count` words of a stream: low half at 2i, high half at 2i + 1. */
function halves(seed: Seed, stream: number, count: number): Uint32Array {
  return new Uint32Array(streamBytes(seed, stream, count).buffer);
}

/** The first `count` normal numbers of a stream. A larger count begins with the same numbers. */
export function gaussians(seed: Seed, stream: number, count: number): Float32Array {
  const out = new Float32Array(count);
  // a pair takes 4 / pi = 1.273 words on average: 1.3 is enough for many, and few are soon made again
  let words = halves(seed, stream, Math.ceil(0.65 * count));
  for (let filled = 0, i = 0; filled < count; i += 2) {
    if (i === words.length) words = halves(seed, stream, i);
    const u = (words[i] + 0.5) / 0x80000000 - 1;
    const v = (words[i + 1] + 0.5) / 0x80000000 - 1;
    const s = u * u + v * v;
    if (s >= 1) continue;
    const f = Math.sqrt((-2 * logBelowOne(s)) / s);
    out[filled++] = u * f;
    // beyond the end of an odd count nothing is stored
    out[filled++] = v * f;
  }
  return out;
}
