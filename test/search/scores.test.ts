// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import type { Metric } from '../../lib/search/metric.ts';
import { estimateDeviation, exactOrder, exactScore, norm } from './exact.ts';
import { normals, row } from './vectors.ts';

const METRICS: readonly Metric[] = ['cosine', 'ip', 'l2'];
const DIM = 256;
const ROWS = 400;
const QUERIES = 12;

describe.each(METRICS)('scores of metric %s', (metric) => {
  // rows of different lengths, so that a metric that forgets or adds a norm is seen
  const x = normals(11, ROWS, DIM, 3, 0.3).map((v, i) => v * (1 + Math.floor(i / DIM) / ROWS));
  const queries = normals(12, QUERIES, DIM, 0.5, 0.3);

  it.each([1, 1.5, 2, 3, 4, 5, 6, 8])('are as near to the true value as theory says at %d bits', (bits) => {
    const index = new FlatIndex({ dim: DIM, bits, metric, seed: 5 });
    index.add(x);
    const { ids, scores } = index.search(queries, { k: ROWS });
    const deviation = estimateDeviation(DIM, bits);
    let squares = 0;
    let worst = 0;
    for (let q = 0; q < QUERIES; q++) {
      const query = row(queries, DIM, q);
      for (let i = q * ROWS; i < (q + 1) * ROWS; i++) {
        const vector = row(x, DIM, ids[i]);
        const exact = exactScore(metric, vector, query);
        // an l2 score is the root of |q|^2 + |x|^2 - 2 <q, x>: its square is off by twice the product's error
        const error = metric === 'l2' ? (scores[i] ** 2 - exact ** 2) / 2 : scores[i] - exact;
        const unit = metric === 'cosine' ? 1 : norm(query) * norm(vector);
        const sigmas = error / unit / deviation;
        squares += sigmas * sigmas;
        worst = Math.max(worst, Math.abs(sigmas));
      }
    }
    // 4,800 estimates of normal law: one beyond 6 sigmas has a chance of 1e-5. Their root mean square is 0.9 to 1.0 of
    // the theory (which takes all of q for the part at right angles to x, and a high value for max|q_i|).
    expect(worst).toBeLessThan(6);
    expect(Math.sqrt(squares / (QUERIES * ROWS))).toBeGreaterThan(0.8);
    expect(Math.sqrt(squares / (QUERIES * ROWS))).toBeLessThan(1.1);
  });

  it('come best first, every row once', () => {
    const index = new FlatIndex({ dim: DIM, bits: 2, metric });
    index.add(x);
    const { ids, scores } = index.search(queries, { k: ROWS });
    const sign = metric === 'l2' ? -1 : 1;
    for (let q = 0; q < QUERIES; q++) {
      const own = scores.subarray(q * ROWS, (q + 1) * ROWS);
      for (let i = 1; i < ROWS; i++) expect(sign * own[i]).toBeLessThanOrEqual(sign * own[i - 1]);
      expect(new Set(ids.subarray(q * ROWS, (q + 1) * ROWS)).size).toBe(ROWS);
    }
  });

  it('of a small k are the beginning of those of a large k', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, metric });
    index.add(x);
    const all = index.search(queries, { k: ROWS });
    for (const k of [1, 2, 3, 10, 99]) {
      const few = index.search(queries, { k });
      for (let q = 0; q < QUERIES; q++) {
        const slice = [q * ROWS, q * ROWS + k];
        expect(few.ids.slice(q * k, (q + 1) * k)).toEqual(all.ids.slice(...slice));
        expect(few.scores.slice(q * k, (q + 1) * k)).toEqual(all.scores.slice(...slice));
      }
    }
  });

  it('of equal vectors are equal, and they come in the order in which they were added', () => {
    const one = row(x, DIM, 0);
    const index = new FlatIndex({ dim: DIM, bits: 3, metric });
    for (let i = 0; i < 50; i++) index.add(one, [1000 - i]);
    const { ids, scores } = index.search(row(queries, DIM, 0), { k: 20 });
    expect([...ids]).toEqual(Array.from({ length: 20 }, (_, i) => 1000 - i));
    expect(new Set(scores).size).toBe(1);
  });

  it('of one query do not depend on the others in the call', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, metric });
    index.add(x);
    const many = normals(13, 70, DIM);
    const together = index.search(many, { k: 5 });
    for (let q = 0; q < 70; q++) {
      const alone = index.search(row(many, DIM, q), { k: 5 });
      expect(alone.ids).toEqual(together.ids.slice(5 * q, 5 * q + 5));
      expect(alone.scores).toEqual(together.scores.slice(5 * q, 5 * q + 5));
    }
  });

  it.each([1e-30, 1e-20, 1e20, 1e30])('order rows of a norm near %d as they do others', (scale) => {
    // well separated rows: their order at 8 bits is the true one, whatever the unit
    const far = new Float32Array(6 * 64);
    const base = normals(14, 1, 64);
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 64; j++) far[i * 64 + j] = base[j] * (i + 1) * (j % 6 === i ? 3 : 1);
    const query = metric === 'l2' ? row(far, 64, 3).slice() : base;
    const expected = exactOrder(metric, far, 64, query);
    const index = new FlatIndex({ dim: 64, bits: 8, metric });
    // for ip only the rows are scaled, so that the products themselves are float32 numbers
    index.add(far.map((v) => v * scale));
    const { ids, scores } = index.search(metric === 'ip' ? query : query.map((v) => v * scale), { k: 6 });
    expect([...ids]).toEqual(expected);
    for (const score of scores) expect(Number.isFinite(score)).toBe(true);
  });
});

describe('zero vectors', () => {
  const x = normals(21, 5, 16);
  x.fill(0, 32, 48); // row 2

  it.each(METRICS)('and zero queries have the score that the metric gives them (%s)', (metric) => {
    const index = new FlatIndex({ dim: 16, bits: 8, metric });
    index.add(x);
    const zero = index.search(new Float32Array(16), { k: 5 });
    const query = normals(22, 1, 16);
    const found = index.search(query, { k: 5 });
    const scoreOfZero = found.scores[found.ids.indexOf(2)];
    if (metric === 'l2') {
      expect(zero.ids[0]).toBe(2);
      expect(zero.scores[0]).toBe(0);
      for (let i = 0; i < 5; i++) expect(zero.scores[i]).toBeCloseTo(norm(row(x, 16, zero.ids[i])), 5);
      expect(scoreOfZero).toBeCloseTo(norm(query), 5);
    } else {
      expect([...zero.ids]).toEqual([0, 1, 2, 3, 4]);
      expect([...zero.scores]).toEqual([0, 0, 0, 0, 0]);
      expect(scoreOfZero).toBe(0);
    }
  });

  it('alone make an index that works', () => {
    for (const metric of METRICS) {
      const index = new FlatIndex({ dim: 5, bits: 0.5, metric });
      index.add(new Float32Array(15));
      expect([...index.search(new Float32Array(5), { k: 4 }).ids]).toEqual([0, 1, 2, -1]);
    }
  });
});

it('a cosine stays within -1 and 1 at any width', () => {
  for (const bits of [0.5, 1, 2, 8]) {
    const index = new FlatIndex({ dim: 6, bits });
    const x = normals(23, 200, 6);
    index.add(x);
    const largest = index.search(x, { k: 200 }).scores.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    // at 0.5 bits the estimate of a vector's own cosine is often above 1, so the limit is met
    expect(largest).toBeLessThanOrEqual(1);
    expect(largest).toBeGreaterThan(0.99);
  }
});
