// SPDX-License-Identifier: Apache-2.0
// Which functions and blocks of the library's JavaScript have run, from V8 itself.
import { Session } from 'node:inspector';

const inside = (zero, [from, to]) => zero.some(([start, end]) => start <= from && to <= end);

/** @typedef {{ name: string, block: [number, number] | null }} Place a function (block null) or a block of it */

export class Coverage {
  #session = new Session();
  /** For each function that has run: its blocks that have not, and those that have since, as far as V8 tells them apart. */
  #functions = new Map();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** @returns {Place[]} what has run for the first time, of all that has run since the last call */
  take() {
    return this.#report().flatMap(({ name, zero }) => this.#see(name, zero));
  }

  /** @returns {Place[]} those of `places` that have run since the last call */
  hits(places) {
    const ran = new Map(this.#report().map(({ name, zero }) => [name, zero]));
    return places.filter(({ name, block }) => {
      const zero = ran.get(name);
      return zero !== undefined && (block === null || !inside(zero, block));
    });
  }

  /** Functions that have run since the last report, with their blocks that have not. */
  #report() {
    const ran = [];
    for (const { url, functions } of this.#post('Profiler.takePreciseCoverage').result) {
      if (!url.includes('/dist/')) continue;
      for (const { ranges } of functions) {
        const [whole, ...blocks] = ranges;
        if (whole.count === 0) continue;
        const zero = blocks.filter(({ count }) => count === 0).map((b) => [b.startOffset, b.endOffset]);
        ran.push({ name: `${url} ${whole.startOffset} ${whole.endOffset}`, zero });
      }
    }
    return ran;
  }

  #see(name, zero) {
    let known = this.#functions.get(name);
    const fresh = [];
    if (!known) {
      known = { open: new Map(), done: new Set() };
      this.#functions.set(name, known);
      fresh.push({ name, block: null });
    }
    for (const [key, block] of known.open) {
      if (inside(zero, block)) continue;
      known.open.delete(key);
      known.done.add(key);
      fresh.push({ name, block });
    }
    for (const block of zero) if (!known.done.has(String(block))) known.open.set(String(block), block);
    return fresh;
  }

  #post(method, params) {
    let answer;
    this.#session.post(method, params, (error, result) => {
      if (error) throw new Error(error.message);
      answer = result;
    });
    return answer;
  }
}
