#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Recall@10 of FlatIndex on the full real data sets of bench/data, against exact cosine search: brute force over the codes,
// no re-ranking, every stored byte counted. `npm --prefix bench/data run make` makes the data first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backend, FlatIndex } from '../dist/index.js';
import { firstRows, unitRows } from './vectors.mjs';

const SETS = ['glove-100', 'use-512'];
const K = 10;

const { values: options } = parseArgs({
  options: {
    bits: { type: 'string', default: '1,2,3,4,6,8' },
    queries: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log('usage: node bench/recall.mjs [--bits 1,2,4,8] [--queries 500] [--json]');
  process.exit(0);
}

async function load(name, limit) {
  const path = fileURLToPath(new URL(`data/cache/${name}.npy`, import.meta.url));
  if (!existsSync(path)) {
    console.error(`${name} is not there: run \`npm --prefix bench/data ci && npm --prefix bench/data run make\` first`);
    process.exit(1);
  }
  return firstRows(path, limit);
}

/** Ids of the K nearest rows by cosine, for each query. */
function exactNearest(corpus, queries) {
  const { dim, rows } = corpus;
  const x = unitRows(corpus);
  const y = unitRows(queries);
  return Array.from({ length: queries.rows }, (_, q) => {
    const scores = new Float64Array(rows);
    for (let r = 0, at = 0; r < rows; r++) {
      let sum = 0;
      for (let i = q * dim; i < (q + 1) * dim; i++, at++) sum += x[at] * y[i];
      scores[r] = sum;
    }
    const floor = scores.toSorted().at(-K);
    const best = [];
    for (let id = 0; id < rows; id++) if (scores[id] >= floor) best.push(id);
    return new Set(best.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, K));
  });
}

const table = [];
for (const set of SETS) {
  const corpus = await load(`${set}.corpus`);
  const queries = await load(`${set}.queries`, Number(options.queries));
  console.error(`${set}: exact search of ${queries.rows} queries in ${corpus.rows} x ${corpus.dim} ...`);
  const exact = exactNearest(corpus, queries);
  for (const bits of options.bits.split(',').map(Number)) {
    const index = new FlatIndex({ dim: corpus.dim, bits, center: 'mean' });
    index.add(corpus.data);
    const { ids } = index.search(queries.data, { k: K });
    const hits = exact.reduce(
      (sum, best, q) => sum + ids.subarray(q * K, (q + 1) * K).filter((id) => best.has(id)).length,
      0,
    );
    table.push({
      set,
      bits,
      bytesPerVector: Number((index.bytes / index.size).toFixed(2)),
      recallAt10: Number((hits / (queries.rows * K)).toFixed(4)),
    });
  }
}
if (options.json) console.log(JSON.stringify({ backend, queries: Number(options.queries), table }));
else console.table(table);
