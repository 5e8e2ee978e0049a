// SPDX-License-Identifier: Apache-2.0
/** What the addon checks again (binding/functions.cpp): columns that do not fit make a call throw, and no byte is touched. */
import { describe, expect, it } from 'vitest';
import { type Columns, kernels } from '../lib/backend.ts';
import { codecImage } from '../lib/codec/image.ts';
import { Rotation } from '../lib/index.ts';
import { loadNative, type NativeBackend } from '../lib/native.ts';
import { hasNative, onEveryBackend } from './backends.ts';
import { CODEC_CASES, type CodecCase, gaussians, normalised, titled } from './codec-cases.ts';
import {
  Arena,
  columnSizes,
  columnsFor,
  DITHERED,
  dim,
  MSE,
  PROD,
  planOf,
  QUICFL,
  ROWS,
  type Sizes,
  VQ,
} from './raw-columns.ts';
import { expectSameBits } from './same-bits.ts';

const native = loadNative().backend as NativeBackend;
const REFUSED = /inconsistent arguments/;
const x = gaussians(ROWS * dim, 1);
const withoutLast = (c: CodecCase, name: keyof Sizes): Sizes => ({ [name]: columnSizes(planOf(c))[name] - 1 });

/** Columns that do not fit. */
const MISFITS: [string, CodecCase, Sizes][] = [
  ...[MSE, DITHERED, VQ, PROD, QUICFL].flatMap((c) =>
    (['codes', 'scales', 'norms', 'tags'] as const).map((name): [string, CodecCase, Sizes] => [
      `${c.codec}: ${name} too short`,
      c,
      withoutLast(c, name),
    ]),
  ),
  ['turboquant-prod: no residuals', PROD, { residuals: -1 }],
  ['turboquant-prod: residuals too short', PROD, withoutLast(PROD, 'residuals')],
  ['quicfl: no nonces', QUICFL, { nonces: -1 }],
  ['quicfl: nonces too short', QUICFL, withoutLast(QUICFL, 'nonces')],
  ['quicfl: no outliers', QUICFL, { starts: -1 }],
  ['quicfl: a start too few', QUICFL, { starts: ROWS }],
  ['quicfl: a start too many', QUICFL, { starts: ROWS + 2 }],
  ['quicfl: coordinates without values', QUICFL, { values: 8 }],
];
/** Columns that a codec does not have: given all the same, they must be long enough, or not be used. */
const STRANGE: [string, CodecCase, Sizes][] = [
  ['turboquant-mse: residuals too short', MSE, { residuals: 1 }],
  ['turboquant-mse: nonces too short', MSE, { nonces: 1 }],
  ['dithered: starts too short', DITHERED, { starts: 1 }],
];

describe.runIf(hasNative)('a plan', () => {
  it.each([
    ['of another version', 0, 0],
    ['with another length than its own', 4, 191],
    ['with more sections than there can be', 8, 9],
    ['with more sections than it has room for', 8, 8],
  ])('%s is refused', (_, at, value) => {
    const plan = planOf(MSE);
    const image = codecImage(plan);
    // too short for eight sections
    expect(image.length).toBeLessThan(192 + 8 * 96);
    const columns = columnsFor(plan, {}, new Arena());
    native.encode(plan, x, 0, columns);
    new DataView(image.buffer, image.byteOffset).setUint32(at, value, true);
    expect(() => native.encode(plan, x, 0, columns)).toThrow(REFUSED);
  });
});

