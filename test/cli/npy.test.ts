// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NpySink, NpySource } from '../../lib/cli/npy.ts';
import type { NpyType } from '../../lib/cli/npy-header.ts';
import { HadaquantFormatError } from '../../lib/index.ts';
import { npyBytes, npyText, temporaryFolder } from './files.ts';

const folder = temporaryFolder();
const path = join(folder, 'x.npy');

async function load(bytes: Uint8Array) {
  writeFileSync(path, bytes);
  const source = await NpySource.open(path);
  try {
    const { rows, dim, type } = source;
    return { rows, dim, type, values: [...(await source.read(0, rows))] };
  } finally {
    await source.close();
  }
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await load(bytes).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(HadaquantFormatError);
  const { message } = error as Error;
  expect(message.startsWith(`${path}: `)).toBe(true);
  return message.slice(path.length + 2);
}

const six = Float32Array.of(1, -2, 3.5, 0, 1e-40, 3.4e38);

describe('reading .npy', () => {
  it('float32', async () => {
    const bytes = npyBytes(npyText('<f4', '(2, 3)'), six);
    expect(await load(bytes)).toEqual({ rows: 2, dim: 3, type: 'f4', values: [...six] });
  });

  it('float16, subnormals too', async () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x8000);
    const { values, type } = await load(npyBytes(npyText('<f2', '(3, 2)'), halves));
    expect(type).toBe('f2');
    expect(values).toEqual([1, -2, 2 ** -24, 1023 * 2 ** -24, 65504, -0]);
  });

  it('float64, rounded half to even', async () => {
    const doubles = Float64Array.of(0.1, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e300, 2 ** -149);
    const { values } = await load(npyBytes(npyText('<f8', '(1, 5)'), doubles));
    expect(values).toEqual([Math.fround(0.1), 1, 1 + 2 ** -22, Number.POSITIVE_INFINITY, 2 ** -149]);
  });

  it('one axis is one vector', async () => {
    expect(await load(npyBytes(npyText('<f4', '(6,)'), six))).toMatchObject({ rows: 1, dim: 6 });
  });

  it('no rows', async () => {
    const bytes = npyBytes(npyText('<f4', '(0, 7)'), new Float32Array(0));
    expect(await load(bytes)).toMatchObject({ rows: 0, dim: 7, values: [] });
  });

  it.each([2, 3])('version %i', async (version) => {
    const bytes = npyBytes(npyText('<f4', '(2, 3)'), six, version);
    expect((await load(bytes)).values).toEqual([...six]);
  });

  it('keys in another order, other quotes, no comma at the end, Python 2 numbers', async () => {
    const text = `{"shape":(2L,3L),"fortran_order":False,'descr':"<f4"}   `;
    expect(await load(npyBytes(text, six))).toMatchObject({ rows: 2, dim: 3 });
  });

  it('any part of the rows, into an array that is there', async () => {
    const rows = 40_000;
    const x = Float64Array.from({ length: rows * 13 }, (_, i) => i); // more than a piece
    writeFileSync(path, npyBytes(npyText('<f8', `(${rows}, 13)`), x));
    const source = await NpySource.open(path);
    expect([...(await source.read(39_999, 1))]).toEqual([...x.subarray(39_999 * 13)]);
    const out = new Float32Array(30_000 * 13);
    expect(await source.read(7, 30_000, out)).toBe(out);
    expect(out.every((v, i) => v === 7 * 13 + i)).toBe(true);
    await source.close();
  });
});

