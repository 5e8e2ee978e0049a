// SPDX-License-Identifier: Apache-2.0
/** hadaquant's side of the end-to-end comparison: what python_peers.py does, in this process. */
import { FlatIndex } from '../../dist/index.js';
import { processorClock, wallClock } from '../stats.mjs';

const OWN_BITS = [1, 4, 8];
export const ownName = (bits) => `hadaquant, ${bits} ${bits === 1 ? 'bit' : 'bits'}`;

function repeated(rows, count, dim) {
  const out = new Float32Array(count * dim);
  for (let at = 0; at < out.length; at += rows.length) out.set(rows.subarray(0, out.length - at), at);
  return out;
}

export class OwnIndexes {
  #set;
  #threads;
  #clock;
  #rows;
  #queries;
  #indexes = new Map();

  /** @param set of searchSet: unit rows x, unit queries y */
  constructor(set, threads, rowCount, queryCount) {
    const { dim } = set.corpus;
    this.#set = set;
    this.#threads = threads;
    // as in python_peers.py
    this.#clock = threads === 1 ? processorClock : wallClock;
    this.#rows = repeated(set.x, rowCount, dim);
    this.#queries = repeated(set.y, queryCount, dim);
  }

  names() {
    return OWN_BITS.map(ownName);
  }

  async #build(name, rows) {
    const bits = OWN_BITS.find((b) => ownName(b) === name);
    const index = new FlatIndex({ dim: this.#set.corpus.dim, bits, metric: 'ip' });
    if (this.#threads === 1) index.add(rows);
    else await index.addAsync(rows, { threads: this.#threads });
    return index;
  }

  async find(name, k) {
    return (await this.#build(name, this.#set.x)).search(this.#set.y, { k }).ids;
  }

  async encode(name) {
    const start = this.#clock();
    const index = await this.#build(name, this.#rows);
    const seconds = this.#clock() - start;
    this.#indexes.set(name, index);
    return { seconds, bytes: index.bytes };
  }

  async search(name, count, k) {
    const index = this.#indexes.get(name);
    const { dim } = this.#set.corpus;
    const run = (queries) => {
      const rows = this.#queries.subarray(0, queries * dim);
      return this.#threads === 1 ? index.search(rows, { k }) : index.searchAsync(rows, { k, threads: this.#threads });
    };
    await run(Math.max(1, Math.floor(count / 10)));
    const start = this.#clock();
    await run(count);
    return this.#clock() - start;
  }
}
