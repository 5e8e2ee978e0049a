// SPDX-License-Identifier: Apache-2.0
/**
 * Rows of real data. The sentence embeddings are a fixture of the repository; the other sets are made by bench/data and
 * used if they are there. Every k-th row, so always the same ones; rows of zeros have no direction and are left out.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openVectors } from '../../dist/cli/vectors.js';

const CACHE = '../data/cache/';

/** The fixture holds the first 2,400 rows of the set use-512, so that set would add nothing. */
const SETS = [
  { name: 'sentence embeddings', file: '../../test/fixtures/glosses.npy' },
  { name: 'GloVe word vectors', file: `${CACHE}glove-100.corpus.npy` },
  { name: 'MNIST pixels', file: `${CACHE}mnist-784.npy` },
  { name: 'token embeddings', file: `${CACHE}weights-256.npy` },
  { name: 'weights, d = 512', file: `${CACHE}weights-512.npy` },
  { name: 'weights, d = 1536', file: `${CACHE}weights-1536.npy` },
  { name: 'gradients', file: `${CACHE}gradients-101770.npy` },
];

export const HOW_TO_MAKE = 'npm --prefix bench/data ci --ignore-scripts && npm --prefix bench/data run make';

/** At most `most` rows, evenly spaced. */
async function sample(path, most) {
  const source = await openVectors(path);
  const { rows, dim } = source;
  const kept = [];
  const count = Math.min(most, rows);
  for (let r = 0; r < count; r++) {
    const row = await source.read(Math.floor((r * rows) / count), 1);
    if (row.some((value) => value !== 0)) kept.push(row);
  }
  await source.close();
  const x = new Float32Array(kept.length * dim);
  kept.forEach((row, r) => {
    x.set(row, r * dim);
  });
  return { dim, rows: kept.length, x };
}

/**
 * @param {number} floats about as many numbers a set, in `least` to `most` rows
 * @returns {Promise<{ sets: { name, dim, rows, x }[], missing: string[] }>}
 */
export async function realInputs({ floats, least, most }) {
  const sets = [];
  const missing = [];
  for (const { name, file } of SETS) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    if (!existsSync(path)) {
      missing.push(name);
      continue;
    }
    const { dim } = await sample(path, 1);
    const rows = Math.max(least, Math.min(most, Math.floor(floats / dim)));
    sets.push({ name, ...(await sample(path, rows)) });
  }
  return { sets, missing };
}
