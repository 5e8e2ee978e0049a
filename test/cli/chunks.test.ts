// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { eachChunk, type RowReader } from '../../lib/cli/chunks.ts';

/** Row r is (r, r, ...); `log` gets the rows asked for. */
function counting(rows: number, dim: number, log: number[][] = []): RowReader {
  return {
    rows,
    dim,
    read: async (start, count, out = new Float32Array(count * dim)) => {
      log.push([start, count]);
      await new Promise((resolve) => setImmediate(resolve));
      return out.map((_, i) => start + Math.floor(i / dim));
    },
  };
}

/** Fills `out` late, as a disk does: what was visited must not change under the visitor. */
function slow(rows: number): RowReader {
  return {
    rows,
    dim: 1,
    read: async (start, count, out = new Float32Array(count)) => {
      for (let i = 0; i < count; i++) {
        out[i] = start + i;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return out;
    },
  };
}

describe('eachChunk', () => {
  it.each([
    [10, 3],
    [9, 3],
    [1, 5],
    [4, 1],
    [0, 3],
  ])('%i rows, %i at a time', async (rows, rowsAtOnce) => {
    const log: number[][] = [];
    const seen: number[] = [];
    const progress: number[] = [];
    await eachChunk(
      counting(rows, 2, log),
      (x, start) => {
        expect(x[0]).toBe(start);
        for (let i = 0; i < x.length; i += 2) seen.push(x[i]);
      },
      { rowsAtOnce, onProgress: (done) => progress.push(done) },
    );
    expect(seen).toEqual(Array.from({ length: rows }, (_, i) => i));
    expect(log.every(([, count]) => count <= rowsAtOnce)).toBe(true);
    if (rows) expect(progress[progress.length - 1]).toBe(rows);
  });

  it('takes a few MB at a time, and at least a row', async () => {
    const log: number[][] = [];
    await eachChunk(counting(5000, 1000, log), () => undefined);
    expect(log).toEqual([
      [0, 2097],
      [2097, 2097],
      [4194, 806],
    ]);
    const wide: number[][] = [];
    await eachChunk(counting(2, 3_000_000, wide), () => undefined);
    expect(wide).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('reads ahead, but not into what is being visited', async () => {
    const seen: number[] = [];
    await eachChunk(
      slow(20),
      async (x) => {
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        seen.push(...x);
      },
      { rowsAtOnce: 4 },
    );
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('fails with the failure of a visit once no read is under way', async () => {
    let reading = 0;
    const inner = counting(100, 1);
    const reader: RowReader = {
      ...inner,
      read: async (...args) => {
        reading++;
        const x = await inner.read(...args);
        reading--;
        return x;
      },
    };
    const failing = eachChunk(reader, () => Promise.reject(new Error('full')), { rowsAtOnce: 10 });
    await expect(failing).rejects.toThrow('full');
    expect(reading).toBe(0);
  });

  it('fails with the failure of a read', async () => {
    const inner = counting(100, 1);
    const reader: RowReader = {
      ...inner,
      read: (start, ...rest) => (start === 30 ? Promise.reject(new Error('bad disk')) : inner.read(start, ...rest)),
    };
    const seen: number[] = [];
    await expect(eachChunk(reader, (_, start) => void seen.push(start), { rowsAtOnce: 10 })).rejects.toThrow(
      'bad disk',
    );
    expect(seen).toEqual([0, 10, 20]);
  });

  it('stops by a signal', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const visit = (_: Float32Array, start: number) => {
      seen.push(start);
      if (start === 20) stop.abort(new Error('enough'));
    };
    const walk = eachChunk(counting(100, 1), visit, { rowsAtOnce: 10, signal: stop.signal });
    await expect(walk).rejects.toThrow('enough');
    expect(seen).toEqual([0, 10, 20]);
  });
});
