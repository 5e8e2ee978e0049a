// SPDX-License-Identifier: Apache-2.0
/** The rows of searches that threads share. */
import os from 'node:os';
import { backend, FlatIndex } from '../dist/index.js';
import { someNumbers } from './node_rows.mjs';
import { measureAsync } from './stats.mjs';

const DIM = 512;
const ROWS = 100_000;
const QUERIES = 1000;
const BITS = 4;
const THREADS = 2;

/** @param {(row: { id: string, ours: number[], anchors: number[][] }) => void} onRow samples in nanoseconds */
export async function runThreadRows({ rounds, only }, onRow) {
  const scaling = `threads/search/${DIM}`;
  const beside = `threads/blocking/${DIM}`;
  if (![scaling, beside].some((id) => id.includes(only))) return;
  if (backend.name !== 'native' || os.availableParallelism() < THREADS) {
    process.stderr.write(`bench: searches on ${THREADS} threads are left out: they take the addon and as many cores\n`);
    return;
  }
  const x = someNumbers(ROWS * DIM);
  const index = new FlatIndex({ dim: DIM, bits: BITS, seed: 1 });
  index.add(x);
  const queries = x.subarray(0, QUERIES * DIM);
  const k = 10;
  const [two, one, blocking] = await measureAsync(
    [
      () => index.searchAsync(queries, { k, threads: THREADS }),
      () => index.searchAsync(queries, { k, threads: 1 }),
      async () => index.search(queries, { k }),
    ],
    rounds,
  );
  onRow({ id: scaling, ours: two, anchors: [one] });
  onRow({ id: beside, ours: two, anchors: [blocking] });
}
