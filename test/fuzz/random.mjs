// SPDX-License-Identifier: Apache-2.0
/** Random choices that a seed repeats (xorshift32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  }

  /** A whole number from 0 to n - 1. */
  below(n) {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  /** True once in n times. */
  oneIn(n) {
    return this.below(n) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}
