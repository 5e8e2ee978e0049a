// SPDX-License-Identifier: Apache-2.0
/** What no codec has: widths, grids, scales, dims. Which error, naming the argument, what was expected and what came. */
import { describe, expect, it } from 'vitest';
import { FIXED_SIZE_CODECS } from '../lib/codec/codec.ts';
import { FlatIndex, HadaquantFormatError, Quantizer, type QuantizerOptions } from '../lib/index.ts';
import { wrong } from './argument-errors.ts';
import { CODEC_CASES, type CodecCase, quantizerOf } from './codec-cases.ts';

type Options = Partial<Record<keyof QuantizerOptions, unknown>>;
const makers = {
  Quantizer: (options: Options) => new Quantizer(wrong(options)),
  FlatIndex: (options: Options) => new FlatIndex(wrong(options)),
};
type MakerName = keyof typeof makers;

function errorOf(make: () => unknown): Error {
  try {
    make();
  } catch (error) {
    return error as Error;
  }
  throw new Error('accepted');
}

/** The class exactly, the argument's name first and the value last. */
function expectError(make: () => unknown, Class: typeof Error, argument: string, got: string): void {
  const error = errorOf(make);
  expect(error.constructor, error.message).toBe(Class);
  expect(error.message.startsWith(`${argument} must be `), error.message).toBe(true);
  expect(error.message.endsWith(`, got ${got}`), error.message).toBe(true);
}

const CODECS = [...new Set(CODEC_CASES.map(({ codec }) => codec))];
const widthsOf = (codec: CodecCase['codec']) => CODEC_CASES.filter((c) => c.codec === codec).map(({ bits }) => bits);
const makersOf = (codec: string) =>
  (Object.keys(makers) as MakerName[]).filter((name) => name === 'Quantizer' || codec !== 'quicfl');

describe.each(CODECS)('%s', (codec) => {
  it.each(makersOf(codec))('%s: has the widths that FORMAT.md lists and no other', (name) => {
    const make = makers[name];
    const has = widthsOf(codec);
    for (const bits of has) expect(make({ dim: 16, codec, bits })).toBeInstanceOf(Object);
    for (let bits = -1; bits <= 9; bits += 0.25) {
      if (has.includes(bits)) continue;
      expectError(() => make({ dim: 16, codec, bits }), RangeError, 'bits', String(bits));
    }
    for (const bits of [Number.NaN, Number.POSITIVE_INFINITY, 1e-9, 2 ** 32 + 2]) {
      expectError(() => make({ dim: 16, codec, bits }), RangeError, 'bits', String(bits));
    }
    for (const [bits, got] of [
      [undefined, 'undefined'],
      [null, 'null'],
      ['2', '"2"'],
      [2n, '2n'],
      [[2], 'Array(1)'],
    ]) {
      expectError(() => make({ dim: 16, codec, bits }), TypeError, 'bits', String(got));
    }
  });

  it('has the scales of its kind and no other', () => {
    const bits = widthsOf(codec)[0];
    const fitted = codec === 'vq' || codec === 'uniform';
    const scales = ['unbiased', 'mse', 'fixed'] as const;
    for (const scale of scales) {
      const make = () => new Quantizer({ dim: 16, codec, bits, scale });
      if ((scale === 'fixed') !== fitted) expect(make().scale).toBe(scale);
      else expectError(make, RangeError, 'scale', `"${scale}"`);
    }
    expect(new Quantizer({ dim: 16, codec, bits }).scale).toBe(fitted ? 'unbiased' : 'fixed');
    expectError(() => new Quantizer({ dim: 16, codec, bits, scale: wrong('') }), RangeError, 'scale', '""');
    expectError(() => new Quantizer({ dim: 16, codec, bits, scale: wrong(null) }), TypeError, 'scale', 'null');
    expectError(() => new Quantizer({ dim: 16, codec, bits, scale: wrong(1) }), TypeError, 'scale', '1');
  });

  it.each(makersOf(codec))('%s: takes a grid only if it is vq, and one of its bits', (name) => {
    const make = makers[name];
    const grids = { '8x256': 1, '4x256': 2, '2x16': 2, '2x256': 4 };
    for (const bits of new Set(widthsOf(codec))) {
      for (const [grid, width] of Object.entries(grids)) {
        const given = { dim: 16, codec, bits, grid };
        if (codec === 'vq' && width === bits) expect(make(given)).toBeInstanceOf(Object);
        else expectError(() => make(given), RangeError, 'grid', `"${grid}"`);
      }
    }
    expectError(() => make({ dim: 16, codec, bits: 2, grid: '3x16' }), RangeError, 'grid', '"3x16"');
    const Class = codec === 'vq' ? TypeError : Error;
    const error = errorOf(() => make({ dim: 16, codec, bits: 2, grid: 2 }));
    expect(error).toBeInstanceOf(Class);
    expect(error.message).toMatch(/^grid must be .*, got 2$/);
  });

  it('takes a privateSeed that is a seed', () => {
    const make = (privateSeed: unknown) => () =>
      new Quantizer(wrong({ dim: 16, codec, bits: widthsOf(codec)[0], privateSeed }));
    for (const seed of [0, 2 ** 53 - 1, 0n, 2n ** 64n - 1n]) {
      if (codec === 'quicfl') expect(make(seed)()).toBeInstanceOf(Quantizer);
    }
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) expectError(make(seed), RangeError, 'privateSeed', String(seed));
    for (const seed of [-1n, 2n ** 64n]) expectError(make(seed), RangeError, 'privateSeed', `${seed}n`);
    expectError(make('1'), TypeError, 'privateSeed', '"1"');
    expectError(make(null), TypeError, 'privateSeed', 'null');
    expectError(make(true), TypeError, 'privateSeed', 'true');
  });

  it('names any of it when it comes from JSON', () => {
    const json = quantizerOf({ codec, bits: 2 } as CodecCase, { dim: 16 }).toJSON();
    for (const [change, start] of [
      [{ bits: 9 }, 'json.bits must be '],
      [{ scale: json.scale === 'fixed' ? 'unbiased' : 'fixed' }, 'json.scale must be '],
      [{ grid: codec === 'vq' ? '2x256' : '2x16' }, 'json.grid must be '],
      [{ dim: 2 ** 31 }, 'json.dim must be '],
    ] as const) {
      const error = errorOf(() => Quantizer.fromJSON({ ...json, ...change }));
      expect(error).toBeInstanceOf(HadaquantFormatError);
      expect(error.message.startsWith(start), error.message).toBe(true);
    }
  });
});

