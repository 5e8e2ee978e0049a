// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import type { Metric } from '../../lib/search/metric.ts';
import { estimateDeviation, exactScore, norm } from './exact.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row } from './vectors.ts';

const DIM = 96;
const ROWS = 300;
const METRICS: readonly Metric[] = ['cosine', 'ip', 'l2'];

/** The mean of rows in float64, of normalised ones for cosine. */
function meanOf(metric: Metric, x: Float32Array): number[] {
  const mean = new Array<number>(DIM).fill(0);
  const rows = x.length / DIM;
  for (let i = 0; i < rows; i++) {
    const vector = row(x, DIM, i);
    const unit = metric === 'cosine' ? norm(vector) : 1;
    for (let j = 0; j < DIM; j++) mean[j] += vector[j] / unit / rows;
  }
  return mean;
}

describe.each(METRICS)('center, metric %s', (metric) => {
  // far from centred: the mean is four times as long as what differs
  const x = normals(51, ROWS, DIM, 1, 4);
  const queries = normals(52, 8, DIM, 1, 4);
  const mean = meanOf(metric, x);

  it('is the mean of the first vectors added', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, metric, center: 'mean' });
    expect(index.center).toBeNull();
    index.add(x);
    const center = index.center as Float32Array;
    // float64 sums of float32 rows, rounded once; a normalised row is within 2 ulp of its own
    mean.forEach((m, j) => {
      expect(Math.abs(center[j] - m)).toBeLessThanOrEqual(Math.abs(m) * 2 ** -22);
    });
    index.add(normals(53, 10, DIM, 1, -4));
    expect(index.center).toEqual(center);
  });

  it('is the mean of the sample given to fit', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, metric, center: 'mean' });
    index.fit(x);
    const fitted = index.center;
    const added = new FlatIndex({ dim: DIM, bits: 4, metric, center: 'mean' });
    added.add(x);
    expect(fitted).toEqual(added.center);
    index.add(normals(53, 10, DIM, 1, -4));
    expect(index.center).toEqual(fitted);
    expect(() => index.fit(x)).toThrow("fit needs an index with center: 'mean' that has no vectors yet");
  });

  it('given as numbers does the same as the mean that has these numbers', () => {
    const byMean = new FlatIndex({ dim: DIM, bits: 3, metric, center: 'mean' });
    byMean.add(x);
    const center = byMean.center as Float32Array;
    const given = new FlatIndex({ dim: DIM, bits: 3, metric, center });
    center.fill(0); // a copy in, a copy out
    given.add(x);
    expect(given.center).toEqual(byMean.center);
    expectSameResult(given.search(queries, { k: 20 }), byMean.search(queries, { k: 20 }));
  });

  it.each([1, 4, 8])('leaves only the error of the centred rows at %d bits', (bits) => {
    const index = new FlatIndex({ dim: DIM, bits, metric, center: 'mean' });
    index.add(x);
    const { ids, scores } = index.search(queries, { k: ROWS });
    const deviation = estimateDeviation(DIM, bits);
    const center = index.center as Float32Array;
    let worst = 0;
    let squares = 0;
    for (let q = 0; q < 8; q++) {
      const query = row(queries, DIM, q);
      for (let i = q * ROWS; i < (q + 1) * ROWS; i++) {
        const vector = row(x, DIM, ids[i]);
        const exact = exactScore(metric, vector, query);
        const unit = metric === 'cosine' ? norm(vector) : 1;
        const coded = norm(vector.map((v, j) => v / unit - center[j]));
        // l2 compares q - c with x - c; the others split <q, x> = <q, c> + <q, x - c>
        const asked = metric === 'l2' ? norm(query.map((v, j) => v - center[j])) : norm(query);
        const scale = metric === 'cosine' ? coded : coded * asked;
        const error = metric === 'l2' ? (scores[i] ** 2 - exact ** 2) / 2 : scores[i] - exact;
        const sigmas = error / scale / deviation;
        worst = Math.max(worst, Math.abs(sigmas));
        squares += sigmas * sigmas;
      }
    }
    // 2,400 estimates of normal law, as in scores.test.ts. A query that is nearly all mean has one large rotated
    // coordinate fewer or more than theory's, so int8 rounding (all of the error at 8 bits) varies from query to query.
    expect(worst).toBeLessThan(6);
    expect(Math.sqrt(squares / (8 * ROWS))).toBeLessThan(1.15);
    expect(Math.sqrt(squares / (8 * ROWS))).toBeGreaterThan(0.6);
  });

  it('does not move zero vectors away from where they are', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8, metric, center: 'mean' });
    const withZero = x.slice();
    withZero.fill(0, 0, DIM);
    index.add(withZero);
    const query = row(queries, DIM, 0);
    const { ids, scores } = index.search(query, { k: ROWS });
    const exact = metric === 'l2' ? norm(query) : 0;
    const unit = metric === 'cosine' ? 1 : metric === 'ip' ? norm(query) * norm(mean) : norm(mean);
    expect(Math.abs(scores[ids.indexOf(0)] - exact)).toBeLessThan(6 * estimateDeviation(DIM, 8) * unit);
    const zero = index.search(new Float32Array(DIM), { k: ROWS });
    if (metric === 'l2') expect(zero.ids[0]).toBe(0);
    else for (const score of zero.scores) expect(score).toBe(0);
  });
});

it('never codes a centred row that is no float32 as something else', () => {
  // x - c = 6e38: no float32, though both are
  const index = new FlatIndex({ dim: 2, bits: 4, metric: 'ip', center: Float32Array.of(-3e38, 0) });
  let added: unknown;
  try {
    index.add(Float32Array.of(3e38, 0));
  } catch (error) {
    added = error;
  }
  // refused, or coded all the same: then the product is 3e38, give or take
  if (added !== undefined) expect(added).toBeInstanceOf(RangeError);
  else expect(index.search(Float32Array.of(1, 0), { k: 1 }).scores[0]).toBeGreaterThan(1e38);
});
