// SPDX-License-Identifier: Apache-2.0
/** Rows that cannot be coded: encoding stops at the first of them, and a call that meets one leaves nothing behind. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, kernels, useBackend } from '../lib/backend.ts';
import { checkCodec, codecPlan, defaultScale } from '../lib/codec/codec.ts';
import { chunkRows } from '../lib/codec/quantizer.ts';
import { encodingColumns } from '../lib/codec/record-format.ts';
import { type CodecName, Quantizer, type Rounds } from '../lib/index.ts';
import { forEachBackend, onEveryBackend, restoreBackend } from './backends.ts';
import { CODEC_CASES, FEW_CASES, gaussians } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

type Case = Pick<ConstructorParameters<typeof Quantizer>[0], 'codec' | 'bits' | 'grid'> & { codec: CodecName };

const PLAIN: Case[] = [
  { codec: 'eden', bits: 4 },
  { codec: 'eden', bits: 2.5 },
  { codec: 'eden', bits: 8 },
  { codec: 'drive', bits: 1 },
];
const named = (cases: readonly Case[]): [string, Case][] => cases.map((c) => [`${c.codec} ${c.grid ?? c.bits}`, c]);
const ALL = named([...PLAIN, ...CODEC_CASES]);
const SOME = named([PLAIN[0], ...FEW_CASES]);

const TOP = 3.4028234663852886e38;

/** What a row can have against it: a change of one of its coordinates, or of all. */
const FAULTS: [name: string, spoil: (row: Float32Array) => void, message: string][] = [
  ['NaN', (row) => row.set([Number.NaN], row.length - 1), 'finite numbers, got NaN in row'],
  ['-Infinity', (row) => row.set([Number.NEGATIVE_INFINITY], 0), 'finite numbers, got -Infinity in row'],
  ['too long', (row) => row.fill(TOP), 'rows whose norm is a float32, row'],
];

const planOf = ({ codec, bits, grid }: Case, dim: number, rounds: Rounds) =>
  codecPlan({
    ...checkCodec({ dim, bits, codec, grid }),
    scale: defaultScale(codec),
    rounds,
    seed: 3,
    privateSeed: 4,
  });

const quantizerOf = (c: Case, dim: number) =>
  new Quantizer<CodecName>({ dim, codec: c.codec, bits: c.bits, ...(c.grid ? { grid: c.grid } : {}), privateSeed: 4 });

/** Gaussian rows, of which some are spoilt. */
function rowsWith(rows: number, dim: number, spoil: (row: Float32Array) => void, which: readonly number[]) {
  const x = gaussians(rows * dim, dim);
  for (const r of which) spoil(x.subarray(r * dim, (r + 1) * dim));
  return x;
}

forEachBackend('the kernel', () => {
  const dim = 33;
  const rows = 5;

  it.each(ALL)('%s: names the first unusable row and writes only those before it', (_, c) => {
    const good = gaussians(rows * dim, dim);
    for (const rounds of ['auto', 2] as const) {
      const plan = planOf(c, dim, rounds);
      for (const [fault, spoil] of FAULTS) {
        for (const bad of [0, 2, rows - 1]) {
          const x = rowsWith(rows, dim, spoil, [bad, rows - 1]);
          const { columns, records } = encodingColumns(plan, rows);
          for (const column of [columns.scales, columns.norms, columns.tags]) column?.fill(0xaa);
          const title = `${fault} in row ${bad}`;
          expect(kernels().firstUnusableRow(x, dim), title).toBe(bad);
          expect(kernels().encode(plan, x, 7, columns), title).toBe(bad);
          const { stride, tags } = columns;
          for (let r = 0; r < rows; r++) expect(tags[r * (stride || 1)] === 0xaa, title).toBe(r >= bad);
          if (bad === 0) continue;
          const expected = encodingColumns(plan, bad);
          expect(kernels().encode(plan, good.subarray(0, bad * dim), 7, expected.columns)).toBe(-1);
          if (plan.dither === 'coordinate') {
            expectSameBits(columns.codes.subarray(0, bad * plan.codeBytes), expected.columns.codes, title);
          } else {
            expectSameBits(records().subarray(0, bad * stride), expected.records(), title);
          }
        }
      }
    }
  });
});