describe('turboquant-prod', () => {
  it.each(['Quantizer', 'FlatIndex'] as const)('%s: has no dim above 4096, whose matrix is 64 MiB', (name) => {
    const given = { codec: 'turboquant-prod', bits: 2 };
    for (const dim of [4097, 2 ** 30]) {
      expectError(() => makers[name]({ ...given, dim }), RangeError, 'dim', String(dim));
    }
    // an index builds its matrix when it is first needed
    if (name === 'FlatIndex') expect(makers.FlatIndex({ ...given, dim: 4096 })).toBeInstanceOf(FlatIndex);
    const json = { ...new Quantizer({ dim: 4, bits: 2, codec: 'turboquant-prod' }).toJSON(), dim: 4097 };
    expect(() => Quantizer.fromJSON(json)).toThrow(HadaquantFormatError);
  });
});

describe('FlatIndex', () => {
  it('has every codec but quicfl', () => {
    expect([...FIXED_SIZE_CODECS].sort()).toEqual(
      [...CODECS.filter((codec) => codec !== 'quicfl'), 'eden', 'drive'].sort(),
    );
    const list = FIXED_SIZE_CODECS.map((name) => `'${name}'`).join(', ');
    const expected = new RangeError(`codec must be one of ${list}, got "quicfl"`);
    expect(() => makers.FlatIndex({ dim: 16, bits: 2, codec: 'quicfl' })).toThrow(expected);
  });
});

describe('records of one size', () => {
  it('come whole', () => {
    for (const c of CODEC_CASES) {
      if (c.codec === 'quicfl') continue;
      const q = quantizerOf(c, { dim: 9 });
      const bytes = q.bytesPerVector as number;
      for (const length of [0, 1, bytes - 1, bytes + 1, 2 * bytes - 1]) {
        expect(() => q.decode(new Uint8Array(length))).toThrow(
          new RangeError(`codes must hold one or more records of ${bytes} bytes, got ${length} bytes`),
        );
      }
    }
  });
});
