// SPDX-License-Identifier: Apache-2.0
/** Seeded randomness, so that all modes see the same initial weights, the same batches and the same lost packets. */

const GOLDEN = 0x9e3779b9;

/** Mixes 32 bits (the finaliser of MurmurHash3). */
function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** One seed from several whole numbers. */
export function seedOf(...parts) {
  return parts.reduce((seed, part) => mix((seed ^ mix(part + GOLDEN)) + GOLDEN), 0);
}

/** @returns {() => number} the next number of [0, 1), in steps of 2^-32 */
export function uniforms(seed) {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + GOLDEN) >>> 0;
    return mix(counter) / 2 ** 32;
  };
}

/** The numbers from 0 to count - 1 in random order. */
export function permutation(count, seed) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const next = uniforms(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
