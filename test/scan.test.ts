// SPDX-License-Identifier: Apache-2.0
/** Scans of more rows than the golden ones have: the JavaScript kernel turns queries into tables where there are enough. */
import { afterEach, describe, expect, it } from 'vitest';
import { kernels, type ScanJob } from '../lib/backend.ts';
import { indexConfig, indexPlan } from '../lib/search/config.ts';
import { queryBlock } from '../lib/search/queries.ts';
import { restoreBackend } from './backends.ts';
import { random } from './random-inputs.ts';
import { expectSameEverywhere } from './same-bits.ts';

const QUERIES = 5;
const K = 9;
afterEach(restoreBackend);

/**
 * Rows of random codes, norms and numbers of rounds; `rare`: how many rows have three rounds, one in so many; `run`: so
 * many rows after each other have equally many.
 */
function randomJob(dim: number, bits: number, rows: number, rare: number, filtered: boolean, run = 1): ScanJob {
  const config = indexConfig({ dim, bits, seed: 1 }, null);
  const plan = indexPlan(config);
  const { below, gaussian } = random(dim + 10 * bits + rows);
  const byte = () => below(256);
  const queries = Float32Array.from({ length: QUERIES * dim }, gaussian);
  const { forms, bias, gains, slacks } = queryBlock(config, plan, queries, 3);
  const rounds = Array.from({ length: Math.ceil(rows / run) }, () => (below(rare) === 0 ? 3 : 1 + below(2)));
  return {
    plan,
    codes: Uint8Array.from({ length: rows * plan.codeBytes }, byte),
    scales: Float32Array.from({ length: rows }, gaussian),
    norms: Float32Array.from({ length: rows }, gaussian),
    tags: Uint8Array.from({ length: rows }, (_, i) => rounds[Math.floor(i / run)]),
    residuals: null,
    reaches: Float32Array.from({ length: rows }, gaussian),
    allowed: filtered ? Uint8Array.from({ length: Math.ceil(rows / 8) }, byte) : null,
    firstRow: 3,
    lastRow: rows,
    k: K,
    forms,
    queryBias: bias,
    gains,
    slacks,
    rows: new Uint32Array(QUERIES * K),
    keys: new Float64Array(QUERIES * K),
  };
}

describe.each([1, 1.5, 2, 4])('%d bits', (bits) => {
  it.each([
    [7, 300, 50, false, 1],
    [100, 900, 4, false, 1],
    [128, 1500, 300, true, 1],
    [513, 2200, 2, false, 1],
    [33, 9000, 20, true, 1],
    [65, 1700, 3, false, 100],
    [4100, 150, 3, false, 5],
    [4100, 150, 3, true, 1],
  ])('dim %d, %d rows: the same on every backend', (dim, rows, rare, filtered, run) => {
    const found = expectSameEverywhere(() => {
      const job = randomJob(dim, bits, rows, rare, filtered, run);
      kernels().scan(job);
      return [job.rows, job.keys];
    });
    expect(new Set(found[0].subarray(0, K)).size).toBe(K);
  });
});

it('scores that overflow to -infinity or NaN are no results, on every tier the same', () => {
  for (const rows of [1, 5, 33, 70]) {
    expectSameEverywhere(() => {
      const job = randomJob(20, 4, rows + 3, 3, false);
      job.reaches = null;
      job.slacks = null;
      job.queryBias.set([Number.NEGATIVE_INFINITY, Number.NaN, -1e308, 0, 0]);
      job.gains.fill(1e308, 0, 24);
      kernels().scan(job);
      const found = [...job.keys].filter((_, i) => job.rows[i] !== 0xffffffff);
      expect(found.some((key) => Number.isNaN(key) || key === Number.NEGATIVE_INFINITY)).toBe(false);
      return [job.rows, job.keys];
    });
  }
});
