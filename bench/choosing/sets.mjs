// SPDX-License-Identifier: Apache-2.0
/** The real data sets of bench/data, and exact search in them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FlatIndex } from '../../dist/index.js';
import { firstRows, unitRows } from '../vectors.mjs';

export const K = 10;
const QUERIES = 500;

const HOW_TO_MAKE = 'npm --prefix bench/data ci --ignore-scripts && npm --prefix bench/data run make';

const pathOf = (name) => fileURLToPath(new URL(`../data/cache/${name}.npy`, import.meta.url));

function isThere(name) {
  return existsSync(pathOf(name));
}

const rowsOf = (name, limit) => firstRows(pathOf(name), limit);

/** Ids of the best K scores; of equal ones the first. */
function bestIds(scores) {
  const best = [];
  for (let id = 0; id < scores.length; id++) {
    if (best.length === K && scores[id] <= scores[best[K - 1]]) continue;
    let place = best.length;
    while (place > 0 && scores[id] > scores[best[place - 1]]) place--;
    best.splice(place, 0, id);
    best.length = Math.min(best.length, K);
  }
  return new Set(best);
}

/** Ids of the K nearest rows of x for each row of y, all of length 1. */
function exactNearest(x, y, dim) {
  const scores = new Float64Array(x.length / dim);
  return Array.from({ length: y.length / dim }, (_, q) => {
    const query = y.slice(q * dim, (q + 1) * dim);
    for (let r = 0, at = 0; r < scores.length; r++) {
      let sum = 0;
      for (let i = 0; i < dim; i++, at++) sum += x[at] * query[i];
      scores[r] = sum;
    }
    return bestIds(scores);
  });
}

/** Corpus and queries: files of their own, or the last rows of the only file. Null if they are not there. */
async function partsOf(name) {
  if (isThere(`${name}.corpus`) && isThere(`${name}.queries`)) {
    return { corpus: await rowsOf(`${name}.corpus`), queries: await rowsOf(`${name}.queries`, QUERIES) };
  }
  if (!isThere(name)) return null;
  const { rows, dim, data } = await rowsOf(name);
  const kept = rows - QUERIES;
  return {
    corpus: { rows: kept, dim, data: data.subarray(0, kept * dim) },
    queries: { rows: QUERIES, dim, data: data.subarray(kept * dim) },
  };
}

const made = new Map();

/** A set for search by cosine with its queries, their unit forms, and what is exactly right; null if it is not there. */
export async function searchSet(name) {
  if (!made.has(name)) {
    const parts = await partsOf(name);
    if (!parts) return null;
    const x = unitRows(parts.corpus);
    const y = unitRows(parts.queries);
    made.set(name, { name, ...parts, x, y, exact: exactNearest(x, y, parts.corpus.dim) });
  }
  return made.get(name);
}

/** The sets of these names, or the message that some are missing. */
export async function searchSets(names, progress) {
  const sets = [];
  for (const [i, name] of names.entries()) {
    progress(i / names.length, `exact search in ${name}`);
    sets.push(await searchSet(name));
  }
  const missing = names.filter((_, i) => !sets[i]);
  return missing.length ? { missing: missingText(missing) } : { sets };
}

/** The first rows of each of these files, or the message that some are missing. */
export async function filesOf(names, limit) {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length) return { missing: missingText(missing) };
  return { files: await Promise.all(names.map((name) => rowsOf(name, limit))) };
}

function missingText(names) {
  return `no data set ${names.join(', ')}: make it with ${HOW_TO_MAKE}`;
}

/** How many of the K results of each query are right. */
export function hitsOf({ exact }, ids) {
  return exact.map((best, q) => ids.subarray(q * K, (q + 1) * K).filter((id) => best.has(id)).length);
}

/** Seeds of the rotations that a recall is the mean of: that of one alone may be 0.01 off. */
export const SEEDS = [0, 1, 2];

/** Bytes a vector and recall of an index with these options: of each rotation, and their mean. */
export function measureRecall(set, x, y, options, seeds = SEEDS) {
  let bytes = 0;
  const recalls = seeds.map((seed) => {
    const index = new FlatIndex({ dim: set.corpus.dim, seed, ...options });
    index.add(x);
    bytes = index.bytes / index.size;
    return recallOf(set, index.search(y, { k: K }).ids);
  });
  const recall = recalls.reduce((a, b) => a + b, 0) / recalls.length;
  return { bytes: Number(bytes.toFixed(2)), recall, recalls };
}

/** Share of the exact K nearest that are among the ids. */
function recallOf(set, ids) {
  const hits = hitsOf(set, ids);
  return hits.reduce((a, b) => a + b, 0) / (hits.length * K);
}
