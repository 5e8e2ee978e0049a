// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import type { Metric } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row, rowsOf } from './vectors.ts';

const DIM = 8;
const pathOf = temporaryFolder();

/** The id that a vector finds as its own: 8-bit codes of well separated vectors. */
function idOf(index: FlatIndex, vector: Float32Array): number {
  return index.search(vector, { k: 1 }).ids[0];
}

forEachBackend('FlatIndex', () => {
  const x = normals(31, 12, DIM);

  it('numbers vectors from 0 and goes on after given ids', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(row(x, DIM, 0));
    index.add(rowsOf(x, DIM, [1, 2]), [70, 30]);
    index.add(rowsOf(x, DIM, [3, 4]));
    index.add(row(x, DIM, 5), [5]);
    index.add(row(x, DIM, 6));
    expect(index.size).toBe(7);
    expect([0, 1, 2, 3, 4, 5, 6].map((i) => idOf(index, row(x, DIM, i)))).toEqual([0, 70, 30, 71, 72, 5, 73]);
    for (const id of [0, 70, 30, 71, 72, 5, 73]) expect(index.has(id)).toBe(true);
    for (const id of [1, 29, 74, -1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(index.has(id)).toBe(false);
    }
  });

  it.each([
    ['array', [9, 4]],
    ['Float64Array', Float64Array.of(9, 4)],
    ['Float32Array', Float32Array.of(9, 4)],
    ['Uint32Array', Uint32Array.of(9, 4)],
    ['Int32Array', Int32Array.of(9, 4)],
    ['Uint16Array', Uint16Array.of(9, 4)],
  ])('takes ids as %s', (_name, ids) => {
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(rowsOf(x, DIM, [0, 1]), ids);
    expect([idOf(index, row(x, DIM, 0)), idOf(index, row(x, DIM, 1))]).toEqual([9, 4]);
    expect(index.remove(ids)).toBe(2);
  });

  it('keeps ids up to 2^53 - 1 apart', () => {
    const huge = [Number.MAX_SAFE_INTEGER - 1, 2 ** 32, 2 ** 32 + 2 ** 20, 0];
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(rowsOf(x, DIM, [0, 1, 2, 3]), huge);
    expect([0, 1, 2, 3].map((i) => idOf(index, row(x, DIM, i)))).toEqual(huge);
    index.add(row(x, DIM, 4));
    expect(idOf(index, row(x, DIM, 4))).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('has no automatic id after 2^53 - 1', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(row(x, DIM, 0), [Number.MAX_SAFE_INTEGER]);
    // one id more would not be a safe integer, two more would be the same number
    expect(() => index.add(row(x, DIM, 1))).toThrow(RangeError);
    expect(index.size).toBe(1);
    index.add(row(x, DIM, 1), [3]);
    expect(idOf(index, row(x, DIM, 1))).toBe(3);
  });

  it('gives back an id of -0 as 0', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(row(x, DIM, 0), [-0]);
    expect(Object.is(idOf(index, row(x, DIM, 0)), 0)).toBe(true);
  });

  it('gives -1 and NaN where fewer vectors are admitted than k', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    index.add(rowsOf(x, DIM, [0, 1, 2]));
    const { ids, scores } = index.search(rowsOf(x, DIM, [0, 1]), { k: 5, filter: [2, 0] });
    expect([ids.length, scores.length]).toEqual([10, 10]);
    expect([...ids.subarray(0, 2)].sort()).toEqual([0, 2]);
    expect([...ids.subarray(2, 5)]).toEqual([-1, -1, -1]);
    expect([...scores.subarray(2, 5)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(scores.subarray(0, 2).every(Number.isFinite)).toBe(true);
    expect([...ids.subarray(7)]).toEqual([-1, -1, -1]);
  });

  it('finds nothing when it is empty', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
    expect([index.size, index.has(0), index.remove(0), index.remove([1, 2])]).toEqual([0, false, 0, 0]);
    const { ids, scores } = index.search(rowsOf(x, DIM, [0, 1]), { k: 2, filter: [0] });
    expect([...ids]).toEqual([-1, -1, -1, -1]);
    expect([...scores]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('adds nothing when a row cannot be used or an id is not new', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const index = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
      const rows = x.slice();
      rows[rows.length - 1] = bad;
      expect(() => index.add(rows)).toThrow(RangeError);
      expect([index.size, index.center]).toEqual([0, null]);
    }
    const mean = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
    expect(() => mean.add(rowsOf(x, DIM, [0, 1]), [3, 3])).toThrow(RangeError);
    expect([mean.size, mean.center]).toEqual([0, null]);
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    index.add(rowsOf(x, DIM, [0, 1]), [4, 9]);
    const before = [index.size, index.bytes];
    for (const ids of [
      [1, 1],
      [5, 9],
      [1, 2 ** 53],
      [1, -1],
      [1, 1.5],
      [1, Number.NaN],
    ]) {
      expect(() => index.add(rowsOf(x, DIM, [2, 3]), ids), String(ids)).toThrow(RangeError);
      expect([index.size, index.bytes, index.has(1), index.has(5)]).toEqual([...before, false, false]);
    }
    index.add(row(x, DIM, 2));
    expect(idOf(index, row(x, DIM, 2))).toBe(10);
  });

  it('removes nothing when one of the ids is no number', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    index.add(x);
    expect(() => index.remove([0, 'x'] as unknown as number[])).toThrow(TypeError);
    expect([index.size, index.has(0)]).toEqual([12, true]);
  });

  it('never gives a removed id again, unless it is added again', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8, metric: 'l2' });
    index.add(x);
    expect(index.remove([3, 3, 11, 99, -1, 0.5])).toBe(2);
    expect(index.remove(0)).toBe(1);
    expect(index.size).toBe(9);
    const { ids } = index.search(x, { k: 12 });
    for (const id of [0, 3, 11]) expect([index.has(id), ids.includes(id)]).toEqual([false, false]);
    // those that moved into a gap are still themselves
    for (const i of [1, 2, 4, 5, 6, 7, 8, 9, 10]) expect(idOf(index, row(x, DIM, i))).toBe(i);
    index.add(row(x, DIM, 3), [3]);
    index.add(row(x, DIM, 0));
    expect([idOf(index, row(x, DIM, 3)), idOf(index, row(x, DIM, 0))]).toEqual([3, 12]);
  });

  it('goes on counting after all vectors are removed', () => {
    const index = new FlatIndex({ dim: DIM, bits: 8 });
    index.add(x);
    expect(index.remove(Array.from({ length: 12 }, (_, i) => i))).toBe(12);
    expect(index.size).toBe(0);
    expect([...index.search(row(x, DIM, 0), { k: 1 }).ids]).toEqual([-1]);
    index.add(row(x, DIM, 0));
    expect([idOf(index, row(x, DIM, 0)), index.has(0)]).toEqual([12, false]);
  });

  it('is the same index however its vectors came: in one call, one by one, or with detours', () => {
    const search = (index: FlatIndex) => index.search(x, { k: 12 });
    const at = (metric: Metric) => new FlatIndex({ dim: DIM, bits: 3, metric });
    for (const metric of ['cosine', 'ip', 'l2'] as const) {
      const [whole, single, detour] = [at(metric), at(metric), at(metric)];
      whole.add(x);
      for (let i = 0; i < 12; i++) single.add(row(x, DIM, i));
      detour.add(rowsOf(x, DIM, [0, 1, 5, 3]));
      detour.remove(2);
      detour.add(rowsOf(x, DIM, [2, 4, 5, 6, 7, 8, 9, 10, 11]), [2, 4, 5, 6, 7, 8, 9, 10, 11]);
      expectSameResult(search(single), search(whole));
      expectSameResult(search(detour), search(whole));
    }
  });

  it('says exactly how many bytes it saves', async () => {
    for (const metric of ['cosine', 'l2'] as const) {
      for (const center of [undefined, 'mean'] as const) {
        const index = new FlatIndex({ dim: 7, bits: 2.5, metric, ...(center ? { center } : {}) });
        const steps = [
          () => undefined,
          () => index.add(normals(32, 5, 7)),
          () => index.add(normals(33, 2, 7), [100, 50]),
          () => index.remove([0, 50]),
          () => index.remove([1, 2, 3, 4, 100]),
        ];
        for (const step of steps) {
          step();
          const path = pathOf('bytes.hq');
          await index.save(path);
          expect(statSync(path).size).toBe(index.bytes);
        }
      }
    }
  });
});

