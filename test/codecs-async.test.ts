// SPDX-License-Identifier: Apache-2.0
/** encodeAsync and decodeAsync of every codec, cut into chunks: the bytes of the synchronous calls, errors by their place. */
import { expect, it } from 'vitest';
import { chunkRows } from '../lib/codec/quantizer.ts';
import { type CodecName, HadaquantFormatError, type Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import {
  CODEC_CASES,
  type CodecCase,
  FEW_CASES,
  fieldsAt,
  fieldsOf,
  gaussians,
  quantizerOf,
  titled,
} from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

/** A dim of which a chunk holds few rows: long rows where that is cheap. */
const wideDim = ({ codec }: CodecCase) => (codec === 'turboquant-prod' ? 96 : 1500);

interface SetUp {
  dim: number;
  rows: number;
  x: Float32Array;
  q: Quantizer<CodecName>;
  codes: Uint8Array;
  decoded: Float32Array;
}
const setUps = new Map<string, SetUp>();

/** Rows for two chunks and a bit, as this backend cuts them, and their records (the same on all: codecs-values.test.ts). */
function setUp(c: CodecCase): SetUp {
  const dim = wideDim(c);
  const rows = 2 * chunkRows(dim) + 3;
  const made = setUps.get(`${c.codec} ${rows}`);
  if (made) return made;
  const part = gaussians(Math.min(rows, 50) * dim, 1);
  const x = Float32Array.from({ length: rows * dim }, (_, i) => part[i % part.length]);
  const q = quantizerOf(c, { dim });
  const codes = q.encode(x);
  const setUp = { dim, rows, x, q, codes, decoded: q.decode(codes) };
  setUps.set(`${c.codec} ${rows}`, setUp);
  return setUp;
}

forEachBackend('asynchronous calls of every codec', () => {
  it.each(titled(FEW_CASES))('%s: several chunks, threads, out, progress', async (_, c) => {
    const { rows, x, q, codes, decoded } = setUp(c);
    for (const threads of [1, 4]) {
      const told: number[] = [];
      const onProgress = (done: number, total: number) => told.push(done / total);
      const out = new Uint8Array(codes.length + 3).fill(9);
      const got = await q.encodeAsync(x, { threads, onProgress, out });
      expect([got.buffer === out.buffer, told.length, told[told.length - 1]]).toEqual([true, 3, 1]);
      expectSameBits(got, codes);
      expect([...out.subarray(codes.length)]).toEqual([9, 9, 9]);
      const floats = new Float32Array(new SharedArrayBuffer(x.byteLength));
      const vectors = await q.decodeAsync(got, { threads, onProgress, out: floats });
      expect([vectors.buffer === floats.buffer, told.length]).toEqual([true, 6]);
      expectSameBits(vectors, decoded);
    }
    expect(fieldsOf(c, wideDim(c), codes).length).toBe(rows);
  });

  it.each(titled(CODEC_CASES))('%s: one chunk, from a Buffer and from shared memory', async (_, c) => {
    const dim = 30;
    const q = quantizerOf(c, { dim });
    const x = gaussians(9 * dim, 2);
    const codes = q.encode(x);
    const decoded = q.decode(codes);
    expectSameBits(await q.encodeAsync(x), codes);
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
    shared.set(x);
    expectSameBits(await q.encodeAsync(shared), codes);
    expectSameBits(q.encode(shared), codes);
    const sharedCodes = new Uint8Array(new SharedArrayBuffer(codes.length));
    sharedCodes.set(codes);
    for (const bytes of [codes, Buffer.from(codes), sharedCodes]) {
      expectSameBits(await q.decodeAsync(bytes), decoded);
      expectSameBits(q.decode(bytes), decoded);
    }
    // views that begin at odd bytes
    const moved = new Uint8Array(codes.length + 3);
    moved.set(codes, 3);
    expectSameBits(await q.decodeAsync(moved.subarray(3)), decoded);
  });

  it.each(titled(FEW_CASES))('%s: an abort rejects with its reason and writes nothing', async (_, c) => {
    const { x, q, codes } = setUp(c);
    const outs = { codes: new Uint8Array(codes.length).fill(7), floats: new Float32Array(x.length).fill(7) };
    const reason = { any: 'value' };
    for (const start of [
      (o: object) => q.encodeAsync(x, { ...o, out: outs.codes }),
      (o: object) => q.decodeAsync(codes, { ...o, out: outs.floats }),
    ]) {
      await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const onProgress = () => controller.abort(reason);
      await expect(start({ threads: 1, signal: controller.signal, onProgress })).rejects.toBe(reason);
    }
    expect(outs.codes.every((v) => v === 7) && outs.floats.every((v) => v === 7)).toBe(true);
  });

  it.each(titled(FEW_CASES))('%s: a bad row or record is named by its place in the whole', async (_, c) => {
    const { dim, rows, x, q, codes } = setUp(c);
    const bad = x.slice();
    bad[(rows - 2) * dim + 1] = Number.NaN;
    const message = `x must hold finite numbers, got NaN in row ${rows - 2} (column 1)`;
    await expect(q.encodeAsync(bad)).rejects.toThrow(new RangeError(message));
    const damaged = codes.slice();
    const last = fieldsOf(c, dim, codes).at(-2)?.end as number;
    const view = new DataView(damaged.buffer, last + fieldsAt(c, dim, codes, last).codes.length);
    view.setFloat32(0, Number.NaN, true); // the scale of the last record
    const out = new Float32Array(x.length).fill(7);
    for (const threads of [1, 4]) {
      const promise = q.decodeAsync(damaged, { threads, out });
      await expect(promise).rejects.toThrow(HadaquantFormatError);
      await expect(promise).rejects.toThrow(`codes: record ${rows - 1} cannot be decoded`);
    }
    expect(out.every((v) => v === 7)).toBe(true);
  });

  it('quicfl: damage inside the outliers of a later chunk is named by its place, too', async () => {
    const c: CodecCase = { codec: 'quicfl', bits: 3 };
    const { dim, rows, q, x, codes } = setUp(c);
    let at = 0;
    const starts = fieldsOf(c, dim, codes).map(({ end }) => [at, (at = end)][0]);
    // the last record that has an outlier
    const r = starts.findLastIndex((start) => fieldsAt(c, dim, codes, start).outliers.length > 0);
    expect(r).toBeGreaterThan(rows / 2);
    const { outliers, end } = fieldsAt(c, dim, codes, starts[r]);
    const damaged = codes.slice();
    new DataView(damaged.buffer).setUint32(end - 8 * outliers.length, dim, true);
    const out = new Float32Array(x.length).fill(7);
    await expect(q.decodeAsync(damaged, { out })).rejects.toThrow(`codes: record ${r} cannot be decoded`);
    expect(out.every((v) => v === 7)).toBe(true);
  });

  it('quicfl: records that are taken away or overwritten meanwhile end in an error or an answer', async () => {
    const c: CodecCase = { codec: 'quicfl', bits: 3 };
    const { q, x, codes } = setUp(c);
    const taken = codes.slice();
    const one = q.decodeAsync(taken, { threads: 1 });
    structuredClone(taken.buffer, { transfer: [taken.buffer] });
    await expect(one).rejects.toThrow(new TypeError('codes was detached or resized while the call was running'));
    // counts that grow after the records were located must not be followed
    const shared = new Uint8Array(new SharedArrayBuffer(codes.length));
    shared.set(codes);
    const two = q.decodeAsync(shared, { threads: 1, onProgress: () => shared.fill(0xff) });
    await expect(two).rejects.toThrow(HadaquantFormatError);
    const given = x.slice();
    const three = q.encodeAsync(given, { threads: 1 });
    structuredClone(given.buffer, { transfer: [given.buffer] });
    await expect(three).rejects.toThrow(new TypeError('x was detached or resized while the call was running'));
  });

  it('quicfl: an out too short for its outliers is refused, and stays as it was', async () => {
    const c: CodecCase = { codec: 'quicfl', bits: 3 };
    const { q, x, codes } = setUp(c);
    const out = new Uint8Array(codes.length - 1).fill(7);
    const message = `out must have at least ${codes.length} elements, got ${codes.length - 1}`;
    expect(() => q.encode(x, { out })).toThrow(new RangeError(message));
    await expect(q.encodeAsync(x, { out })).rejects.toThrow(new RangeError(message));
    expect(out.every((v) => v === 7)).toBe(true);
  });
});
