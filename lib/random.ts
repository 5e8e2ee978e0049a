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

/** The upper half of the product of two unsigned 32-bit numbers; sums and products of halves of them stay below 2^32. */
function upperProduct(a: number, b: number): number {
  const low = Math.imul(a & 0xffff, b & 0xffff) >>> 16;
  const middle = Math.imul(a >>> 16, b & 0xffff) + low;
  const other = Math.imul(a & 0xffff, b >>> 16) + (middle & 0xffff);
  return (Math.imul(a >>> 16, b >>> 16) + (middle >>> 16) + (other >>> 16)) | 0;
}

/** The first `count` words of a stream as little-endian bytes: word i at bytes 8i .. 8i + 7. */
export function streamBytes(seed: Seed, stream: number, count: number): Uint8Array {
  const key = streamKey(seed, stream);
  const goldenLow = Number(GOLDEN & 0xffffffffn);
  const goldenHigh = Number(GOLDEN >> 32n);
  let counterLow = Number(key & 0xffffffffn);
  let counterHigh = Number(key >> 32n);
  const words = new Int32Array(2 * count);
  // halves are kept as 32-bit integers in local variables: objects of them would cost more than the arithmetic
  for (let i = 0; i < count; i++) {
    counterLow = (counterLow + goldenLow) >>> 0;
    counterHigh = (counterHigh + goldenHigh + +(counterLow < goldenLow)) >>> 0;
    let low = counterLow ^ ((counterLow >>> 30) | (counterHigh << 2));
    let high = counterHigh ^ (counterHigh >>> 30);
    high = (upperProduct(low, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d) + Math.imul(high, 0x1ce4e5b9)) | 0;
    low = Math.imul(low, 0x1ce4e5b9);
    low ^= (low >>> 27) | (high << 5);
    high ^= high >>> 27;
    high = (upperProduct(low, 0x133111eb) + Math.imul(low, 0x94d049bb) + Math.imul(high, 0x133111eb)) | 0;
    low = Math.imul(low, 0x133111eb);
    words[2 * i] = low ^ ((low >>> 31) | (high << 1));
    words[2 * i + 1] = high ^ (high >>> 31);
  }
  return new Uint8Array(words.buffer);
}
