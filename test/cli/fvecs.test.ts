// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FvecsSink, FvecsSource } from '../../lib/cli/fvecs.ts';
import { HadaquantFormatError } from '../../lib/index.ts';
import { fvecsBytes, temporaryFolder } from './files.ts';

const folder = temporaryFolder();
const path = join(folder, 'x.fvecs');

async function load(bytes: Uint8Array) {
  writeFileSync(path, bytes);
  const source = await FvecsSource.open(path);
  try {
    const { rows, dim } = source;
    return { rows, dim, values: [...(await source.read(0, rows))] };
  } finally {
    await source.close();
  }
}

const matrices = fc.integer({ min: 1, max: 9 }).chain((dim) => {
  const row = fc.array(fc.float({ noNaN: true }), { minLength: dim, maxLength: dim });
  return fc.array(row, { minLength: 1, maxLength: 30 });
});

describe('.fvecs', () => {
  it('reads rows with their dimension in front', async () => {
    const bytes = Buffer.from('02000000 0000803f 00000040 02000000 000000c0 0000003f'.replaceAll(' ', ''), 'hex');
    expect(await load(bytes)).toEqual({ rows: 2, dim: 2, values: [1, 2, -2, 0.5] });
  });

  it('reads any rows, and more than fit a piece', async () => {
    const [rows, dim] = [40_000, 13];
    const x = Float32Array.from({ length: rows * dim }, (_, i) => i);
    writeFileSync(path, fvecsBytes(x, dim));
    const source = await FvecsSource.open(path);
    expect([...(await source.read(39_999, 1))]).toEqual([...x.subarray(39_999 * dim)]);
    const out = new Float32Array(39_000 * dim);
    expect(await source.read(5, 39_000, out)).toBe(out);
    expect(out.every((v, i) => v === 5 * dim + i)).toBe(true);
    await source.close();
  });

  it('writes what it reads', async () => {
    const out = join(folder, 'out.fvecs');
    await fc.assert(
      fc.asyncProperty(matrices, fc.nat(30), async (list, cut) => {
        const x = Float32Array.from(list.flat());
        const dim = list[0].length;
        const first = Math.min(cut, list.length) * dim;
        const sink = await FvecsSink.create(out, { rows: list.length, dim });
        await sink.write(x.subarray(0, first));
        await sink.write(x.subarray(first));
        await sink.close();
        expect(readFileSync(out)).toEqual(fvecsBytes(x, dim));
        expect(await load(readFileSync(out))).toEqual({ rows: list.length, dim, values: [...x] });
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('writes only as many rows as were announced', async () => {
    const sink = await FvecsSink.create(join(folder, 'few.fvecs'), { rows: 2, dim: 2 });
    await sink.write(Float32Array.of(1, 2));
    await expect(sink.close()).rejects.toThrow(/1 rows were written, 2 announced/);
    expect(readdirSync(folder).filter((name) => name.includes('few'))).toEqual([]);
  });
});

describe('what is no .fvecs file', () => {
  const good = fvecsBytes(Float32Array.of(1, 2, 3, 4, 5, 6), 3);

  it.each([
    [0, /empty/],
    [3, /truncated/],
    [4, /truncated/],
    [15, /truncated/],
    [31, /no whole number of rows of 3/],
  ])('%i bytes', async (length, expected) => {
    await expect(load(good.subarray(0, length))).rejects.toThrow(HadaquantFormatError);
    await expect(load(good.subarray(0, length))).rejects.toThrow(expected);
  });

  it.each([0, -1, 2 ** 30 + 1, 0x7fffffff])('a first dimension of %i', async (dim) => {
    const bytes = Buffer.from(good);
    bytes.writeInt32LE(dim, 0);
    await expect(load(bytes)).rejects.toThrow(/first row says/);
  });

  it('a row of another dimension', async () => {
    const bytes = Buffer.from(good);
    bytes.writeInt32LE(2, 16);
    await expect(load(bytes)).rejects.toThrow(`${path}: row 1 says 2 coordinates, the rows before it 3`);
  });
});
