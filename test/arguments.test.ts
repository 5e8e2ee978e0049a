// SPDX-License-Identifier: Apache-2.0
/** Every argument error of fwht, Rotation, moments and chooseRounds: its class and exact message, on every backend. */
import { chooseRounds, fwht, moments, Rotation } from '../lib/index.ts';
import {
  BITS,
  DIM,
  dims,
  EMPTY,
  expectArgumentErrors,
  f32,
  floatRows,
  options,
  outs,
  ROUNDS,
  type Row,
  rows,
  SEED,
  wrong,
} from './argument-errors.ts';

const rotation = new Rotation({ dim: 4 });
const x = () => f32(1, 2, 3, 4);
const FWHT_TYPE = 'x must be a Float32Array or Float64Array';
const table: Row[] = [
  ...options('fwht', (o) => fwht(x(), o)),
  ['fwht: x array', () => fwht(wrong([1, 2])), TypeError, `${FWHT_TYPE}, got Array(2)`],
  ['fwht: x undefined', () => fwht(wrong(undefined)), TypeError, `${FWHT_TYPE}, got undefined`],
  ['fwht: x Int32Array', () => fwht(wrong(new Int32Array(4))), TypeError, `${FWHT_TYPE}, got Int32Array(4)`],
  [
    'fwht: sums beyond float32',
    () => fwht(f32(1, -3e38)),
    RangeError,
    'x must hold numbers of at most 1.7014117331926443e+38 so that sums of 2 are finite, got 3.0000000054977558e+38',
  ],
  [
    'fwht: sums beyond float64',
    () => fwht(Float64Array.of(1, -1.5e308)),
    RangeError,
    'x must hold numbers of at most 8.988465674311579e+307 so that sums of 2 are finite, got 1.5e+308',
  ],
  [
    'fwht: a norm beyond float32',
    () => fwht(f32(1, 2, 3e38, 3e38), { dim: 2, normalize: true }),
    RangeError,
    'x must hold rows whose norm is a float32, row 1 is longer than 3.4e38',
  ],
  [
    'fwht: a norm beyond float64',
    () => fwht(Float64Array.of(1.5e308, 1.5e308), { normalize: true }),
    RangeError,
    'x must hold rows whose norm is a float64, row 0 is longer than 1.8e308',
  ],
  ['fwht: length 3', () => fwht(f32(1, 2, 3)), RangeError, 'x.length must be a power of two, got 3'],
  ['fwht: dim 3', () => fwht(f32(1, 2, 3), { dim: 3 }), RangeError, 'dim must be a power of two, got 3'],
  ['fwht: dim "2"', () => fwht(x(), { dim: wrong('2') }), TypeError, `${DIM}, got "2"`],
  ['fwht: dim 0', () => fwht(x(), { dim: 0 }), RangeError, `${DIM}, got 0`],
  ['fwht: dim 2^31', () => fwht(x(), { dim: 2 ** 31 }), RangeError, `${DIM}, got 2147483648`],
  ['fwht: empty', () => fwht(f32()), RangeError, `${rows('x', 1)}, ${EMPTY}`],
  ['fwht: ragged', () => fwht(f32(1, 2, 3), { dim: 2 }), RangeError, `${rows('x', 2)}, got 3 elements`],
  ['fwht: normalize', () => fwht(x(), { normalize: wrong(1) }), TypeError, 'normalize must be a boolean, got 1'],
  [
    'fwht: f32 into f64',
    () => fwht(x(), { out: wrong(new Float64Array(4)) }),
    TypeError,
    'out must be a Float32Array, got Float64Array(4)',
  ],
  [
    'fwht: f64 into f32',
    () => fwht(new Float64Array(4), { out: wrong(x()) }),
    TypeError,
    'out must be a Float64Array, got Float32Array(4)',
  ],
  ['fwht: out short', () => fwht(x(), { out: f32(1) }), RangeError, 'out must have at least 4 elements, got 1'],
  [
    'fwht: NaN',
    () => fwht(f32(1, NaN), { dim: 1 }),
    RangeError,
    'x must hold finite numbers, got NaN in row 1 (column 0)',
  ],
  [
    'fwht: f64 Infinity',
    () => fwht(Float64Array.of(1, 2, Infinity, 3), { dim: 2 }),
    RangeError,
    'x must hold finite numbers, got Infinity in row 1 (column 0)',
  ],

  ...options('Rotation', (o) => new Rotation(o)),
  ...dims('Rotation', (dim) => new Rotation({ dim })),
  ['Rotation: no options', () => new Rotation(wrong(undefined)), TypeError, `${DIM}, got undefined`],
  ['Rotation: rounds 4', () => new Rotation({ dim: 4, rounds: wrong(4) }), RangeError, `${ROUNDS}, got 4`],
  ['Rotation: rounds "2"', () => new Rotation({ dim: 4, rounds: wrong('2') }), TypeError, `${ROUNDS}, got "2"`],
  [
    "Rotation: rounds 'auto'",
    () => new Rotation({ dim: 4, rounds: wrong('auto') }),
    TypeError,
    `${ROUNDS}, got "auto"`,
  ],
  ['Rotation: seed -1', () => new Rotation({ dim: 4, seed: -1 }), RangeError, `${SEED}, got -1`],
  ['Rotation: seed 2^53', () => new Rotation({ dim: 4, seed: 2 ** 53 }), RangeError, `${SEED}, got 9007199254740992`],
  ['Rotation: seed .5', () => new Rotation({ dim: 4, seed: 0.5 }), RangeError, `${SEED}, got 0.5`],
  ['Rotation: seed -1n', () => new Rotation({ dim: 4, seed: -1n }), RangeError, `${SEED}, got -1n`],
  [
    'Rotation: seed 2^64',
    () => new Rotation({ dim: 4, seed: 2n ** 64n }),
    RangeError,
    `${SEED}, got 18446744073709551616n`,
  ],
  ['Rotation: seed "1"', () => new Rotation({ dim: 4, seed: wrong('1') }), TypeError, `${SEED}, got "1"`],
  ...options('apply', (o) => rotation.apply(x(), o)),
  ...floatRows('apply', 'x', (v) => rotation.apply(v)),
  ...outs('apply', 'Float32Array', 4, (out) => rotation.apply(x(), { out })),
  ['apply: rounds 0', () => rotation.apply(x(), { rounds: wrong(0) }), RangeError, `${ROUNDS}, got 0`],
  ...options('invert', (o) => rotation.invert(x(), o)),
  ...floatRows('invert', 'y', (v) => rotation.invert(v)),
  ...outs('invert', 'Float32Array', 4, (out) => rotation.invert(x(), { out })),
  ['invert: rounds 1.5', () => rotation.invert(x(), { rounds: wrong(1.5) }), RangeError, `${ROUNDS}, got 1.5`],

  ...dims('moments', (dim) => moments(x(), dim)),
  ...floatRows('moments', 'x', (v) => moments(v, 4)),
  ...options('chooseRounds', (o) => chooseRounds(x(), o)),
  ...dims('chooseRounds', (dim) => chooseRounds(x(), { dim, bits: 1 })),
  ...floatRows('chooseRounds', 'x', (v) => chooseRounds(v, { dim: 4, bits: 4 })),
  ['chooseRounds: bits 9', () => chooseRounds(x(), { dim: 4, bits: 9 }), RangeError, `${BITS}, got 9`],
  ['chooseRounds: bits', () => chooseRounds(x(), wrong({ dim: 4 })), TypeError, `${BITS}, got undefined`],
  [
    'chooseRounds: block 3',
    () => chooseRounds(x(), { dim: 4, bits: 4, block: wrong(3) }),
    RangeError,
    'block must be one of 1, 2, 4, 8, got 3',
  ],
  [
    'chooseRounds: block "1"',
    () => chooseRounds(x(), { dim: 4, bits: 4, block: wrong('1') }),
    TypeError,
    'block must be one of 1, 2, 4, 8, got "1"',
  ],
];

expectArgumentErrors(table);
