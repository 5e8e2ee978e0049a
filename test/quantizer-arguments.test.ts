// SPDX-License-Identifier: Apache-2.0
/** Every argument error of the Quantizer: its class and exact message, on every backend; and nothing written then. */
import { describe, expect, it } from 'vitest';
import { CODEC_NAMES } from '../lib/codec/codec.ts';
import { fwht, Quantizer, Rotation } from '../lib/index.ts';
import {
  BITS,
  dims,
  expectArgumentErrors,
  f32,
  floatRows,
  options,
  outs,
  type Row,
  records,
  SEED,
  schedules,
  wrong,
} from './argument-errors.ts';

const rotation = new Rotation({ dim: 4 });
const q = new Quantizer({ dim: 4, bits: 4 });
const codes = q.encode(f32(1, 2, 3, 4));

const CODECS = `codec must be one of ${CODEC_NAMES.map((name) => `'${name}'`).join(', ')}`;
// one row: 2^53 - 2 is the last
const FIRST_INDEX = 'firstIndex must be a whole number from 0 to 9007199254740990';
const x = () => f32(1, 2, 3, 4);
const table: Row[] = [
  ...options('Quantizer', (o) => new Quantizer(o)),
  ...dims('Quantizer', (dim) => new Quantizer({ dim, bits: 4 })),
  ['Quantizer: bits', () => new Quantizer(wrong({ dim: 4 })), TypeError, `${BITS}, got undefined`],
  ['Quantizer: bits "4"', () => new Quantizer({ dim: 4, bits: wrong('4') }), TypeError, `${BITS}, got "4"`],
  ['Quantizer: bits .4', () => new Quantizer({ dim: 4, bits: 0.4 }), RangeError, `${BITS}, got 0.4`],
  ['Quantizer: bits 8.1', () => new Quantizer({ dim: 4, bits: 8.1 }), RangeError, `${BITS}, got 8.1`],
  ['Quantizer: bits NaN', () => new Quantizer({ dim: 4, bits: Number.NaN }), RangeError, `${BITS}, got NaN`],
  ['Quantizer: codec', () => new Quantizer({ dim: 4, bits: 4, codec: wrong('pq') }), RangeError, `${CODECS}, got "pq"`],
  ['Quantizer: codec 1', () => new Quantizer({ dim: 4, bits: 4, codec: wrong(1) }), TypeError, `${CODECS}, got 1`],
  [
    'Quantizer: scale',
    () => new Quantizer({ dim: 4, bits: 4, scale: wrong('best') }),
    RangeError,
    "scale must be one of 'unbiased', 'mse', got \"best\"",
  ],
  [
    'Quantizer: scale null',
    () => new Quantizer({ dim: 4, bits: 4, scale: wrong(null) }),
    TypeError,
    "scale must be one of 'unbiased', 'mse', got null",
  ],
  [
    'Quantizer: rounds',
    () => new Quantizer({ dim: 4, bits: 4, rounds: wrong(0) }),
    RangeError,
    "rounds must be one of 'auto', 1, 2, 3, got 0",
  ],
  ['Quantizer: seed', () => new Quantizer({ dim: 4, bits: 4, seed: -0.5 }), RangeError, `${SEED}, got -0.5`],

  ...options('encode', (o) => q.encode(x(), o)),
  ...floatRows('encode', 'x', (v) => q.encode(v)),
  ...outs('encode', 'Uint8Array', 11, (out) => q.encode(x(), { out })),
  ['encode: firstIndex', () => q.encode(x(), { firstIndex: -1 }), RangeError, `${FIRST_INDEX}, got -1`],
  ['encode: firstIndex "0"', () => q.encode(x(), { firstIndex: wrong('0') }), TypeError, `${FIRST_INDEX}, got "0"`],
  ...options('decode', (o) => q.decode(codes, o)),
  ...records('decode', (c) => q.decode(c)),
  ...outs('decode', 'Float32Array', 4, (out) => q.decode(codes, { out })),
];

for (const name of ['innerProducts', 'squaredDistances', 'cosines', 'errorBounds'] as const) {
  const run = (query: unknown, c: unknown, o?: unknown) => q[name](wrong(query), wrong(c), wrong(o));
  table.push(
    ...options(name, (o) => run(x(), codes, o)),
    ...records(name, (c) => run(x(), c)),
    ...outs(name, 'Float32Array', 1, (out) => run(x(), codes, { out })),
    [`${name}: query array`, () => run([1, 2, 3, 4], codes), TypeError, 'query must be a Float32Array, got Array(4)'],
    [`${name}: query short`, () => run(f32(1), codes), RangeError, 'query must have dim = 4 elements, got 1'],
    [
      `${name}: two queries`,
      () => run(new Float32Array(8), codes),
      RangeError,
      'query must have dim = 4 elements, got 8',
    ],
    [
      `${name}: query NaN`,
      () => run(f32(1, 2, Number.NaN, 4), codes),
      RangeError,
      'query must hold finite numbers, got NaN in row 0 (column 2)',
    ],
  );
}
const SIGMAS = 'sigmas must be a number of at least 0';
table.push(
  ['errorBounds: sigmas -1', () => q.errorBounds(x(), codes, { sigmas: -1 }), RangeError, `${SIGMAS}, got -1`],
  [
    'errorBounds: sigmas NaN',
    () => q.errorBounds(x(), codes, { sigmas: Number.NaN }),
    RangeError,
    `${SIGMAS}, got NaN`,
  ],
  [
    'errorBounds: sigmas Infinity',
    () => q.errorBounds(x(), codes, { sigmas: Infinity }),
    RangeError,
    `${SIGMAS}, got Infinity`,
  ],
  ['errorBounds: sigmas "2"', () => q.errorBounds(x(), codes, { sigmas: wrong('2') }), TypeError, `${SIGMAS}, got "2"`],
);

const asyncTable: Row[] = [
  ...schedules('encodeAsync', (o) => q.encodeAsync(x(), o)),
  ...floatRows('encodeAsync', 'x', (v) => q.encodeAsync(v)),
  ...outs('encodeAsync', 'Uint8Array', 11, (out) => q.encodeAsync(x(), { out })),
  ['encodeAsync: firstIndex', () => q.encodeAsync(x(), { firstIndex: 0.5 }), RangeError, `${FIRST_INDEX}, got 0.5`],
  ...schedules('decodeAsync', (o) => q.decodeAsync(codes, o)),
  ...records('decodeAsync', (c) => q.decodeAsync(c)),
  ...outs('decodeAsync', 'Float32Array', 4, (out) => q.decodeAsync(codes, { out })),
];

expectArgumentErrors(table, asyncTable);

describe('nothing is written', () => {
  it('when a row cannot be used', () => {
    const bad = f32(1, 2, 3, 4, 1, 2, 3, Number.NaN);
    const kept = bad.slice();
    const bytes = new Uint8Array(22).fill(7);
    const floats = new Float32Array(8).fill(7);
    expect(() => fwht(bad, { dim: 4 })).toThrow(RangeError);
    expect(bad).toEqual(kept);
    expect(() => fwht(bad, { dim: 4, out: floats })).toThrow(RangeError);
    expect(() => rotation.apply(bad, { out: floats })).toThrow(RangeError);
    expect(() => rotation.invert(bad, { out: bad })).toThrow(RangeError);
    expect(() => q.encode(bad, { out: bytes })).toThrow(RangeError);
    expect(bad).toEqual(kept);
    expect(floats.every((v) => v === 7)).toBe(true);
    expect(bytes.every((v) => v === 7)).toBe(true);
  });
});