describe('a norm near the largest float32', () => {
  it.each(ALL)('%s: is usable or not as firstUnusableRow says, on every backend', (_, c) => {
    for (const dim of [3, 40, 1100]) {
      for (const rounds of ['auto', 1] as const) {
        const plan = planOf(c, dim, rounds);
        // equal coordinates on both sides of the edge, a few units in the last place apart
        const edge = TOP / Math.sqrt(dim);
        const steps = Array.from({ length: 9 }, (_, i) => edge * (1 + (i - 4) * 2 ** -23));
        const results = onEveryBackend(() =>
          steps.map((v) => {
            const x = new Float32Array(dim).fill(v);
            const bad = kernels().encode(plan, x, 0, encodingColumns(plan, 1).columns);
            expect(bad, `${dim} x ${v}`).toBe(kernels().firstUnusableRow(x, dim));
            return bad;
          }),
        );
        for (const { name, value } of results) expect(value, name).toEqual(results[0].value);
        expect([results[0].value[0], results[0].value[8]]).toEqual([-1, 0]);
      }
    }
  });
});

forEachBackend('centerRows', () => {
  it('names the first unusable row, and treats the others as ever, off the event loop too', async () => {
    const dim = 20;
    const rows = 4;
    const center = gaussians(dim, 1);
    for (const [fault, spoil] of FAULTS) {
      for (const bad of [0, 1, rows - 1]) {
        const x = rowsWith(rows, dim, spoil, [bad, rows - 1]);
        for (const normalize of [false, true]) {
          const [out, expected] = [new Float32Array(x.length), new Float32Array(x.length)];
          expect(kernels().centerRows(x, dim, center, normalize, out), `${fault} in row ${bad}`).toBe(bad);
          const apart = new Float32Array(x.length);
          expect(await kernels().centerRowsAsync(x, dim, center, normalize, apart)).toBe(bad);
          expectSameBits(apart, out);
          expect(kernels().centerRows(gaussians(rows * dim, dim), dim, center, normalize, expected)).toBe(-1);
          for (let r = 0; r < rows - 1; r++) {
            if (r !== bad) expectSameBits(out.slice(r * dim, (r + 1) * dim), expected.slice(r * dim, (r + 1) * dim));
          }
        }
      }
    }
  });
});

forEachBackend('Quantizer', () => {
  it.each(ALL)('%s: encode and encodeAsync name the row and write nothing to out', async (_, c) => {
    const dim = 24;
    const rows = 6;
    const q = quantizerOf(c, dim);
    const out = new Uint8Array(rows * 200).fill(7);
    for (const [, spoil, message] of FAULTS) {
      for (const bad of [0, 3, rows - 1]) {
        const x = rowsWith(rows, dim, spoil, [bad, rows - 1]);
        const expected = `x must hold ${message} ${bad}`;
        expect(() => q.encode(x)).toThrow(expected);
        expect(() => q.encode(x, { out })).toThrow(expected);
        await expect(q.encodeAsync(x)).rejects.toThrow(expected);
        await expect(q.encodeAsync(x, { out })).rejects.toThrow(expected);
        await expect(q.encodeAsync(x)).rejects.toThrow(RangeError);
      }
    }
    expect(out.every((v) => v === 7)).toBe(true);
  });

  it.each(SOME)('%s: asynchronous chunks name the row in the whole', async (_, c) => {
    const dim = c.codec === 'turboquant-prod' ? 96 : 1500;
    const step = chunkRows(dim);
    const rows = 2 * step + 3;
    const q = quantizerOf(c, dim);
    const part = gaussians(50 * dim, 1);
    const out = new Uint8Array(rows * (dim + 100)).fill(7);
    for (const bad of [0, step - 1, step, step + 1, rows - 1]) {
      const x = Float32Array.from({ length: rows * dim }, (_, i) => part[i % part.length]);
      x[bad * dim + 5] = Number.NaN;
      const expected = `x must hold finite numbers, got NaN in row ${bad} (column 5)`;
      await expect(q.encodeAsync(x, { threads: 3, out })).rejects.toThrow(new RangeError(expected));
    }
    expect(out.every((v) => v === 7)).toBe(true);
  });
});

describe('encodeAsync with several unusable rows', () => {
  afterEach(restoreBackend);

  it('names the first, even if a later chunk ends earlier', async () => {
    const inner = kernels();
    const ended: number[] = [];
    const slowFirst: Backend = Object.create(inner, {
      encodeAsync: {
        value: async (...args: Parameters<Backend['encodeAsync']>) => {
          const bad = await inner.encodeAsync(...args);
          if (args[2] === 0) await new Promise((resolve) => setTimeout(resolve, 30));
          ended.push(args[2]);
          return bad;
        },
      },
    });
    useBackend(slowFirst);
    const dim = 1500;
    const step = chunkRows(dim);
    const x = gaussians(3 * step * dim, 1);
    for (const r of [4, step + 1, 2 * step]) x[r * dim] = Number.POSITIVE_INFINITY;
    const q = new Quantizer({ dim, bits: 4 });
    await expect(q.encodeAsync(x, { threads: 3 })).rejects.toThrow('got Infinity in row 4 (column 0)');
    expect(ended[ended.length - 1]).toBe(0);
  });
});
