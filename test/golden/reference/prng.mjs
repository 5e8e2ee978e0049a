// SPDX-License-Identifier: Apache-2.0
/** SplitMix64 at a counter, with BigInt: key(seed, stream), word(key, i) and the signs of a rotation. */

const G = 0x9e3779b97f4a7c15n;
const u64 = (z) => BigInt.asUintN(64, z);

export function mix64(value) {
  let z = u64(value);
  z = u64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = u64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

export function key(seed, stream) {
  return mix64(mix64(BigInt(seed) + G) + BigInt(stream + 1) * 0xd1342543de82ef95n);
}

export function word(k, i) {
  return mix64(k + BigInt(i + 1) * G);
}

/** The seed of row `index` (a bigint). */
export const rowSeed = (seed, index) => mix64(BigInt(seed) + (index + 1n) * G);

/** +1 or -1 for coordinates 0 .. n - 1: bit i & 63, lowest first, of word i >> 6; 1 is minus. */
export function signs(seed, stream, n) {
  const k = key(seed, stream);
  const out = [];
  for (let w = 0; out.length < n; w++) {
    const bits = word(k, w).toString(2).padStart(64, '0');
    for (let b = 63; b >= 0 && out.length < n; b--) out.push(bits[b] === '1' ? -1 : 1);
  }
  return out;
}
