// SPDX-License-Identifier: Apache-2.0
/**
 * Seeded random numbers for inputs and dense rotations: xoshiro128** (Blackman, Vigna 2018). The state is hashed from a
 * name and numbers, so that everything drawn has a stream of its own and no draw depends on what else was run.
 */

const rotl = (x, k) => (x << k) | (x >>> (32 - k));

/** 32 bits of a hash of a text (FNV-1a). */
function hash(text) {
  let h = 0x811c9dc5;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 0x01000193);
  return h >>> 0;
}

/** The next state word from a counter: the finaliser of MurmurHash3. */
function mix(value) {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Random {
  #state = new Uint32Array(4);
  #spare = Number.NaN;

  /** @param {...(string | number)} key names the stream, for example ('gaussian', 1024) */
  constructor(...key) {
    const start = hash(key.join('/'));
    // never all zeros: the words come from four different counters, and only one can be 0
    for (let i = 0; i < 4; i++) this.#state[i] = mix(start + Math.imul(i + 1, 0x9e3779b9));
  }

  /** 32 random bits. */
  bits() {
    const s = this.#state;
    const result = Math.imul(rotl(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
  }

  /** Uniform in (0, 1): never 0 or 1, 53 bits. */
  uniform() {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6) + 0.5) / 9007199254740992;
  }

  /** A whole number from 0 to below. */
  integer(below) {
    return Math.floor(this.uniform() * below);
  }

  /** Standard normal (Marsaglia's polar method, both numbers used). */
  normal() {
    if (!Number.isNaN(this.#spare)) {
      const value = this.#spare;
      this.#spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const r = u * u + v * v;
      if (r >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(r)) / r);
      this.#spare = v * factor;
      return u * factor;
    }
  }

  /** Laplace with scale 1. */
  laplace() {
    const u = this.uniform() - 0.5;
    return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
  }

  /** `count` different whole numbers from 0 to below, in random order. */
  choose(count, below) {
    const chosen = new Set();
    while (chosen.size < count) chosen.add(this.integer(below));
    return [...chosen];
  }
}

const SEEDS_A_STREAM = 2 ** 32;

/** A seed for the library: streams do not overlap. @param stream below 2^20 @param index below 2^32 */
export function librarySeed(stream, index) {
  return stream * SEEDS_A_STREAM + index;
}