describe.runIf(hasNative)('columns that do not fit', () => {
  it.each(MISFITS)('%s: encode, decode and estimate throw', async (_, c, sizes) => {
    const plan = planOf(c);
    const arena = new Arena();
    const columns = columnsFor(plan, sizes, arena);
    expect(() => native.encode(plan, x, 0, columns)).toThrow(REFUSED);
    await expect((async () => native.encodeAsync(plan, x, 0, columns))()).rejects.toThrow(REFUSED);
    const out = arena.take(Float32Array, ROWS * dim);
    expect(() => native.decode(plan, columns, out)).toThrow(REFUSED);
    await expect((async () => native.decodeAsync(plan, columns, out))()).rejects.toThrow(REFUSED);
    const products = arena.take(Float64Array, ROWS);
    expect(() => native.estimate(plan, gaussians(3 * dim, 2), columns, products, null)).toThrow(REFUSED);
    arena.expectUntouched(true);
  });

  it.each(STRANGE)('%s: nothing is written outside of them', (_, c, sizes) => {
    const plan = planOf(c);
    const arena = new Arena();
    const columns = columnsFor(plan, sizes, arena);
    try {
      native.encode(plan, x, 0, columns);
    } catch (error) {
      expect((error as Error).message).toMatch(REFUSED);
    }
    arena.expectUntouched(false);
  });

  it.each(titled(CODEC_CASES))('%s: that fit are filled, and no byte around them', (_, c) => {
    const plan = planOf(c);
    const arena = new Arena();
    const columns = columnsFor(plan, {}, arena);
    native.encode(plan, x, 0, columns);
    const out = arena.take(Float32Array, ROWS * dim);
    expect(native.decode(plan, columns, out)).toBe(-1);
    const products = arena.take(Float64Array, ROWS);
    expect(native.estimate(plan, gaussians(3 * dim, 2), columns, products, null)).toBe(-1);
    expect(out.every(Number.isFinite) && products.every(Number.isFinite)).toBe(true);
    arena.expectUntouched(false);
  });

  it('interleaved: the last row must end inside its bytes', () => {
    for (const c of [MSE, PROD]) {
      const plan = planOf(c);
      const stride = plan.codeBytes + (plan.projection ? 13 : 9);
      const arena = new Arena();
      const records = arena.take(Uint8Array, ROWS * stride - 1);
      const at = (offset: number) => records.subarray(plan.codeBytes + offset);
      const columns: Columns = {
        codes: records,
        scales: at(0),
        norms: at(4),
        tags: at(8),
        residuals: plan.projection ? at(9) : null,
        nonces: null,
        outliers: null,
        stride,
      };
      expect(() => native.encode(plan, x, 0, columns)).toThrow(REFUSED);
      expect(() => native.decode(plan, columns, new Float32Array(ROWS * dim))).toThrow(REFUSED);
      arena.expectUntouched(true);
    }
  });

  it('rows, queries and outputs of other lengths', () => {
    const plan = planOf(PROD);
    const columns = columnsFor(plan, {}, new Arena());
    native.encode(plan, x, 0, columns);
    expect(() => native.encode(plan, x.subarray(1), 0, columns)).toThrow(REFUSED);
    expect(() => native.encode(plan, gaussians((ROWS + 1) * dim, 1), 0, columns)).toThrow(REFUSED);
    for (const first of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => native.encode(plan, x, first, columns)).toThrow(REFUSED);
    }
    expect(() => native.decode(plan, columns, new Float32Array(ROWS * dim + 1))).toThrow(REFUSED);
    expect(() => native.decode(plan, columns, new Float32Array((ROWS + 1) * dim))).toThrow(REFUSED);
    const products = new Float64Array(ROWS);
    const query = gaussians(3 * dim, 2);
    expect(() => native.estimate(plan, query.subarray(1), columns, products, null)).toThrow(REFUSED);
    expect(() => native.estimate(plan, query, columns, new Float64Array(ROWS + 1), null)).toThrow(REFUSED);
    expect(() => native.estimate(plan, query, columns, products, new Float64Array(ROWS - 1))).toThrow(REFUSED);
    expect(() => native.project(plan, x.subarray(0, dim), new Float32Array(dim - 1))).toThrow(REFUSED);
    expect(() => native.project(plan, x.subarray(0, dim - 1), new Float32Array(dim))).toThrow(REFUSED);
    expect(() => native.project(planOf(MSE), x.subarray(0, dim), new Float32Array(dim))).toThrow(REFUSED);
  });
});

describe.runIf(hasNative)('outliers that lie outside of their arrays or rows', () => {
  const plan = planOf(QUICFL);
  const good = () => {
    const columns = columnsFor(plan, { coordinates: 4, values: 4 }, new Arena());
    native.encode(plan, x, 0, columns);
    const outliers = columns.outliers as NonNullable<Columns['outliers']>;
    outliers.starts.set([0, 2, 2, 4]);
    outliers.coordinates.set([0, 19, 5, 6]);
    outliers.values.fill(4);
    return { columns, outliers };
  };
  const decode = (columns: Columns) => native.decode(plan, columns, new Float32Array(ROWS * dim));

  it.each<[string, (o: NonNullable<Columns['outliers']>) => void]>([
    ['a first start of 1', (o) => o.starts.set([1])],
    ['starts that go back', (o) => o.starts.set([0, 3, 2, 4])],
    ['a last start beyond the values', (o) => o.starts.set([0, 2, 2, 5])],
    ['a last start of 2^32 - 1', (o) => o.starts.set([0, 2, 2, 2 ** 32 - 1])],
    ['a coordinate of dim', (o) => o.coordinates.set([dim])],
    ['a coordinate of 2^32 - 1', (o) => o.coordinates.set([2 ** 32 - 1], 3)],
  ])('%s', (_, edit) => {
    const { columns, outliers } = good();
    expect(decode(columns)).toBe(-1);
    edit(outliers);
    expect(() => decode(columns)).toThrow(REFUSED);
    expect(() => native.estimate(plan, gaussians(3 * dim, 2), columns, new Float64Array(ROWS), null)).toThrow(REFUSED);
  });
});

describe('outliers without room', () => {
  it('are coded like the rest, the same on every backend', () => {
    const wide = 96;
    const plan = planOf(QUICFL, wide);
    const z = Float32Array.from({ length: wide }, (_, i) => (i % 11 === 4 ? 3.2 : 0.1));
    const rows = new Float32Array(ROWS * wide);
    for (let r = 0; r < ROWS; r++) rows.set(new Rotation({ dim: wide, rounds: 2, seed: 3 }).invert(z), r * wide);
    const beyond = normalised(rows, wide, 2, 3)[0].filter((v) => Math.abs(v) > 3.0973).length;
    expect(beyond).toBeGreaterThan(5);
    for (const room of [0, 1, beyond, beyond + 2, ROWS * beyond]) {
      const results = onEveryBackend(() => {
        const arena = new Arena();
        const columns = columnsFor(plan, { coordinates: room, values: room }, arena);
        kernels().encode(plan, rows, 0, columns);
        arena.expectUntouched(false);
        const { starts, coordinates } = columns.outliers as NonNullable<Columns['outliers']>;
        const used = (r: number) => Math.min(room, r * beyond);
        expect([...starts]).toEqual([0, used(1), used(2), used(3)]);
        expect(coordinates.subarray(0, starts[ROWS]).every((i) => i % 11 === 4)).toBe(true);
        const decoded = new Float32Array(ROWS * wide);
        expect(kernels().decode(plan, columns, decoded)).toBe(-1);
        return decoded;
      });
      for (const { name, value } of results) expectSameBits(value, results[0].value, name);
    }
  });
});
