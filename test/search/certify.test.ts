// SPDX-License-Identifier: Apache-2.0
/** `certify`: flags that hold against exact search, and against the flags' own definition. */
import { describe, expect, it } from 'vitest';
import { Quantizer } from '../../lib/index.ts';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { METRICS } from '../../lib/search/metric.ts';
import type { SearchOptions } from '../../lib/search/request.ts';
import { onEveryBackend } from '../backends.ts';
import { exactOrder } from './exact.ts';
import { FIXTURE_DIM, fixture } from './fixture.ts';
import { normals, row } from './vectors.ts';

const glosses = fixture('glosses');
const queries = fixture('queries');
const count = queries.length / FIXTURE_DIM;

function indexOf(options: Omit<FlatIndexOptions, 'dim'>, x: Float32Array, dim: number): FlatIndex {
  const index = new FlatIndex({ dim, ...options });
  index.add(x);
  return index;
}

function certainOf(index: FlatIndex, x: Float32Array, options: SearchOptions): Uint8Array {
  const { certain } = index.search(x, options);
  if (!certain) throw new Error('no flags');
  return certain;
}

describe('certified results of sentence embeddings', () => {
  const configs: Omit<FlatIndexOptions, 'dim'>[] = [
    { bits: 8 },
    { bits: 8, center: 'mean' },
    { bits: 8, metric: 'ip', center: 'mean' },
    { bits: 8, metric: 'l2' },
    { bits: 6 },
    { bits: 4, codec: 'vq', center: 'mean' },
    { bits: 8, codec: 'dithered' },
    { bits: 8, codec: 'uniform' },
    { bits: 8, codec: 'turboquant-mse' },
    { bits: 8, codec: 'turboquant-prod' },
  ];

  it.each(configs)('%j: are those of exact search, and there are some', (config) => {
    const index = indexOf(config, glosses, FIXTURE_DIM);
    let flagged = 0;
    for (const k of [1, 5]) {
      const { ids, certain } = index.search(queries, { k, certify: true });
      for (let q = 0; q < count; q++) {
        if (!certain?.[q]) continue;
        flagged++;
        const best = exactOrder(config.metric ?? 'cosine', glosses, FIXTURE_DIM, row(queries, FIXTURE_DIM, q));
        expect([...ids.subarray(q * k, (q + 1) * k)].sort()).toEqual(best.slice(0, k).sort());
      }
    }
    // a flag that is never set would pass all that: of 40 searches 3 or more are certain in every configuration here
    expect(flagged).toBeGreaterThan(2);
  });

  it('are fewer the more sigmas, and all of them at 0', () => {
    const index = indexOf({ bits: 6 }, glosses, FIXTURE_DIM);
    const sums = [0, 1, 2, 4, 8, 1000].map((sigmas) =>
      certainOf(index, queries, { k: 3, certify: true, sigmas }).reduce((a, b) => a + b, 0),
    );
    expect(sums[0]).toBe(count);
    expect(sums[5]).toBe(0);
    expect(sums).toEqual([...sums].sort((a, b) => b - a));
    expect(sums[2]).toBeGreaterThan(0);
  });
});

