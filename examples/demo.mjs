// SPDX-License-Identifier: Apache-2.0
// The main job on real input: 2,400 dictionary definitions as sentence embeddings (512 dimensions) are compressed at
// 1, 2, 4 and 8 bits, searched in compressed form, saved and opened again. `npm run demo`
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backend, FlatIndex, Quantizer } from 'hadaquant';
import { openVectors } from '../dist/cli/vectors.js';

const K = 10;
const SHOWN = [0, 1, 6];
const fixture = (name) => fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url));

async function readRows(name) {
  const source = await openVectors(fixture(name));
  try {
    return { rows: source.rows, dim: source.dim, data: await source.read(0, source.rows) };
  } finally {
    await source.close();
  }
}

const readLines = async (name) => (await readFile(fixture(name), 'utf8')).trimEnd().split('\n');

/** The K nearest rows by exact cosine, for each query. */
function exactNearest(corpus, queries) {
  const { dim } = corpus;
  const normOf = (data, row) => Math.hypot(...data.subarray(row * dim, (row + 1) * dim));
  const norms = Array.from({ length: corpus.rows }, (_, r) => normOf(corpus.data, r));
  return Array.from({ length: queries.rows }, (_, q) => {
    const query = queries.data.subarray(q * dim, (q + 1) * dim);
    const length = normOf(queries.data, q);
    const scored = norms.map((norm, id) => {
      let sum = 0;
      for (let i = 0, at = id * dim; i < dim; i++, at++) sum += query[i] * corpus.data[at];
      return { id, score: sum / (norm * length) };
    });
    return scored.sort((a, b) => b.score - a.score).slice(0, K);
  });
}

/** Milliseconds of one call, the median of calls that take about `budget` ms together. */
function timeOf(call, budget = 250) {
  const times = [];
  const end = performance.now() + budget;
  do {
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  } while (performance.now() < end || times.length < 3);
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function recallOf(result, exact) {
  const hits = exact.map((nearest, q) => {
    const found = new Set(result.ids.subarray(q * K, (q + 1) * K));
    return nearest.filter(({ id }) => found.has(id)).length;
  });
  return hits.reduce((a, b) => a + b, 0) / (exact.length * K);
}

/** Mean of |x - decoded|^2 / |x|^2. */
function errorOf(quantizer, corpus) {
  const decoded = quantizer.decode(quantizer.encode(corpus.data));
  let total = 0;
  for (let r = 0; r < corpus.rows; r++) {
    let error = 0;
    let norm = 0;
    for (let i = r * corpus.dim; i < (r + 1) * corpus.dim; i++) {
      error += (corpus.data[i] - decoded[i]) ** 2;
      norm += corpus.data[i] ** 2;
    }
    total += error / norm;
  }
  return total / corpus.rows;
}

function printTable(head, rows) {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c].length)));
  for (const row of [head, widths.map((w) => '-'.repeat(w)), ...rows]) {
    console.log(`  ${row.map((cell, c) => cell.padStart(widths[c])).join('  ')}`);
  }
}

const corpus = await readRows('glosses.npy');
const queries = await readRows('queries.npy');
const texts = await readLines('glosses.txt');
const questions = await readLines('queries.txt');
const { dim } = corpus;

console.log(`hadaquant: ${backend.name} backend, ${backend.isa}${backend.reason ? ` (${backend.reason})` : ''}`);
console.log(
  `\n${corpus.rows} definitions from WordNet as ${dim}-dimensional sentence embeddings, ${queries.rows} queries.`,
);
console.log('Recall@10 is against exact cosine search; theory is the error that the papers prove for any input.\n');

const exact = exactNearest(corpus, queries);
const indexes = new Map();
const rows = [1, 2, 4, 8].map((bits) => {
  const build = () => {
    const index = new FlatIndex({ dim, bits, center: 'mean' });
    index.add(corpus.data);
    return index;
  };
  const index = build();
  indexes.set(bits, index);
  const quantizer = new Quantizer({ dim, bits });
  const buildTime = timeOf(build);
  const searchTime = timeOf(() => index.search(queries.data, { k: K }));
  return [
    String(bits),
    (index.bytes / index.size).toFixed(1),
    `${((4 * dim * index.size) / index.bytes).toFixed(1)}x`,
    recallOf(index.search(queries.data, { k: K }), exact).toFixed(3),
    errorOf(quantizer, corpus).toPrecision(3),
    quantizer.expectedError.toPrecision(3),
    `${(corpus.rows / buildTime).toFixed(0)}k`,
    ((1000 * searchTime) / queries.rows).toFixed(0),
  ];
});
printTable(['bits', 'B/vector', 'smaller', 'recall@10', 'NMSE', 'theory', 'encoded/s', 'us/query'], rows);

console.log('\nThe five nearest, from 4-bit codes (left) and exactly (right):');
const index = indexes.get(4);
const found = index.search(queries.data, { k: K });
const cut = (text, width) => (text.length > width ? `${text.slice(0, width - 3)}...` : text).padEnd(width);
for (const q of SHOWN) {
  console.log(`\n  "${questions[q]}"`);
  for (let i = 0; i < 5; i++) {
    const at = q * K + i;
    const left = `${found.scores[at].toFixed(3)} ${cut(texts[found.ids[at]], 46)}`;
    const right = `${exact[q][i].score.toFixed(3)} ${cut(texts[exact[q][i].id], 46)}`;
    console.log(`  ${left} | ${right}`);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'hadaquant-demo-'));
try {
  const path = join(folder, 'glosses.hq');
  await index.save(path);
  const { size } = await stat(path);
  const again = (await FlatIndex.open(path)).search(queries.data, { k: K });
  const same = again.ids.every((id, i) => id === found.ids[i] && again.scores[i] === found.scores[i]);
  console.log(`\nSaved ${size} bytes, opened again: ${same ? 'the same results' : 'DIFFERENT RESULTS'}.`);
  if (!same || size !== index.bytes) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
