// SPDX-License-Identifier: Apache-2.0
// The loop: take an input that showed something new, change it, see what the readers make of it, and keep it if it shows
// something new again: blocks of the library that had not run, or an outcome of a kind that there was not yet.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Coverage } from './coverage.mjs';
import { mutate } from './mutate.mjs';
import { outcomeOf } from './outcome.mjs';
import { Random } from './random.mjs';

/** Inputs between two looks at the coverage, which cost about as much as one input. */
const BATCH = 32;
/** Half of the changes start from one of the last inputs that were kept. */
const RECENT = 16;

/** An outcome without its digest, quotations, numbers and lists of numbers. */
const kindOf = (outcome) =>
  outcome
    .replace(/^ok .*/, 'ok')
    .replace(/'.*'|".*"/gs, '«»')
    .replace(/(?:(?:[-\d.]+(?:e\+\d+)?|NaN|Infinity)(?:, )?)+/g, '#');

export class Fuzzer {
  executions = 0;
  /** Inputs that showed something new, in order. */
  pool = [];
  #kinds = new Set();
  #coverage = new Coverage();
  #target;
  #file;
  #random;
  #beat;

  /**
   * @param folder where the input under way lies, as `current` with the target's extension
   * @param beat called before each input
   */
  constructor(target, { folder, seed, beat }) {
    this.#target = target;
    this.#file = path.join(folder, `current${target.extension}`);
    this.#random = new Random(seed);
    this.#beat = beat;
  }

  get kinds() {
    return this.#kinds.size;
  }

  /** Runs inputs as they are, each on every variant, and keeps those that show something new. */
  async replay(inputs) {
    for (const bytes of inputs) {
      const newKind = this.#isNewKind(await this.#execute(bytes, 'all'));
      if (this.#coverage.take().length > 0 || newKind) this.pool.push(bytes);
    }
  }

  /** @param more whether to go on, asked before each batch */
  async run(more) {
    while (more()) {
      const batch = [];
      for (let i = 0; i < BATCH; i++) {
        const bytes = this.#change();
        if (this.#isNewKind(await this.#execute(bytes, this.executions))) this.pool.push(bytes);
        batch.push(bytes);
      }
      await this.#keepThoseOf(batch, this.#coverage.take());
    }
  }

  /** Keeps the inputs of a batch that reach `places`. */
  async #keepThoseOf(batch, places) {
    let left = places;
    for (const bytes of batch) {
      if (left.length === 0) return;
      await this.#execute(bytes, this.executions);
      const reached = this.#coverage.hits(left);
      if (reached.length === 0) continue;
      if (!this.pool.includes(bytes)) this.pool.push(bytes);
      left = left.filter((place) => !reached.includes(place));
    }
  }

  #change() {
    const random = this.#random;
    const recent = random.oneIn(2) ? this.pool.slice(-RECENT) : this.pool;
    const [bytes, other] = [random.pick(recent), random.pick(this.pool)];
    return this.#target.change(bytes, random, other, mutate);
  }

  async #execute(bytes, turn) {
    this.#beat();
    this.executions++;
    writeFileSync(this.#file, bytes);
    return outcomeOf(this.#target, bytes, this.#file, turn);
  }

  #isNewKind(outcome) {
    const kind = kindOf(outcome);
    if (this.#kinds.has(kind)) return false;
    this.#kinds.add(kind);
    return true;
  }
}