describe('the flag', () => {
  const DIM = 96;
  const x = normals(31, 300, DIM);
  // near copies of rows, which have a clear winner, and vectors that are near none
  const near = Float32Array.from([
    ...x.slice(0, 10 * DIM).map((v, i) => v + 0.3 * Math.sin(i)),
    ...normals(7, 10, DIM),
  ]);

  it.each(METRICS)('%s: is set when no other row reaches the results, by errorBounds', (metric) => {
    const bits = 5;
    const index = indexOf({ bits, metric }, x, DIM);
    // records have the codec's own levels, the index their integers: the bounds agree to about a percent, so leave 5
    const quantizer = new Quantizer({ dim: DIM, bits });
    const records = quantizer.encode(x);
    const sigmas = 3;
    let [sure, unsure] = [0, 0];
    const certain = certainOf(index, near, { k: 1, certify: true, sigmas });
    const { scores } = index.search(near, { k: 300 });
    const { ids } = index.search(near, { k: 300 });
    for (let q = 0; q < 20; q++) {
      const query = row(near, DIM, q);
      const bounds = quantizer.errorBounds(query, records, { sigmas });
      const queryNorm = Math.hypot(...query);
      const norms = Array.from({ length: 300 }, (_, r) => Math.hypot(...row(x, DIM, r)));
      const keys = [...scores.subarray(q * 300, (q + 1) * 300)].map((s) => (metric === 'l2' ? -s * s : s));
      const reach = [...ids.subarray(q * 300, (q + 1) * 300)].map((id) =>
        metric === 'l2' ? 2 * bounds[id] : metric === 'ip' ? bounds[id] : bounds[id] / (queryNorm * norms[id]),
      );
      const margin = keys[0] - reach[0] - Math.max(...keys.slice(1).map((key, i) => key + reach[i + 1]));
      const slack = 0.05 * 2 * Math.max(...reach);
      if (Math.abs(margin) < slack) continue;
      expect(certain[q]).toBe(margin > 0 ? 1 : 0);
      if (margin > 0) sure++;
      else unsure++;
    }
    expect(sure).toBeGreaterThan(2);
    expect(unsure).toBeGreaterThan(2);
  });

  it('is the same on every backend, and from searchAsync in any number of parts', async () => {
    const results = onEveryBackend(() => {
      const index = indexOf({ bits: 6, metric: 'l2' }, x, DIM);
      return [...certainOf(index, near, { k: 4, certify: true })].join('');
    });
    for (const { name, value } of results) expect(value, name).toBe(results[0].value);
    const big = indexOf({ bits: 6, metric: 'l2' }, normals(5, 9000, DIM), DIM);
    const sync = big.search(near, { k: 4, certify: true });
    for (const threads of [1, 3]) {
      const fresh = indexOf({ bits: 6, metric: 'l2' }, normals(5, 9000, DIM), DIM);
      expect(await fresh.searchAsync(near, { k: 4, certify: true, threads })).toEqual(sync);
    }
  });

  it('follows rows that come and go', () => {
    const index = indexOf({ bits: 8, metric: 'ip' }, x, DIM);
    const query = row(x, DIM, 7);
    expect([...certainOf(index, query, { k: 1, certify: true })]).toEqual([1]);
    index.add(query.slice(), [1000]); // a twin: nobody can tell which of the two is the best
    expect([...certainOf(index, query, { k: 1, certify: true })]).toEqual([0]);
    expect([...certainOf(index, query, { k: 2, certify: true })]).toEqual([1]);
    index.remove([7]);
    expect([...certainOf(index, query, { k: 1, certify: true })]).toEqual([1]);
    // what the filter leaves out is no rival
    index.add(query.slice(), [1001]);
    expect([...certainOf(index, query, { k: 1, certify: true })]).toEqual([0]);
    expect([...certainOf(index, query, { k: 1, certify: true, filter: [1000, 3] })]).toEqual([1]);
  });

  it('is set where all rows are returned, and there is none without certify', () => {
    const index = indexOf({ bits: 1 }, x.slice(0, 3 * DIM), DIM);
    expect([...certainOf(index, near, { k: 5, certify: true })]).toEqual(new Array(20).fill(1));
    expect([...certainOf(new FlatIndex({ dim: DIM, bits: 1 }), near, { k: 5, certify: true })]).toEqual(
      new Array(20).fill(1),
    );
    expect(index.search(near, { k: 1 }).certain).toBeUndefined();
    expect(index.search(near, { k: 1, certify: false }).certain).toBeUndefined();
  });

  it('refuses options that are none, by name', () => {
    const index = indexOf({ bits: 1 }, x, DIM);
    const search = (options: object) => () => index.search(near, { k: 1, ...options });
    expect(search({ certify: 1 })).toThrow(new TypeError('certify must be a boolean, got 1'));
    expect(search({ certify: true, sigmas: -1 })).toThrow(
      new RangeError('sigmas must be a number of at least 0, got -1'),
    );
    expect(search({ certify: true, sigmas: '3' })).toThrow(TypeError);
    expect(search({ certify: true, sigmas: Number.NaN })).toThrow(RangeError);
  });
});
