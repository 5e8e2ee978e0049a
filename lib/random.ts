// SPDX-License-Identifier: Apache-2.0
/**
 * Seeded randomness by position: SplitMix64 (Steele, Lea, Flood 2014) evaluated at a counter, so that any word of any
 * stream can be made again alone. 64-bit words are pairs of 32-bit halves: nothing here needs BigInt in a loop.
 *
 *   key(seed, stream) = mix(mix(seed + G) + (stream + 1) * S)      word(key, i) = mix(key + (i + 1) * G)
 *
 * Streams 0..7 hold the signs of rotations: round r of a Hadamard-sized row takes stream r, of any other row streams
 * 2r and 2r + 1 (its two overlapping spans). Coordinate i takes bit i mod 64 of word i div 64, lowest first; 1 is minus.
 * Streams 16 and 17 are draws of a row and of its coordinates (from rowSeed), 19 is the projection of turboquant-prod, 32 what
 * an encoder keeps to itself (from rowSeed of its private seed).
 */

/** A seed: a whole number from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1. */
export type Seed = number | bigint;

interface Word {
  low: number;
  high: number;
}

const MASK = 0xffffffffffffffffn;
const GOLDEN = 0x9e3779b97f4a7c15n;
const STREAM_STEP = 0xd1342543de82ef95n;

function mix(value: bigint): bigint {
  let z = value & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** The key of one stream of a seed. */
export function streamKey(seed: Seed, stream: number): bigint {
  return mix(mix(BigInt(seed) + GOLDEN) + BigInt(stream + 1) * STREAM_STEP);
}

/** 64 bits that nobody else knows. */
export function randomSeed(): bigint {
  return globalThis.crypto.getRandomValues(new BigUint64Array(1))[0];
}

/** The seed of row `index` of a collection, for draws of its own. */
export function rowSeed(seed: Seed, index: number): bigint {
  return mix(BigInt(seed) + BigInt(index + 1) * GOLDEN);
}

/** word *= (high, low), mod 2^64. */
function multiply(word: Word, high: number, low: number): void {
  const a = word.low & 0xffff;
  const b = word.low >>> 16;
  const c = low & 0xffff;
  const d = low >>> 16;
  // the 64-bit product of the low halves from four 16-bit products
  const ac = Math.imul(a, c) >>> 0;
  const middle = Math.imul(b, c) >>> 0;
  const carry = (ac >>> 16) + (middle & 0xffff) + (Math.imul(a, d) & 0xffff);
  const productLow = ((ac & 0xffff) | (carry << 16)) >>> 0;
  const productHigh = (Math.imul(b, d) >>> 0) + (middle >>> 16) + ((Math.imul(a, d) >>> 0) >>> 16) + (carry >>> 16);
  word.high = (productHigh + Math.imul(word.high, low) + Math.imul(word.low, high)) >>> 0;
  word.low = productLow;
}

/** word ^= word >> shift, 0 < shift < 32. */
function xorShift(word: Word, shift: number): void {
  const low = (word.low >>> shift) | (word.high << (32 - shift));
  word.low = (word.low ^ low) >>> 0;
  word.high = (word.high ^ (word.high >>> shift)) >>> 0;
}

/** The first `count` words of a stream as little-endian bytes: word i at bytes 8i .. 8i + 7. */
export function streamBytes(seed: Seed, stream: number, count: number): Uint8Array {
  const key = streamKey(seed, stream);
  const goldenLow = Number(GOLDEN & 0xffffffffn);
  const goldenHigh = Number(GOLDEN >> 32n);
  const counter = { low: Number(key & 0xffffffffn), high: Number(key >> 32n) };
  const words = new Uint32Array(2 * count);
  const word: Word = { low: 0, high: 0 };
  for (let i = 0; i < count; i++) {
    const low = counter.low + goldenLow;
    counter.high = (counter.high + goldenHigh + (low > 0xffffffff ? 1 : 0)) >>> 0;
    counter.low = low >>> 0;
    word.low = counter.low;
    word.high = counter.high;
    xorShift(word, 30);
    multiply(word, 0xbf58476d, 0x1ce4e5b9);
    xorShift(word, 27);
    multiply(word, 0x94d049bb, 0x133111eb);
    xorShift(word, 31);
    words[2 * i] = word.low;
    words[2 * i + 1] = word.high;
  }
  return new Uint8Array(words.buffer);
}