it('agrees with a map of id to vector over any adds and removals', () => {
  const pool = normals(34, 60, 16);
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ add: fc.array(fc.nat(59), { minLength: 1, maxLength: 6 }) }) },
    { weight: 1, arbitrary: fc.record({ addAs: fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.array(fc.nat(40), { maxLength: 6 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const index = new FlatIndex({ dim: 16, bits: 4, metric: 'l2' });
      const model = new Map<number, number>();
      let next = 0;
      for (const s of steps) {
        if ('add' in s) {
          index.add(rowsOf(pool, 16, s.add));
          for (const which of s.add) model.set(next++, which);
        } else if ('addAs' in s) {
          const fresh = s.addAs.filter((id) => !model.has(id));
          if (fresh.length === 0) continue;
          index.add(rowsOf(pool, 16, fresh), fresh);
          for (const id of fresh) model.set(id, id);
          next = Math.max(next, ...fresh.map((id) => id + 1));
        } else {
          const there = new Set(s.remove.filter((id) => model.delete(id)));
          expect(index.remove(s.remove)).toBe(there.size);
        }
        expect(index.size).toBe(model.size);
      }
      for (let id = 0; id < 100; id++) expect(index.has(id)).toBe(model.has(id));
      for (const [id, which] of model) {
        const { ids } = index.search(row(pool, 16, which), { k: 60 });
        // copies of one vector tie: the id must be among those that stand for it
        const same = [...model].filter(([, w]) => w === which).length;
        expect(ids.subarray(0, same)).toContain(id);
      }
    }),
    { seed: 35, numRuns: 100 },
  );
});