describe('what is no .npy file of vectors', () => {
  const good = npyBytes(npyText('<f4', '(2, 3)'), six);

  it('wrong first bytes', async () => {
    expect(await refusal(Buffer.from('PK\x03\x04 something else'))).toMatch(/not a \.npy file/);
    expect(await refusal(Buffer.alloc(0))).toMatch(/not a \.npy file/);
  });

  it('any shorter file', async () => {
    for (let length = 0; length < good.length; length++) {
      expect(await refusal(good.subarray(0, length))).toMatch(/truncated|not a \.npy file/);
    }
  });

  it('a longer file', async () => {
    expect(await refusal(Buffer.concat([good, Buffer.alloc(1)]))).toMatch(/longer than its shape/);
  });

  it.each([
    ['(1000000000000000, 96)', /truncated, or its shape is forged/],
    ['(4294967295, 1073741824)', /forged/],
    [`(${'9'.repeat(400)}, 96)`, /forged/],
    ['(2, 1073741825)', /1 to 1073741824/],
    ['(6, 0)', /vectors of 0 coordinates/],
    ['(0,)', /vectors of 0 coordinates/],
    ['()', /0 axes/],
    ['(1, 2, 3)', /3 axes/],
    ['(-2, 3)', /no tuple of whole numbers/],
    ['(2.5, 3)', /no tuple of whole numbers/],
    ['(,)', /no tuple of whole numbers/],
    ["'6'", /no shape/],
  ])('shape %s', async (shape, expected) => {
    expect(await refusal(npyBytes(npyText('<f4', shape), six))).toMatch(expected);
  });

  it.each([
    ['>f4', /big-endian.*astype\('<f4'\)/],
    ['>f2', /big-endian/],
    ['<i4', /type '<i4'/],
    ['|O', /type '\|O'/],
    ['|u1', /type '\|u1'/],
    ['=f4', /type '=f4'/],
    ['<f16', /type '<f16'/],
    ['', /type ''/],
  ])('numbers of type %s', async (descr, expected) => {
    expect(await refusal(npyBytes(npyText(descr, '(2, 3)'), six))).toMatch(expected);
  });

  it('Fortran order', async () => {
    expect(await refusal(npyBytes(npyText('<f4', '(2, 3)', 'True'), six))).toMatch(/Fortran order.*ascontiguousarray/);
  });

  it.each([
    ['', /no dictionary/],
    ['{}', /no descr/],
    ["{'descr': '<f4'}", /no fortran_order/],
    ["{'descr': '<f4', 'fortran_order': False}", /no shape/],
    ["{'descr': '<f4' 'fortran_order': False}", /cannot be read/],
    ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", /records/],
    ["{'descr': __import__('os'), 'fortran_order': False, 'shape': (2, 3)}", /cannot be read/],
  ])('header %s', async (text, expected) => {
    expect(await refusal(npyBytes(text, six))).toMatch(expected);
  });

  it('an unknown version, a header that is longer than the file or than any real one', async () => {
    for (const version of [0, 4, 255]) {
      const bytes = Buffer.from(good);
      bytes[6] = version;
      expect(await refusal(bytes)).toMatch(/version/);
    }
    const long = npyBytes(npyText('<f4', '(2, 3)'), six, 2);
    long.writeUInt32LE(60_000, 8);
    expect(await refusal(long)).toMatch(/truncated inside its header/);
    long.writeUInt32LE(0xffffffff, 8);
    expect(await refusal(long)).toMatch(/4294967295 bytes/);
  });

  it('any bytes at all: an error that says so, or vectors', async () => {
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const result = await load(bytes).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(HadaquantFormatError);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('a folder', async () => {
    await expect(NpySource.open(folder)).rejects.toThrow(/not a regular file/);
  });

  it('a file that becomes shorter while it is read', async () => {
    writeFileSync(path, good);
    const source = await NpySource.open(path);
    writeFileSync(path, good.subarray(0, good.length - 4));
    await expect(source.read(0, 2)).rejects.toThrow(/became shorter/);
    await source.close();
  });
});

describe('writing .npy', () => {
  const out = join(folder, 'out.npy');
  const store = async (x: Float32Array, dim: number, type: NpyType) => {
    const sink = await NpySink.create(out, { rows: x.length / dim, dim }, type);
    await sink.write(x);
    await sink.close();
    return readFileSync(out);
  };

  it('gives the bytes that numpy.save gives', async () => {
    const header = `\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`;
    const expected = Buffer.concat([Buffer.from(`${header.padEnd(127)}\n`, 'latin1'), Buffer.from(six.buffer)]);
    expect(await store(six, 3, 'f4')).toEqual(expected);
  });

  it('begins the data at a multiple of 64, however long the shape is', async () => {
    for (const rows of [0, 1, 10, 12345]) {
      const bytes = await store(new Float32Array(rows * 3), 3, 'f4');
      expect((bytes.length - rows * 12) % 64).toBe(0);
      expect(await load(bytes)).toMatchObject({ rows, dim: 3 });
    }
  });

  it.each(['f2', 'f4', 'f8'] as const)('%s comes back', async (type) => {
    const values = type === 'f2' ? fc.float({ min: -65504, max: 65504, noNaN: true }) : fc.float({ noNaN: true });
    const rows = fc
      .integer({ min: 1, max: 9 })
      .chain((dim) => fc.array(fc.array(values, { minLength: dim, maxLength: dim }), { minLength: 1, maxLength: 20 }));
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        const x = Float32Array.from(list.flat());
        const back = await load(await store(x, list[0].length, type));
        expect(back).toMatchObject({ rows: list.length, dim: list[0].length, type });
        const near = (v: number, i: number) => Math.abs(v - x[i]) <= Math.abs(x[i]) / 2048 + 2 ** -25;
        if (type === 'f2') expect(back.values.every(near)).toBe(true);
        else expect(back.values).toEqual([...x]);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('refuses what float16 cannot hold, and leaves no file', async () => {
    const sink = await NpySink.create(join(folder, 'big.npy'), { rows: 3, dim: 2 }, 'f2');
    await sink.write(Float32Array.of(1, 2));
    await expect(sink.write(Float32Array.of(3, 4, 5, 65520))).rejects.toThrow(/big\.npy: row 2 has 65520/);
    await sink.abort();
    expect(readdirSync(folder).filter((name) => name.includes('big'))).toEqual([]);
  });

  it('leaves the old file until the new one is complete', async () => {
    const old = await store(six, 3, 'f4');
    const sink = await NpySink.create(out, { rows: 2, dim: 3 }, 'f8');
    await sink.write(six.subarray(0, 3));
    expect(readFileSync(out)).toEqual(old);
    await expect(sink.close()).rejects.toThrow(/1 rows were written, 2 announced/);
    expect(readFileSync(out)).toEqual(old);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('says that a folder is missing', async () => {
    await expect(NpySink.create(join(folder, 'none', 'x.npy'), { rows: 1, dim: 1 })).rejects.toThrow(/ENOENT/);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
