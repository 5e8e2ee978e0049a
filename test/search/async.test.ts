// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { kernels, type ScanJob, type ScanParts, useBackend } from '../../lib/backend.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import type { SearchOptions } from '../../lib/search/request.ts';
import { forEachBackend } from '../backends.ts';
import { onePartACall } from './one-part.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row } from './vectors.ts';

const DIM = 16;
const ROWS = 5000; // three ranges of rows
const QUERIES = 130; // three blocks of queries

forEachBackend('searchAsync', () => {
  const x = normals(61, ROWS, DIM);
  const queries = normals(62, QUERIES, DIM);
  const makeIndex = () => {
    const index = new FlatIndex({ dim: DIM, bits: 3, metric: 'l2' });
    index.add(x);
    return index;
  };

  it.each([undefined, 1, 2, 3, 7, 64])('gives what search gives with %s threads', async (threads) => {
    const index = makeIndex();
    const removed = makeIndex();
    removed.remove([0, 17, 4999]);
    const calls: SearchOptions[] = [{ k: 10 }, { k: 1 }, { k: 300, filter: new Uint8Array(625).fill(0xa5) }];
    for (const options of calls) {
      const schedule = threads === undefined ? {} : { threads };
      expectSameResult(await index.searchAsync(queries, { ...options, ...schedule }), index.search(queries, options));
      const query = row(queries, DIM, 3);
      expectSameResult(await removed.searchAsync(query, { ...options, ...schedule }), removed.search(query, options));
    }
  });

  it('puts equal scores in the order of the rows, across parts too', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 1 });
    const same = new Float32Array(ROWS * DIM);
    for (let i = 0; i < ROWS; i++) same.set(row(x, DIM, i % 3), i * DIM);
    index.add(same);
    const found = await index.searchAsync(row(x, DIM, 1), { k: 1700, threads: 4 });
    expectSameResult(found, index.search(row(x, DIM, 1), { k: 1700 }));
    expect([...found.ids.subarray(0, 1667)]).toEqual(Array.from({ length: 1667 }, (_, i) => 3 * i + 1));
  });

  it('merges parts that end in another order than they began', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 1 });
    for (let i = 0; i < ROWS; i += 1000) index.add(x.subarray(0, 1000 * DIM)); // every row five times
    const ended: number[] = [];
    let calls = 0;
    /** No other call is under way, nor comes for a while. */
    const othersEnded = async () => {
      for (let quiet = 0; quiet < 10; ) {
        const before = calls;
        await new Promise((resolve) => setImmediate(resolve));
        quiet = calls === before && calls - ended.length === 1 ? quiet + 1 : 0;
      }
    };
    const found = await onePartACall(
      () => index.searchAsync(queries, { k: 50, threads: 3 }),
      async (done) => {
        const call = calls++;
        await done;
        if (call === 0) await othersEnded();
        ended.push(call);
      },
    );
    expectSameResult(found, index.search(queries, { k: 50 }));
    expect(ended[ended.length - 1]).toBe(0);
    expect(ended.length).toBeGreaterThan(3);
  });

  it('of an empty index finds nothing', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 4, center: 'mean' });
    const { ids, scores } = await index.searchAsync(queries.subarray(0, 2 * DIM), { k: 2 });
    expect([...ids]).toEqual([-1, -1, -1, -1]);
    expect(scores.every(Number.isNaN)).toBe(true);
    index.add(x);
    expect(index.center).not.toBeNull();
  });

  it.each([1, 3])('tells progress, the last of all: %s threads', async (threads) => {
    const told: [number, number][] = [];
    const onProgress = (done: number, total: number) => told.push([done, total]);
    await onePartACall(() => makeIndex().searchAsync(queries, { k: 1, threads, onProgress }));
    const total = told[0][1];
    expect(total).toBeGreaterThanOrEqual(3);
    told.forEach(([done, of], i) => {
      expect(of).toBe(total);
      expect(done).toBeGreaterThan(i ? told[i - 1][0] : 0);
    });
    expect(told[told.length - 1][0]).toBe(total);
    if (threads === 1) expect(told.length).toBe(total);
  });

  it('fails with what onProgress throws', async () => {
    const fault = new Error('enough');
    const onProgress = () => {
      throw fault;
    };
    await expect(makeIndex().searchAsync(queries, { k: 1, onProgress })).rejects.toBe(fault);
  });

  it('rejects with the reason of a signal that is aborted before', async () => {
    const reason = new Error('no longer wanted');
    for (const index of [makeIndex(), new FlatIndex({ dim: DIM, bits: 2 })]) {
      await expect(index.searchAsync(queries, { k: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    }
    await expect(makeIndex().searchAsync(queries, { k: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('rejects with the reason of a signal that is aborted meanwhile, and does no further part', async () => {
    const index = makeIndex();
    const controller = new AbortController();
    let parts = 0;
    let total = 0;
    const promise = onePartACall(() =>
      index.searchAsync(queries, {
        k: 1,
        threads: 1,
        signal: controller.signal,
        onProgress: (done, of) => {
          parts = done;
          total = of;
          controller.abort('stop');
        },
      }),
    );
    await expect(promise).rejects.toBe('stop');
    expect([parts, total > 1]).toEqual([1, true]);
    // the index is as it was
    expectSameResult(await index.searchAsync(queries, { k: 3 }), makeIndex().search(queries, { k: 3 }));
  });

  it('takes no further part in a turn that is under way when the signal is aborted', async () => {
    const real = kernels();
    const controller = new AbortController();
    const taken: number[] = [];
    const scanAsync = async (job: ScanJob, parts: ScanParts) => {
      controller.abort('stop');
      await real.scanAsync(job, parts);
      taken.push(parts.progress[1]);
    };
    useBackend({ ...real, scanAsync });
    const promise = makeIndex().searchAsync(queries, { k: 1, threads: 1, signal: controller.signal });
    await expect(promise).rejects.toBe('stop');
    useBackend(real);
    expect(taken).toEqual([0]);
  });

  it('counts an abort just after the call, even if there is one part only', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 2 });
    index.add(row(x, DIM, 0));
    const controller = new AbortController();
    const promise = index.searchAsync(row(x, DIM, 0), { k: 1, signal: controller.signal });
    controller.abort('late');
    await expect(promise).rejects.toBe('late');
  });

  it('works on the queries of the moment of the call', async () => {
    const index = makeIndex();
    const expected = index.search(queries, { k: 4 });
    const overwritten = queries.slice();
    const afterwards = index.searchAsync(overwritten, { k: 4 });
    overwritten.fill(Number.NaN);
    expectSameResult(await afterwards, expected);
  });

  it('works on queries whose buffer is detached after the call', async () => {
    const index = makeIndex();
    const detached = queries.slice();
    const promise = index.searchAsync(detached, { k: 4 });
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expectSameResult(await promise, index.search(queries, { k: 4 }));
  });

  it('refuses queries whose buffer was detached before', async () => {
    const index = makeIndex();
    const detached = queries.slice();
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    const message =
      'queries must hold one or more rows of 16 elements, got 0 elements (empty, or its buffer was detached)';
    await expect(index.searchAsync(detached, { k: 4 })).rejects.toThrow(new RangeError(message));
    expect(() => index.search(detached, { k: 4 })).toThrow(new RangeError(message));
    expect(() => index.add(detached)).toThrow(RangeError);
  });

  it('takes shared memory, and a view that is not aligned to a row', async () => {
    const index = makeIndex();
    const expected = index.search(queries, { k: 4 });
    const shared = new Float32Array(new SharedArrayBuffer(4 * queries.length + 4), 4);
    shared.set(queries);
    expectSameResult(index.search(shared, { k: 4 }), expected);
    expectSameResult(await index.searchAsync(shared, { k: 4 }), expected);
    const added = new FlatIndex({ dim: DIM, bits: 3, metric: 'l2' });
    const rows = new Float32Array(new SharedArrayBuffer(4 * x.length));
    rows.set(x);
    added.add(rows);
    expectSameResult(added.search(queries, { k: 4 }), expected);
  });
});
