// SPDX-License-Identifier: Apache-2.0
/** The same calls on every backend and instruction set give the same ids, scores and files, bit by bit. */
import { afterEach, describe, expect, it } from 'vitest';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { METRICS } from '../../lib/search/metric.ts';
import type { SearchResult } from '../../lib/search/request.ts';
import { onEveryBackend, restoreBackend, variants } from '../backends.ts';
import { expectSameBits, expectSameEverywhere } from '../same-bits.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals } from './vectors.ts';

const BITS = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8];
const DIMS = [1, 3, 7, 100, 128, 300, 1000];
const ROWS = 70; // more than two tiles of rows
const COUNTS = [1, 3, 4, 5, 9]; // queries: below, at and beyond a pass of four
const pathOf = temporaryFolder();
afterEach(restoreBackend);

/** Rows of every kind: normal, short, far, sparse, of equal magnitudes, zero. */
function rowsFor(dim: number): Float32Array {
  const x = normals(161, ROWS, dim, 2, 0.2);
  for (let j = 0; j < dim; j++) {
    x[2 * dim + j] *= 1e-20;
    x[3 * dim + j] *= 1e15;
    x[4 * dim + j] = j === 0 ? 5 : 0;
    x[5 * dim + j] = j % 2 ? 1 : -1;
    x[6 * dim + j] = 0;
    x[40 * dim + j] = x[39 * dim + j];
  }
  return x;
}

function build(options: FlatIndexOptions): FlatIndex {
  const x = rowsFor(options.dim);
  const index = new FlatIndex(options);
  index.add(x.subarray(0, 60 * options.dim));
  index.add(
    x.subarray(60 * options.dim),
    Array.from({ length: 10 }, (_, i) => 1000 + 7 * i),
  );
  index.remove([8, 33]);
  return index;
}

describe.each(METRICS)('metric %s', (metric) => {
  it.each(DIMS)('searches the same at dim %d, for every width and number of queries', (dim) => {
    const queries = normals(162, 9, dim, 1, 0.2);
    queries.fill(0, dim, 2 * dim);
    for (const bits of BITS) {
      const options: FlatIndexOptions = { dim, bits, metric, seed: 163 };
      const centered: FlatIndexOptions = { ...options, center: 'mean' };
      const calls = (index: FlatIndex) => {
        const results: SearchResult[] = COUNTS.map((n) => index.search(queries.subarray(0, n * dim), { k: ROWS + 1 }));
        results.push(index.search(queries, { k: 4, filter: Uint8Array.of(0xee, 0x81, 0, 0xff) }));
        results.push(index.search(queries, { k: 4, filter: [1000, 1063, 5, 6, 1] }));
        return results.flatMap(({ ids, scores }) => [ids, scores]);
      };
      const found = expectSameEverywhere(() => [...calls(build(options)), ...calls(build(centered))], `${bits} bits`);
      expect(found[0][0]).toBeGreaterThanOrEqual(0);
    }
  });

  it('saves the same file, and opens that of any other', async () => {
    for (const dim of DIMS) {
      for (const bits of BITS) {
        const options: FlatIndexOptions = { dim, bits, metric, seed: 163, center: 'mean' };
        const digests = new Map<string, string[]>();
        for (const variant of variants) {
          variant.use();
          const path = pathOf(`${variant.name}.hq`);
          await build(options).save(path);
          const digest = await sha256(path);
          digests.set(digest, [...(digests.get(digest) ?? []), variant.name]);
        }
        expect([...digests.values()], `dim ${dim}, ${bits} bits`).toEqual([variants.map(({ name }) => name)]);
      }
    }
    const query = normals(164, 1, 1000);
    for (const variant of variants) {
      variant.use();
      const index = await FlatIndex.open(pathOf(`${variants[0].name}.hq`));
      expectSameResult(
        index.search(query, { k: 20 }),
        build({ dim: 1000, bits: 8, metric, seed: 163, center: 'mean' }).search(query, { k: 20 }),
      );
    }
  });
});

it('gives the same for every number of rounds and any seed', () => {
  for (const rounds of ['auto', 1, 2, 3] as const) {
    for (const seed of [0, Number.MAX_SAFE_INTEGER, 2n ** 64n - 1n]) {
      const query = normals(165, 5, 96);
      expectSameEverywhere(() => {
        const { ids, scores } = build({ dim: 96, bits: 3, rounds, seed }).search(query, { k: 70 });
        return [ids, scores];
      });
    }
  }
});

it('searches asynchronously the same', async () => {
  const x = normals(166, 6000, 40);
  const queries = normals(167, 70, 40);
  const results: SearchResult[] = [];
  for (const variant of variants) {
    variant.use();
    const index = new FlatIndex({ dim: 40, bits: 4, metric: 'l2', center: 'mean' });
    index.add(x);
    results.push(await index.searchAsync(queries, { k: 12, threads: 3 }));
  }
  for (const result of results) expectSameResult(result, results[0]);
});

it('decodes the same from a file', async () => {
  await build({ dim: 100, bits: 3.5, metric: 'ip', center: 'mean' }).save(pathOf('read.hq'));
  const decoded: Float32Array[] = [];
  for (const variant of variants) {
    variant.use();
    const reader = await IndexReader.open(pathOf('read.hq'));
    decoded.push(await reader.read(0, reader.rows));
    await reader.close();
  }
  for (const one of decoded) expectSameBits(one, decoded[0]);
});

it('refuses the same', () => {
  const x = rowsFor(12);
  x[50 * 12 + 3] = Number.NaN;
  const messages = onEveryBackend(() => {
    try {
      new FlatIndex({ dim: 12, bits: 2 }).add(x);
    } catch (error) {
      return String(error);
    }
    return 'added';
  });
  for (const { value } of messages) {
    expect(value).toBe('RangeError: vectors must hold finite numbers, got NaN in row 50 (column 3)');
  }
});
