// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Filter } from '../../lib/search/filter.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameResult } from './same-result.ts';
import { normals, uniform } from './vectors.ts';

const DIM = 20;
const ROWS = 137; // not a whole number of bytes, more than one tile of rows
const K = 9;

/** Bit id & 7 of byte id >> 3; ids beyond `bytes` are left out. */
function bitmap(ids: readonly number[], bytes: number): Uint8Array {
  const map = new Uint8Array(bytes);
  for (const id of ids) if (id < 8 * bytes) map[id >> 3] |= 1 << (id & 7);
  return map;
}

/** The k best admitted of a full search, query by query. */
function filtered(index: FlatIndex, queries: Float32Array, admitted: ReadonlySet<number>) {
  const count = queries.length / DIM;
  const all = index.search(queries, { k: index.size });
  const ids = new Float64Array(count * K).fill(-1);
  const scores = new Float32Array(count * K).fill(Number.NaN);
  for (let q = 0; q < count; q++) {
    for (let i = q * index.size, found = 0; i < (q + 1) * index.size && found < K; i++) {
      if (!admitted.has(all.ids[i])) continue;
      ids[q * K + found] = all.ids[i];
      scores[q * K + found++] = all.scores[i];
    }
  }
  return { ids, scores };
}

forEachBackend('filter', () => {
  const x = normals(41, ROWS, DIM);
  const queries = normals(42, 5, DIM);
  const plain = new FlatIndex({ dim: DIM, bits: 4 });
  plain.add(x);
  const numbered = new FlatIndex({ dim: DIM, bits: 4 });
  // ids in no order, all below 300
  const own = Array.from({ length: ROWS }, (_, i) => (i * 89) % 300);
  numbered.add(x, own);

  it.each([
    ['identity', plain],
    ['explicit', numbered],
  ])('admits the same ids as a list, a Float64Array or a bitmap (%s ids)', (_name, index) => {
    const next = uniform(43);
    for (const share of [0, 0.02, 0.3, 0.9, 1]) {
      const chosen = Array.from({ length: 300 }, (_, id) => id).filter(() => next() < share);
      const expected = filtered(index, queries, new Set(chosen));
      const shuffled = chosen.map((id) => ({ id, at: next() })).sort((a, b) => a.at - b.at);
      const filters: Filter[] = [
        chosen,
        shuffled.map(({ id }) => id),
        [...chosen, ...chosen],
        Float64Array.from(chosen),
        Uint32Array.from(chosen),
        bitmap(chosen, 38),
        bitmap(chosen, 100),
      ];
      for (const filter of filters) expectSameResult(index.search(queries, { k: K, filter }), expected);
    }
  });

  it.each([
    ['identity', plain],
    ['explicit', numbered],
  ])('ends where a short bitmap ends (%s ids)', (_name, index) => {
    for (const bytes of [0, 1, 3, 17, 18]) {
      const full = new Uint8Array(bytes).fill(255);
      const admitted = new Set(Array.from({ length: 8 * bytes }, (_, id) => id));
      expectSameResult(index.search(queries, { k: K, filter: full }), filtered(index, queries, admitted));
    }
  });

  it('passes over ids that no vector has', () => {
    const strange = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 5000, 2 ** 32, 2 ** 32 + 5];
    for (const index of [plain, numbered]) {
      expect([...index.search(queries, { k: 1, filter: strange }).ids]).toEqual([-1, -1, -1, -1, -1]);
      const one = index.search(queries, { k: 2, filter: [...strange, 89] });
      expect([...one.ids]).toEqual([89, -1, 89, -1, 89, -1, 89, -1, 89, -1]);
    }
  });

  it('reads a bitmap over ids after removals, when slots and ids differ', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    index.add(x);
    index.remove([0, 5, 64]);
    const even = Array.from({ length: ROWS }, (_, id) => id).filter((id) => id % 2 === 0);
    const expected = filtered(index, queries, new Set(even));
    expectSameResult(index.search(queries, { k: K, filter: bitmap(even, 18) }), expected);
    expectSameResult(index.search(queries, { k: K, filter: even }), expected);
    expect(expected.ids).not.toContain(64);
  });

  it('takes a bitmap with ids beyond 2^31 in the index', () => {
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    // id & 7 and id >> 3 of these as 32-bit numbers would be those of small ids
    index.add(x.subarray(0, 4 * DIM), [2 ** 32 + 1, 2 ** 31 + 2, 3, 2 ** 40 + 3]);
    expect([...index.search(queries, { k: 2, filter: Uint8Array.of(255) }).ids.subarray(0, 2)]).toEqual([3, -1]);
  });
});
