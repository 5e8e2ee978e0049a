// SPDX-License-Identifier: Apache-2.0
/** An index under any sequence of calls, compared with a plain list of vectors and with what its rows decode to. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FixedSizeCodecName } from '../../lib/codec/codec.ts';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { dot, norm } from './exact.ts';
import { temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row, rowsOf } from './vectors.ts';

const pathOf = temporaryFolder();
const DIM = 20;
const POOL = 40;
const pool = normals(77, POOL, DIM, 2, 0.5);
const queries = normals(78, 3, DIM);

const which = fc.array(fc.nat(POOL - 1), { minLength: 1, maxLength: 8 });
interface Step {
  readonly call: 'add' | 'addAsync' | 'addAs' | 'remove' | 'reopen';
  readonly which: number[];
}
const step = fc.oneof(
  fc.record<Step>({ call: fc.constantFrom('add', 'addAsync'), which }),
  fc.record<Step>({ call: fc.constantFrom('addAs', 'remove'), which: fc.uniqueArray(fc.nat(60), { maxLength: 8 }) }),
  fc.record<Step>({ call: fc.constant('reopen'), which: fc.constant<number[]>([]) }),
);
const options = fc.record({
  dim: fc.constant(DIM),
  bits: fc.constantFrom(2, 4),
  codec: fc.constantFrom<FixedSizeCodecName>('eden', 'dithered', 'turboquant-prod', 'vq'),
  metric: fc.constantFrom(...METRICS),
  seed: fc.nat(),
});
const center = fc.constantFrom<Pick<FlatIndexOptions, 'center'>>(
  {},
  { center: 'mean' },
  { center: normals(79, 1, DIM) },
);

/** The index and what it should hold: the number in the pool of each id. */
class Pair {
  index: FlatIndex;
  readonly model = new Map<number, number>();
  #next = 0;

  constructor(given: FlatIndexOptions) {
    this.index = new FlatIndex(given);
  }

  async apply({ call, which: numbers }: Step): Promise<void> {
    const fresh = numbers.filter((id) => !this.model.has(id));
    switch (call) {
      case 'add':
      case 'addAsync':
        await this.index[call as 'add'](rowsOf(pool, DIM, numbers));
        for (const i of numbers) this.model.set(this.#next++, i);
        break;
      case 'addAs':
        if (fresh.length === 0) break;
        this.index.add(
          rowsOf(
            pool,
            DIM,
            fresh.map((id) => id % POOL),
          ),
          fresh,
        );
        for (const id of fresh) this.model.set(id, id % POOL);
        this.#next = Math.max(this.#next, ...fresh.map((id) => id + 1));
        break;
      case 'remove':
        expect(this.index.remove(numbers)).toBe(numbers.length - fresh.length);
        for (const id of numbers) this.model.delete(id);
        break;
      default:
        await this.index.save(pathOf('reopened.hq'));
        this.index = await FlatIndex.open(pathOf('reopened.hq'));
    }
    expect(this.index.size).toBe(this.model.size);
  }
}

/** All rows of an index as it decodes them, by id. */
async function decodedRows(index: FlatIndex): Promise<Map<number, Float32Array>> {
  await index.save(pathOf('decoded.hq'));
  const reader = await IndexReader.open(pathOf('decoded.hq'));
  try {
    const rows = await reader.read(0, reader.rows);
    const ids = (await reader.ids()) ?? Float64Array.from({ length: reader.rows }, (_, i) => i);
    return new Map(Array.from(ids, (id, i) => [id, row(rows, DIM, i)]));
  } finally {
    await reader.close();
  }
}

/**
 * What the score of `x`, decoded to `y`, is by its definition, and how far rounding the query to int8 may take it: each of
 * dim rotated coordinates by half a step, the largest coordinate being 127 steps and at most the query's norm.
 */
function scoreOf(index: FlatIndex, x: Float32Array, y: Float32Array, query: Float32Array) {
  const reach = Math.sqrt(DIM) / 254;
  const center = index.center ?? new Float32Array(DIM);
  const offset = y.map((v, i) => v - center[i]);
  switch (index.metric) {
    case 'cosine': {
      const score = dot(query, y) / norm(query);
      return { score: Math.max(-1, Math.min(1, score)), tolerance: reach * norm(offset) + 1e-5 };
    }
    case 'ip':
      return { score: dot(query, y), tolerance: norm(query) * (reach * norm(offset) + 1e-5) };
    case 'l2': {
      const q = query.map((v, i) => v - center[i]);
      const far = x.map((v, i) => v - center[i]);
      const square = Math.max(0, dot(q, q) + dot(far, far) - 2 * dot(q, offset));
      const slack = 2 * norm(q) * reach * norm(offset) + 1e-5 * (dot(q, q) + dot(far, far));
      // sqrt is steep near zero
      return {
        score: Math.sqrt(square),
        tolerance: Math.sqrt(square + slack) - Math.sqrt(Math.max(0, square - slack)),
      };
    }
  }
}

forEachBackend('an index', () => {
  it('is its vectors, through any adds, removals and files', async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        center,
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (o, c, steps, k) => {
          const pair = new Pair({ ...o, ...c });
          for (const s of steps) await pair.apply(s);
          const { index, model } = pair;
          for (let id = 0; id < 150; id++) expect(index.has(id)).toBe(model.has(id));
          if (model.size === 0) return;

          // every row once, with the score of what it decodes to, the best first
          const all = index.search(queries, { k: model.size });
          const decoded = await decodedRows(index);
          for (let q = 0; q < 3; q++) {
            const ids = all.ids.subarray(q * model.size, (q + 1) * model.size);
            const scores = all.scores.subarray(q * model.size, (q + 1) * model.size);
            expect(new Set(ids)).toEqual(new Set(model.keys()));
            scores.forEach((score, i) => {
              if (i > 0) expect(index.metric === 'l2' ? scores[i - 1] <= score : scores[i - 1] >= score).toBe(true);
              const x = row(pool, DIM, model.get(ids[i]) as number);
              const expected = scoreOf(index, x, decoded.get(ids[i]) as Float32Array, row(queries, DIM, q));
              expect(Math.abs(score - expected.score)).toBeLessThanOrEqual(expected.tolerance);
            });
          }

          // fewer results and filters leave of that what they should, on threads and from a file too
          const some = [...model.keys()].filter((id) => id % 3 !== 0);
          const found = index.search(queries, { k, filter: some });
          for (let q = 0; q < 3; q++) {
            const ids = [...all.ids.subarray(q * model.size, (q + 1) * model.size)].filter((id) => id % 3 !== 0);
            const wanted = Array.from({ length: k }, (_, i) => ids[i] ?? -1);
            expect([...found.ids.subarray(q * k, (q + 1) * k)]).toEqual(wanted);
          }
          expectSameResult(await index.searchAsync(queries, { k, filter: some }), found, 'searchAsync');
          const opened = await FlatIndex.open(pathOf('decoded.hq'));
          expectSameResult(opened.search(queries, { k, filter: some }), found, 'from a file');
        },
      ),
      { seed: 20261122, numRuns: 25 },
    );
  });
});
