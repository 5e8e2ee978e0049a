// SPDX-License-Identifier: Apache-2.0
/** addAsync: the index of add, all at once or not at all, while searches go on. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, kernels, useBackend } from '../../lib/backend.ts';
import { chunkRows } from '../../lib/codec/quantizer.ts';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend, restoreBackend } from '../backends.ts';
import { type Any, addIdCases, asyncCases, rowCases, two } from './argument-cases.ts';
import { FEW_INDEX_CASES, indexOptions, titled } from './codec-indexes.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row } from './vectors.ts';

const DIM = 300;
const ROWS = 2 * Math.ceil(2 ** 18 / DIM); // three chunks of a native backend, more of another
const pathOf = temporaryFolder();

async function fileOf(index: FlatIndex): Promise<string> {
  await index.save(pathOf('index.hq'));
  return sha256(pathOf('index.hq'));
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

forEachBackend('addAsync', () => {
  const x = normals(301, ROWS, DIM, 1, 0.5);
  const few = normals(302, 40, DIM);
  const query = row(few, DIM, 3);

  /** Adds in three calls: counting on, with ids, counting on from these. */
  async function expectSameFile(options: FlatIndexOptions, big: Float32Array, threads: number): Promise<void> {
    const { dim } = options;
    const small = few.subarray(0, 10 * dim);
    const ids = Array.from({ length: 10 }, (_, i) => 2 ** 40 - 3 * i);
    const [sync, async] = [new FlatIndex(options), new FlatIndex(options)];
    sync.add(big);
    await async.addAsync(big, { threads });
    expect(await fileOf(async)).toBe(await fileOf(sync));
    sync.add(small, ids);
    await async.addAsync(small, { threads, ids });
    sync.add(small); // into room that is left
    await async.addAsync(small, { threads });
    expect(await fileOf(async)).toBe(await fileOf(sync));
    expect(async.center).toEqual(sync.center);
  }

  it.each(METRICS)('%s: saves the file of add, with or without a center', async (metric) => {
    for (const center of [undefined, 'mean', normals(303, 1, DIM)] as const) {
      await expectSameFile({ dim: DIM, bits: 2, metric, ...(center ? { center } : {}) }, x, 3);
    }
  });

  it.each(titled(FEW_INDEX_CASES))('%s: saves the file of add', async (_, c) => {
    const dim = 96;
    const rows = c.codec === 'turboquant-prod' ? 200 : chunkRows(dim) + 7;
    for (const threads of [1, 4]) await expectSameFile(indexOptions(c, dim), x.subarray(0, rows * dim), threads);
  });

  it('tells progress up to all rows, and lets the event loop turn', async () => {
    for (const center of [undefined, 'mean'] as const) {
      const index = new FlatIndex({ dim: DIM, bits: 4, ...(center ? { center } : {}) });
      let turns = 0;
      let working = true;
      const count = () => {
        turns++;
        if (working) setImmediate(count);
      };
      setImmediate(count);
      const told: number[] = [0];
      await index.addAsync(x, {
        onProgress: (done, total) => {
          expect([total, index.size]).toEqual([ROWS, 0]);
          expect(done).toBeGreaterThan(told[told.length - 1]);
          told.push(done);
        },
      });
      working = false;
      expect(told[told.length - 1]).toBe(ROWS);
      expect(told.length).toBeGreaterThan(3);
      expect([turns > 1, index.size]).toEqual([true, ROWS]);
    }
  });

  /** An index and one that stays as it is, for comparison. */
  function pair(center?: 'mean'): [FlatIndex, FlatIndex] {
    const make = () => {
      const index = new FlatIndex({ dim: DIM, bits: 4, metric: 'l2', ...(center ? { center } : {}) });
      if (center) return index;
      index.add(few);
      index.add(row(few, DIM, 0), [77]); // and room for more
      return index;
    };
    return [make(), make()];
  }

  async function expectSameFromHere(index: FlatIndex, plain: FlatIndex): Promise<void> {
    expect([index.size, index.bytes, index.center]).toEqual([plain.size, plain.bytes, plain.center]);
    expect(await fileOf(index)).toBe(await fileOf(plain));
    await index.addAsync(few);
    plain.add(few);
    expect(await fileOf(index)).toBe(await fileOf(plain));
  }

  it('an abort before, during and at the end rejects with the reason and adds nothing', async () => {
    const reason = { any: 'value' };
    for (const center of [undefined, 'mean'] as const) {
      const [index, plain] = pair(center);
      for (const threads of [1, 4]) {
        await expect(index.addAsync(x, { threads, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        for (const last of [false, true]) {
          const controller = new AbortController();
          const onProgress = (done: number, total: number) => {
            if (!last || done === total) controller.abort(reason);
          };
          const options = { threads, signal: controller.signal, onProgress };
          await expect(index.addAsync(x, options)).rejects.toBe(reason);
        }
        const later = new AbortController();
        const promise = index.addAsync(few, { threads, signal: later.signal });
        later.abort(reason);
        await expect(promise).rejects.toBe(reason);
      }
      await expectSameFromHere(index, plain);
    }
  });

  it('a bad row in any chunk, or a failing onProgress, rejects and adds nothing', async () => {
    const step = chunkRows(DIM);
    for (const center of [undefined, 'mean'] as const) {
      const [index, plain] = pair(center);
      for (const bad of [0, step - 1, step, ROWS - 1]) {
        const given = x.slice();
        for (const r of [bad, ROWS - 1]) given[r * DIM + 4] = Number.NaN;
        const error = new RangeError(`vectors must hold finite numbers, got NaN in row ${bad} (column 4)`);
        await expect(index.addAsync(given, { threads: 3 })).rejects.toThrow(error);
      }
      const failure = new Error('from the caller');
      const onProgress = () => {
        throw failure;
      };
      await expect(index.addAsync(x, { onProgress })).rejects.toBe(failure);
      await expectSameFromHere(index, plain);
    }
  });

  it('searches and saves meanwhile see the index as it was, also those that outlive it', async () => {
    const [index, plain] = pair();
    const expected = plain.search(query, { k: 50 });
    const before = await fileOf(plain);
    const outliving = [index.searchAsync(query, { k: 50 })];
    let settled = false;
    const adding = index.addAsync(x, { threads: 2 }).then(() => {
      settled = true;
    });
    let searches = 0;
    while (!settled) {
      expectSameResult(index.search(query, { k: 50 }), expected);
      outliving.push(index.searchAsync(query, { k: 50 }));
      if (searches++ === 0) expect(await fileOf(index)).toBe(before);
      else await turn();
      if (!settled) expect([index.size, index.has(78)]).toEqual([41, false]);
    }
    await adding;
    for (const promise of outliving) expectSameResult(await promise, expected);
    plain.add(x);
    expect([index.size, index.has(78)]).toEqual([41 + ROWS, true]);
    expectSameResult(index.search(query, { k: 50 }), plain.search(query, { k: 50 }));
  });

  it('other changes meanwhile are refused, and possible once it has settled', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
    const plain = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
    const adding = index.addAsync(x);
    const text = 'must wait until addAsync of this index has settled';
    for (let i = 0; i < 2; i++) {
      expect(() => index.add(few)).toThrow(new Error(`add ${text}`));
      expect(() => index.remove(0)).toThrow(new Error(`remove ${text}`));
      expect(() => index.fit(few)).toThrow(new Error(`fit ${text}`));
      await expect(index.addAsync(few)).rejects.toThrow(new Error(`addAsync ${text}`));
      await turn();
    }
    await adding;
    plain.add(x);
    await expect(index.addAsync(few, { signal: AbortSignal.abort() })).rejects.toThrow();
    for (const one of [index, plain]) {
      expect(one.remove(3)).toBe(1);
      one.add(few);
    }
    expect(await fileOf(index)).toBe(await fileOf(plain));
  });

  it('takes ids at the call, and vectors from shared memory', async () => {
    const [index, plain] = pair();
    const ids = Float64Array.from({ length: 40 }, (_, i) => 1000 - i);
    plain.add(few, ids);
    const shared = new Float32Array(new SharedArrayBuffer(few.byteLength));
    shared.set(few);
    const adding = index.addAsync(shared, { ids });
    ids.fill(5);
    await adding;
    expect(await fileOf(index)).toBe(await fileOf(plain));
  });

  it('vectors that are taken away meanwhile are an error, and nothing is added', async () => {
    for (const center of [undefined, 'mean'] as const) {
      const [index, plain] = pair(center);
      const given = x.slice();
      const adding = index.addAsync(given, { threads: 1 });
      structuredClone(given.buffer, { transfer: [given.buffer] });
      await expect(adding).rejects.toThrow(new TypeError('vectors was detached or resized while the call was running'));
      await expectSameFromHere(index, plain);
    }
  });

  it('rejects wrong arguments with the errors of add', async () => {
    const index: Any = new FlatIndex({ dim: 3, bits: 4, metric: 'ip' });
    index.add(normals(152, 3, 3));
    const before = await fileOf(index);
    const calls: [call: () => Promise<void>, error: Error][] = [
      ...rowCases('vectors').map(([value, error]): [() => Promise<void>, Error] => [
        () => index.addAsync(value),
        error,
      ]),
      ...addIdCases.map(([ids, error]): [() => Promise<void>, Error] => [() => index.addAsync(two, { ids }), error]),
      ...asyncCases.map(([o, error]): [() => Promise<void>, Error] => [() => index.addAsync(two, o), error]),
      [() => index.addAsync(two, [5, 6].values().next), new TypeError('options must be an object, got function')],
      [
        () => index.addAsync(two, Float64Array.of(5, 6)),
        new TypeError('options must be an object, got Float64Array(2)'),
      ],
    ];
    for (const [call, error] of calls) {
      const thrown: Any = await call().catch((reason: unknown) => reason);
      expect(`${thrown?.constructor?.name}: ${thrown?.message}`).toBe(`${error.constructor.name}: ${error.message}`);
    }
    expect(await fileOf(index)).toBe(before);
  });
});

describe('what addAsync hands to other threads', () => {
  afterEach(restoreBackend);

  // lib/async.ts: "a native thread must never work on memory that its owner can detach or resize meanwhile"
  it.each(METRICS)('%s: is never the memory of the caller', async (metric) => {
    const seen: ArrayBufferLike[] = [];
    const inner = kernels();
    const spy: Backend = Object.create(inner, {
      encodeAsync: {
        value: (...args: Parameters<Backend['encodeAsync']>) => {
          seen.push(args[1].buffer);
          return inner.encodeAsync(...args);
        },
      },
    });
    useBackend(spy);
    const vectors = normals(304, 20, DIM);
    await new FlatIndex({ dim: DIM, bits: 4, metric }).addAsync(vectors);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(vectors.buffer);
  });
});
