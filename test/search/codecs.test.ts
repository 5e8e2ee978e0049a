// SPDX-License-Identifier: Apache-2.0
/** FlatIndex with every codec that it can have: backends, scores, removal, filters, zero vectors. */
import { describe, expect, it } from 'vitest';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { METRICS, type Metric } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameEverywhere } from '../same-bits.ts';
import { FEW_INDEX_CASES, INDEX_CASES, indexOptions, titled } from './codec-indexes.ts';
import { dot, norm } from './exact.ts';
import { temporaryFolder } from './folder.ts';
import { onePartACall } from './one-part.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row, rowsOf } from './vectors.ts';

const pathOf = temporaryFolder();

/** Rows of every kind: normal, short, far, sparse, of equal magnitudes, zero, twice the same. */
function mixedRows(rows: number, dim: number): Float32Array {
  const x = normals(61, rows, dim, 2, 0.2);
  for (let j = 0; j < dim; j++) {
    x[2 * dim + j] *= 1e-20;
    x[3 * dim + j] *= 1e15;
    x[4 * dim + j] = j === 0 ? 5 : 0;
    x[5 * dim + j] = j % 2 ? 1 : -1;
    x[6 * dim + j] = 0;
    x[20 * dim + j] = x[19 * dim + j];
  }
  return x;
}

describe.each(titled(INDEX_CASES))('%s', (_, c) => {
  it('searches the same on every backend', () => {
    for (const dim of [1, 45]) {
      const x = mixedRows(70, dim);
      const queries = normals(62, 5, dim, 1, 0.2);
      queries.fill(0, dim, 2 * dim);
      for (const metric of METRICS) {
        const center: Partial<FlatIndexOptions> = metric === 'ip' ? {} : { center: 'mean' };
        const options = { ...indexOptions(c, dim), metric, seed: 63, ...center };
        const found = expectSameEverywhere(() => {
          const index = new FlatIndex(options);
          index.add(x.subarray(0, 60 * dim));
          index.add(
            x.subarray(60 * dim),
            Array.from({ length: 10 }, (_id, i) => 1000 + 7 * i),
          );
          index.remove([8, 33, 1063]);
          const results = [
            index.search(queries, { k: 71 }),
            index.search(queries.subarray(0, dim), { k: 5 }),
            index.search(queries, { k: 4, filter: [1000, 1007, 5, 6, 1, 8] }),
          ];
          return results.flatMap(({ ids, scores }) => [ids, scores]);
        }, `dim ${dim}, ${metric}`);
        const ids = (found[0] as Float64Array).subarray(0, 67);
        expect(new Set(ids).size).toBe(67);
        expect(ids.includes(8) || ids.includes(-1)).toBe(false);
      }
    }
  });
});

/** Scores as products with the decoded row less the center, and those products in float64. */
async function productsOf(options: FlatIndexOptions, x: Float32Array, queries: Float32Array) {
  const { dim, metric = 'cosine' } = options;
  const index = new FlatIndex(options);
  index.add(x);
  await index.save(pathOf('decoded.hq'));
  const reader = await IndexReader.open(pathOf('decoded.hq'));
  const decoded = await reader.read(0, reader.rows);
  await reader.close();
  const center = index.center ?? new Float32Array(dim);
  const all: { found: number; exact: number; size: number }[] = [];
  const { ids, scores } = index.search(queries, { k: index.size });
  for (let i = 0; i < ids.length; i++) {
    const given = row(queries, dim, Math.floor(i / index.size));
    const length = metric === 'cosine' ? norm(given) : 1;
    const query = given.map((v, j) => v / length - (metric === 'l2' ? center[j] : 0));
    const coded = row(decoded, dim, ids[i]).map((v, j) => v - center[j]);
    // cosines stop at -1 and 1, squared distances at 0: beyond, a score says nothing of its product
    if (metric === 'cosine' ? Math.abs(scores[i]) === 1 : metric === 'l2' && scores[i] === 0) continue;
    const own = row(x, dim, ids[i]).map((v, j) => v - center[j]);
    const found =
      metric === 'l2' ? (dot(query, query) + dot(own, own) - scores[i] ** 2) / 2 : scores[i] - dot(query, center);
    all.push({ found, exact: dot(query, coded), size: norm(query) * norm(coded) });
  }
  return all;
}

