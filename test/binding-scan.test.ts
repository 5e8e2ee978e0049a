// SPDX-License-Identifier: Apache-2.0
/** What the addon checks again of scans, and of single steps of a codec (binding/functions.cpp). */
import { describe, expect, it } from 'vitest';
import type { ScanJob, ScanParts } from '../lib/backend.ts';
import { loadNative, type NativeBackend } from '../lib/native.ts';
import { hasNative } from './backends.ts';
import type { CodecCase } from './codec-cases.ts';
import { Arena, DITHERED, MSE, PROD, planOf, QUICFL, ROWS, VQ } from './raw-columns.ts';
import { partsOf } from './scan-job.ts';

const native = loadNative().backend as NativeBackend;
const REFUSED = /inconsistent arguments/;

describe.runIf(hasNative)('scans', () => {
  const QUERIES = 2;
  const job = (c: CodecCase): ScanJob => {
    const plan = planOf(c);
    const arena = new Arena();
    const codes = arena.take(Uint8Array, ROWS * plan.codeBytes);
    return {
      plan,
      codes: codes.fill(0),
      scales: new Float32Array(ROWS).fill(1),
      norms: new Float32Array(ROWS),
      tags: new Uint8Array(ROWS).fill(1),
      residuals: plan.projection ? new Float32Array(ROWS) : null,
      reaches: null,
      allowed: new Uint8Array(1).fill(255),
      firstRow: 0,
      lastRow: ROWS,
      k: 2,
      forms: new Int8Array(QUERIES * 3 * plan.formBytes),
      queryBias: new Float64Array(QUERIES),
      gains: new Float64Array(6 * QUERIES),
      slacks: null,
      rows: new Uint32Array(2 * QUERIES),
      keys: new Float64Array(2 * QUERIES),
    };
  };

  it.each<[string, CodecCase, (j: ScanJob) => Partial<ScanJob>]>([
    ['a byte of codes too few', MSE, (j) => ({ codes: j.codes.subarray(1) })],
    ['a scale too few', MSE, () => ({ scales: new Float32Array(ROWS - 1) })],
    ['a norm too few', MSE, () => ({ norms: new Float32Array(ROWS - 1) })],
    ['a tag too few', DITHERED, () => ({ tags: new Uint8Array(ROWS - 1).fill(1) })],
    ['no residuals', PROD, () => ({ residuals: null })],
    ['a residual too few', PROD, () => ({ residuals: new Float32Array(ROWS - 1) })],
    ['a form too short', PROD, (j) => ({ forms: j.forms.subarray(1) })],
    ['gains for one of two parts', PROD, () => ({ gains: new Float64Array(3 * QUERIES) })],
    ['a gain too many', VQ, () => ({ gains: new Float64Array(6 * QUERIES + 1) })],
    ['reaches without slacks', VQ, () => ({ reaches: new Float32Array(ROWS) })],
    ['a reach too few', VQ, () => ({ reaches: new Float32Array(2), slacks: new Float64Array(QUERIES) })],
    ['no bit for a row', VQ, () => ({ allowed: new Uint8Array(0) })],
    ['rows in the wrong order', VQ, () => ({ firstRow: 2, lastRow: 1 })],
    ['too many rows', VQ, () => ({ lastRow: ROWS + 1 })],
    ['no place for a result', VQ, (j) => ({ rows: j.rows.subarray(1) })],
    ['no place for a key', VQ, (j) => ({ keys: j.keys.subarray(1) })],
  ])('%s', async (_, c, change) => {
    const fits = job(c);
    expect(() => native.scan(fits)).not.toThrow();
    const given = { ...fits, ...change(fits) };
    // an empty array has no address: to the addon it is the same as none, and all rows are admitted
    if (given.allowed?.length === 0) expect(() => native.scan(given)).not.toThrow();
    else {
      expect(() => native.scan(given)).toThrow(REFUSED);
      await expect((async () => native.scanAsync(given, partsOf(ROWS + 1, QUERIES)))()).rejects.toThrow(REFUSED);
    }
  });

  it.each<[string, (p: ScanParts, j: ScanJob) => [Partial<ScanParts>, Partial<ScanJob>]]>([
    ['parts of no rows', () => [{ rows: 0 }, {}]],
    ['parts of no queries', () => [{ queries: 0 }, {}]],
    ['no count of the parts that are done', () => [{ progress: new Uint32Array(1) }, {}]],
    ['a turn that is no number', () => [{ turn: '1' as unknown as number }, {}]],
    ['results of one range, where there are more', () => [{ rows: ROWS - 1 }, {}]],
    ['results of more ranges than there are', (_, j) => [{}, { rows: new Uint32Array(2 * j.rows.length) }]],
  ])('in parts: %s', async (_, change) => {
    const fits = job(MSE);
    const parts = partsOf(ROWS, QUERIES);
    await native.scanAsync(fits, parts);
    expect([...parts.progress]).toEqual([1, 1]);
    const [otherParts, otherJob] = change(parts, fits);
    const given = { ...fits, ...otherJob };
    await expect((async () => native.scanAsync(given, { ...parts, ...otherParts }))()).rejects.toThrow(REFUSED);
  });
});

describe.runIf(hasNative)('steps of a codec', () => {
  it('are those that a section has', () => {
    const codes = new Uint8Array(8);
    const v = new Float32Array(8);
    for (const c of [DITHERED, QUICFL, VQ]) {
      // thresholds that move, or none
      expect(() => native.bucketize(planOf(c), 0, v, codes)).toThrow(REFUSED);
    }
    expect(() => native.bucketize(planOf(PROD), 1, v, codes)).toThrow(REFUSED);
    expect(() => native.bucketize(planOf(PROD), 2, v, codes)).toThrow(REFUSED);
    expect(() => native.bucketize(planOf(MSE), 0, v, codes.subarray(1))).toThrow(REFUSED);
    expect(() => native.lookup(planOf(VQ), 0, codes, v)).toThrow(REFUSED);
    expect(() => native.lookup(planOf(MSE), 0, codes, v.subarray(1))).toThrow(REFUSED);
    for (const c of [MSE, DITHERED, QUICFL]) {
      expect(() => native.lookup(planOf(c), 0, codes.fill(7), v)).not.toThrow();
      expect(() => native.lookup(planOf(c), 0, codes.fill(8), v)).toThrow(REFUSED);
    }
  });
});
