// SPDX-License-Identifier: Apache-2.0
/** encodeAsync and decodeAsync: the bytes of the synchronous calls, progress, abort, and memory of their own. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, kernels, useBackend } from '../lib/backend.ts';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend, restoreBackend } from './backends.ts';
import { floats } from './golden/reference/inputs.mjs';
import { expectSameBits } from './same-bits.ts';

const dim = 256;
const rows = 3000; // three chunks of a native backend, 24 of another
const q = new Quantizer({ dim, bits: 4 });
const x: Float32Array = floats('plain', 1, rows, dim);
const expected = q.encode(x);
const decoded = q.decode(expected);

forEachBackend('asynchronous calls', () => {
  it.each([1, 2, 4, 64])('threads %i: the bytes of the synchronous calls', async (threads) => {
    const codes = await q.encodeAsync(x, { threads });
    expectSameBits(codes, expected);
    expectSameBits(await q.decodeAsync(codes, { threads }), decoded);
  });

  it('by default, with one row, with an odd number, and for wide rows', async () => {
    expectSameBits(await q.encodeAsync(x), expected);
    expectSameBits(await q.encodeAsync(x.subarray(0, dim)), expected.subarray(0, q.bytesPerVector));
    const some = x.subarray(dim, 1028 * dim);
    expectSameBits(await q.encodeAsync(some), q.encode(some));
    const wide = new Quantizer({ dim: 300_000, bits: 2 }); // more than a chunk each
    const vectors: Float32Array = floats('plain', 5, 2, 300_000);
    const codes = await wide.encodeAsync(vectors);
    expectSameBits(codes, wide.encode(vectors));
    expectSameBits(await wide.decodeAsync(codes), wide.decode(codes));
  });

  it('into out, from its start, and from shared memory', async () => {
    const out = new Uint8Array(expected.length + 3).fill(9);
    const got = await q.encodeAsync(x, { out });
    expect(got.buffer).toBe(out.buffer);
    expectSameBits(got, expected);
    expect([...out.subarray(expected.length)]).toEqual([9, 9, 9]);
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
    shared.set(x);
    expectSameBits(await q.encodeAsync(shared), expected);
    const floatsOut = new Float32Array(new SharedArrayBuffer(x.byteLength));
    expectSameBits(await q.decodeAsync(expected, { out: floatsOut }), decoded);
  });

  it.each([1, 2, 4])('threads %i: progress grows to all rows', async (threads) => {
    const run = async (start: (onProgress: (done: number, total: number) => void) => Promise<unknown>) => {
      const seen: number[] = [0];
      await start((done, total) => {
        expect(total).toBe(rows);
        expect(done).toBeGreaterThan(seen[seen.length - 1]);
        seen.push(done);
      });
      expect(seen[seen.length - 1]).toBe(rows);
      expect(seen.length).toBeGreaterThan(2); // in steps, not once at the end
    };
    await run((onProgress) => q.encodeAsync(x, { threads, onProgress }));
    await run((onProgress) => q.decodeAsync(expected, { threads, onProgress }));
  });

  it('an abort before the call, during it and at its end rejects with the reason and writes nothing', async () => {
    const reason = { any: 'value' };
    for (const threads of [1, 4]) {
      const outs = { codes: new Uint8Array(expected.length).fill(7), floats: new Float32Array(x.length).fill(7) };
      const starts = [
        (o: object) => q.encodeAsync(x, { threads, out: outs.codes, ...o }),
        (o: object) => q.decodeAsync(expected, { threads, out: outs.floats, ...o }),
      ];
      for (const start of starts) {
        await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        for (const last of [false, true]) {
          const controller = new AbortController();
          let calls = 0;
          const onProgress = (done: number, total: number) => {
            calls++;
            if (!last || done === total) controller.abort(reason);
          };
          await expect(start({ signal: controller.signal, onProgress })).rejects.toBe(reason);
          expect(calls).toBeGreaterThan(0);
        }
        const later = new AbortController();
        const promise = start({ signal: later.signal });
        later.abort(reason);
        await expect(promise).rejects.toBe(reason);
      }
      expect(outs.codes.every((v) => v === 7)).toBe(true);
      expect(outs.floats.every((v) => v === 7)).toBe(true);
    }
    const plain = new AbortController();
    plain.abort();
    await expect(q.encodeAsync(x, { signal: plain.signal })).rejects.toThrow(plain.signal.reason);
  });

  it('a failing onProgress rejects; a bad row or record is named by its place in the whole', async () => {
    const failure = new Error('from the caller');
    const onProgress = () => {
      throw failure;
    };
    await expect(q.encodeAsync(x, { onProgress })).rejects.toBe(failure);
    const bad = x.slice();
    bad[2500 * dim + 3] = Number.NaN;
    await expect(q.encodeAsync(bad)).rejects.toThrow('x must hold finite numbers, got NaN in row 2500 (column 3)');
    const codes = expected.slice();
    codes[2600 * q.bytesPerVector - 1] = 9;
    await expect(q.decodeAsync(codes)).rejects.toThrow('codes: record 2599 cannot be decoded');
  });

  it('the event loop turns while the work goes on', async () => {
    let turns = 0;
    let working = true;
    const count = () => {
      turns++;
      if (working) setImmediate(count);
    };
    setImmediate(count);
    await q.encodeAsync(x, { threads: 2 });
    working = false;
    expect(turns).toBeGreaterThan(1);
  });
});

describe('what asynchronous kernels work on', () => {
  afterEach(restoreBackend);

  /** Runs with a backend that reports the memory it is given. */
  function seenBy(): ArrayBufferLike[] {
    const seen: ArrayBufferLike[] = [];
    const inner = kernels();
    const spy: Backend = Object.create(inner, {
      encodeAsync: {
        value: (...args: Parameters<Backend['encodeAsync']>) => {
          seen.push(args[1].buffer, args[3].codes.buffer);
          return inner.encodeAsync(...args);
        },
      },
      decodeAsync: {
        value: (...args: Parameters<Backend['decodeAsync']>) => {
          seen.push(args[1].codes.buffer, args[2].buffer);
          return inner.decodeAsync(...args);
        },
      },
    });
    useBackend(spy);
    return seen;
  }

  // lib/async.ts: "a native thread must never work on memory that its owner can detach or resize meanwhile"
  it('is never the memory of a plain input or of out', async () => {
    const seen = seenBy();
    const out = new Uint8Array(expected.length);
    const floatsOut = new Float32Array(x.length);
    await q.encodeAsync(x, { out });
    await q.decodeAsync(expected, { out: floatsOut });
    expect(seen.length).toBeGreaterThan(0);
    for (const buffer of [x.buffer, out.buffer, expected.buffer, floatsOut.buffer]) expect(seen).not.toContain(buffer);
  });

  it('is never the memory of a Buffer, whose slice() is a view', async () => {
    const codes = Buffer.from(new Uint8Array(expected).buffer);
    const seen = seenBy();
    await q.decodeAsync(codes);
    expect(seen.includes(codes.buffer)).toBe(false);
  });

  it('is never memory that a subclass chose through its species', async () => {
    const chosen = new ArrayBuffer(x.byteLength);
    class Chooser extends Float32Array {
      static get [Symbol.species]() {
        return function choose(length: number) {
          return new Float32Array(chosen, 0, length);
        } as unknown as Float32ArrayConstructor;
      }
    }
    const given = new Chooser(x);
    const seen = seenBy();
    await q.encodeAsync(given).catch(() => undefined);
    expect(seen.includes(chosen)).toBe(false);
  });
});