// every backend finds the same: see above
describe('scores', () => {
  it.each(titled(INDEX_CASES))(
    '%s: are products with the decoded rows, but for the rounding of the query',
    async (_, c) => {
      const dim = 60;
      const x = normals(64, 40, dim, 1, 0.5);
      const queries = normals(65, 8, dim, 1, 0.5);
      for (const metric of METRICS) {
        const center: Partial<FlatIndexOptions> = metric === 'ip' ? {} : { center: 'mean' };
        const products = await productsOf({ ...indexOptions(c, dim), metric, seed: 5, ...center }, x, queries);
        expect(products.length).toBeGreaterThan(200);
        // A query of dim 60 is rounded to steps of max|q_i| / 127, and the largest of 60 coordinates is below 4 |q| / sqrt(dim)
        // in all of these: the error of a product has a deviation below |q| |y| / sqrt(dim) * 4 / 127 / sqrt(12). The
        // projection of turboquant-prod is rounded so for itself. 300 products: 5 of it are beyond reach.
        const deviation = ((c.codec === 'turboquant-prod' ? Math.SQRT2 : 1) * 4) / 127 / Math.sqrt(12 * dim);
        let [fe, ee, squares] = [0, 0, 0];
        for (const { found, exact, size } of products) {
          expect(Math.abs(found - exact), metric).toBeLessThan(5 * deviation * size + 1e-5);
          fe += (found * exact) / size ** 2;
          ee += (exact / size) ** 2;
          squares += ((found - exact) / size / deviation) ** 2;
        }
        expect(squares / products.length, metric).toBeLessThan(1);
        // a wrong unit of the levels would show as a slope: 300 errors of about 1 % of a product leave 0.1 %
        expect(Math.abs(fe / ee - 1), metric).toBeLessThan(0.002);
      }
    },
  );
});

forEachBackend('scores', () => {
  it.each(titled(INDEX_CASES))('%s: of zero vectors and zero queries are what the metric gives them', (_, c) => {
    const dim = 20;
    const x = normals(66, 6, dim);
    x.fill(0, 2 * dim, 3 * dim);
    const query = normals(67, 1, dim);
    for (const metric of METRICS) {
      const index = new FlatIndex({ ...indexOptions(c, dim), metric });
      index.add(x);
      const found = index.search(query, { k: 6 });
      const own = found.scores[found.ids.indexOf(2)];
      const none = index.search(new Float32Array(dim), { k: 6 });
      if (metric === 'l2') {
        expect(own).toBeCloseTo(norm(query), 5);
        expect([none.ids[0], none.scores[0]]).toEqual([2, 0]);
      } else {
        expect(own).toBe(0);
        expect([...none.ids]).toEqual([0, 1, 2, 3, 4, 5]);
        expect(none.scores.every((v) => v === 0)).toBe(true);
      }
    }
  });
});

/** Score of each id for one query. */
function scoresById(index: FlatIndex, query: Float32Array): Map<number, number> {
  const { ids, scores } = index.search(query, { k: index.size });
  return new Map(Array.from(ids, (id, i) => [id, scores[i]]));
}

forEachBackend('an index that changes', () => {
  const dim = 33;
  const x = normals(68, 90, dim);
  const query = normals(69, 1, dim);

  it.each(titled(INDEX_CASES))('%s: rows keep their codes, draws and residuals when others are removed', (_, c) => {
    for (const metric of METRICS) {
      const index = new FlatIndex({ ...indexOptions(c, dim), metric });
      index.add(x);
      const before = scoresById(index, query);
      expect(index.remove([0, 1, 17, 40, 88, 89])).toBe(6);
      const after = scoresById(index, query);
      expect(after.size).toBe(84);
      for (const [id, score] of after) expect(score, `id ${id}`).toBe(before.get(id));
      // rows added to the places of others disturb none of them
      index.add(x.subarray(0, 10 * dim), [500, 501, 502, 503, 504, 505, 506, 507, 508, 509]);
      index.remove([2, 3]);
      for (const [id, score] of scoresById(index, query)) if (id < 500) expect(score).toBe(before.get(id));
    }
  });

  it.each(titled(INDEX_CASES))('%s: is the same however its rows came', (_, c) => {
    const make = (cuts: readonly number[]) => {
      const index = new FlatIndex({ ...indexOptions(c, dim), metric: 'l2', seed: 70 });
      let done = 0;
      for (const rows of cuts) {
        index.add(x.subarray(done * dim, (done + rows) * dim));
        done += rows;
      }
      return index.search(rowsOf(x, dim, [0, 50, 89]), { k: 90 });
    };
    const whole = make([90]);
    expectSameResult(make([1, 88, 1]), whole);
    expectSameResult(make(Array.from({ length: 90 }, () => 1)), whole);
  });

  it.each(titled(FEW_INDEX_CASES))('%s: is searched in parts by searchAsync, with filters too', async (_, c) => {
    const many = normals(71, 4200, 8); // three parts of 2,048 rows at most
    const queries = normals(72, 66, 8); // two blocks of 64 at most
    const index = new FlatIndex({ ...indexOptions(c, 8), metric: 'ip' as Metric });
    index.add(many);
    const filter = new Uint8Array(525).fill(0x5b);
    for (const options of [{ k: 12 }, { k: 12, filter }]) {
      const told: number[] = [];
      const onProgress = (done: number) => told.push(done);
      const promise = onePartACall(() => index.searchAsync(queries, { ...options, threads: 3, onProgress }));
      const expected = index.search(queries, options);
      index.remove(expected.ids.subarray(0, 3)); // not seen by the search that is under way
      expectSameResult(await promise, expected);
      expect(told.length).toBeGreaterThan(1);
    }
  });
});
