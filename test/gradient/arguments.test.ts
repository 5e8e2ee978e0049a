// SPDX-License-Identifier: Apache-2.0
/** Every argument error of GradientCompressor, GradientAggregator and packetInfo: its class and exact message. */
import { GradientAggregator, GradientCompressor, packetInfo } from '../../lib/gradient/index.ts';
import { expectArgumentErrors, options, outs, type Row, SEED, schedules, wrong } from '../argument-errors.ts';

const compressor = new GradientCompressor({ length: 4, bits: 2 });
const plain = new GradientCompressor({ length: 4, codec: 'f32' });
const aggregator = new GradientAggregator({ length: 4 });
const x = () => new Float32Array(4);
const compress = (o: object) => new GradientCompressor({ length: 4, bits: 2, ...o } as never);
const aggregate = (o: object) => new GradientAggregator({ length: 4, ...o } as never);

const LENGTH = 'length must be a whole number from 1 to 1099511627776';
const CHUNK = 'chunk must be a whole number from 1 to 262144';
const ROUND = 'round must be a whole number of at least 0';
const CLIENT = 'clientId must be a whole number from 0 to 4294967295';
const CODEC = "codec must be one of 'eden', 'drive', 'quicfl', 'dithered', 'f32'";
const SCALE = "scale must be one of 'unbiased', 'mse'";
const ROUNDS = "rounds must be one of 'auto', 1, 2, 3";
const seed = SEED.slice('seed'.length);

/** A whole number: of what type and in which range. */
function wholes(name: string, expected: string, call: (value: never) => unknown, tooHigh: number): Row[] {
  return [
    [`${name}: null`, () => call(wrong(null)), TypeError, `${expected}, got null`],
    [`${name}: "1"`, () => call(wrong('1')), TypeError, `${expected}, got "1"`],
    [`${name}: 1n`, () => call(wrong(1n)), TypeError, `${expected}, got 1n`],
    [`${name}: -1`, () => call(wrong(-1)), RangeError, `${expected}, got -1`],
    [`${name}: 1.5`, () => call(wrong(1.5)), RangeError, `${expected}, got 1.5`],
    [`${name}: NaN`, () => call(wrong(Number.NaN)), RangeError, `${expected}, got NaN`],
    [`${name}: Infinity`, () => call(wrong(Infinity)), RangeError, `${expected}, got Infinity`],
    [`${name}: too high`, () => call(wrong(tooHigh)), RangeError, `${expected}, got ${tooHigh}`],
  ];
}

/** Bits of a codec. */
function bits(codec: string, expected: string, bad: readonly number[]): Row[] {
  const call = (value: unknown) => () => compress({ codec, bits: value });
  return [
    [`${codec}: bits undefined`, call(undefined), TypeError, `${expected}, got undefined`],
    [`${codec}: bits "2"`, call('2'), TypeError, `${expected}, got "2"`],
    ...bad.map((value): Row => [`${codec}: bits ${value}`, call(value), RangeError, `${expected}, got ${value}`]),
  ];
}

/** Seeds. */
function seeds(name: string, call: (value: never) => unknown): Row[] {
  return [
    [`${name} null`, () => call(wrong(null)), TypeError, `${name}${seed}, got null`],
    [`${name} "1"`, () => call(wrong('1')), TypeError, `${name}${seed}, got "1"`],
    [`${name} -1`, () => call(wrong(-1)), RangeError, `${name}${seed}, got -1`],
    [`${name} 0.5`, () => call(wrong(0.5)), RangeError, `${name}${seed}, got 0.5`],
    [`${name} 2^53`, () => call(wrong(2 ** 53)), RangeError, `${name}${seed}, got 9007199254740992`],
    [`${name} -1n`, () => call(wrong(-1n)), RangeError, `${name}${seed}, got -1n`],
    [`${name} 2^64`, () => call(wrong(2n ** 64n)), RangeError, `${name}${seed}, got 18446744073709551616n`],
  ];
}

const grads = (name: string, call: (grad: never) => unknown): Row[] => [
  [`${name}: undefined`, () => call(wrong(undefined)), TypeError, 'grad must be a Float32Array, got undefined'],
  [`${name}: array`, () => call(wrong([1, 2, 3, 4])), TypeError, 'grad must be a Float32Array, got Array(4)'],
  [
    `${name}: Float64Array`,
    () => call(wrong(new Float64Array(4))),
    TypeError,
    'grad must be a Float32Array, got Float64Array(4)',
  ],
  [
    `${name}: look-alike`,
    () => call(wrong(Object.create(Float32Array.prototype))),
    TypeError,
    'grad must be a Float32Array',
  ],
  [`${name}: short`, () => call(wrong(new Float32Array(3))), RangeError, 'grad must have length = 4 elements, got 3'],
  [`${name}: long`, () => call(wrong(new Float32Array(5))), RangeError, 'grad must have length = 4 elements, got 5'],
  [
    `${name}: NaN`,
    () => call(wrong(Float32Array.of(1, 2, Number.NaN, 4))),
    RangeError,
    'grad must hold finite numbers, got NaN at coordinate 2',
  ],
];

const packets = (name: string, argument: string, call: (packet: never) => unknown): Row[] => [
  [`${name}: undefined`, () => call(wrong(undefined)), TypeError, `${argument} must be a Uint8Array, got undefined`],
  [`${name}: string`, () => call(wrong('HQGP')), TypeError, `${argument} must be a Uint8Array, got "HQGP"`],
  [
    `${name}: ArrayBuffer`,
    () => call(wrong(new ArrayBuffer(64))),
    TypeError,
    `${argument} must be a Uint8Array, got ArrayBuffer`,
  ],
  [
    `${name}: Int8Array`,
    () => call(wrong(new Int8Array(64))),
    TypeError,
    `${argument} must be a Uint8Array, got Int8Array(64)`,
  ],
  [
    `${name}: look-alike`,
    () => call(wrong(Object.create(Uint8Array.prototype))),
    TypeError,
    `${argument} must be a Uint8Array`,
  ],
];

const table: Row[] = [
  ...options('GradientCompressor', (o) => new GradientCompressor(o)),
  [
    'GradientCompressor: nothing',
    () => new GradientCompressor(wrong(undefined)),
    TypeError,
    `${LENGTH}, got undefined`,
  ],
  ...wholes('GradientCompressor: length', LENGTH, (length) => compress({ length }), 2 ** 40 + 1),
  ['GradientCompressor: length 0', () => compress({ length: 0 }), RangeError, `${LENGTH}, got 0`],
  ['GradientCompressor: codec', () => compress({ codec: 'vq' }), RangeError, `${CODEC}, got "vq"`],
  ['GradientCompressor: codec null', () => compress({ codec: null }), TypeError, `${CODEC}, got null`],
  ...bits('eden', 'bits must be a number from 0.5 to 8', [0, 0.49, 8.01, Number.NaN, Infinity]),
  ...bits('drive', "bits must be 1 for codec 'drive'", [2, 0.5, Number.NaN]),
  ...bits('quicfl', "bits must be a whole number from 1 to 6 for codec 'quicfl'", [0, 7, 1.5, Number.NaN]),
  ...bits('dithered', "bits must be a whole number from 1 to 8 for codec 'dithered'", [0, 9, 2.5, Number.NaN]),
  [
    'f32: bits 8',
    () => compress({ codec: 'f32', bits: 8 }),
    RangeError,
    "bits must be 32 or left out for codec 'f32', got 8",
  ],
  ...seeds('seed', (value) => compress({ seed: value })),
  ...seeds('privateSeed', (value) => compress({ privateSeed: value, codec: 'quicfl' })),
  ...wholes('GradientCompressor: clientId', CLIENT, (clientId) => compress({ clientId }), 2 ** 32),
  ...wholes('GradientCompressor: chunk', CHUNK, (chunk) => compress({ chunk }), 2 ** 18 + 1),
  ['GradientCompressor: chunk 0', () => compress({ chunk: 0 }), RangeError, `${CHUNK}, got 0`],
  [
    'GradientCompressor: errorFeedback 1',
    () => compress({ errorFeedback: 1 }),
    TypeError,
    'errorFeedback must be a boolean, got 1',
  ],
  [
    'GradientCompressor: errorFeedback null',
    () => compress({ errorFeedback: null }),
    TypeError,
    'errorFeedback must be a boolean, got null',
  ],
  ['GradientCompressor: scale', () => compress({ scale: 'fixed' }), RangeError, `${SCALE}, got "fixed"`],
  ['GradientCompressor: scale null', () => compress({ scale: null }), TypeError, `${SCALE}, got null`],
  [
    'GradientCompressor: scale null with errorFeedback',
    () => compress({ scale: null, errorFeedback: true }),
    TypeError,
    `${SCALE}, got null`,
  ],
  [
    'GradientCompressor: scale of quicfl',
    () => compress({ codec: 'quicfl', scale: 'mse' }),
    RangeError,
    `scale must be 'fixed' for codec 'quicfl', got "mse"`,
  ],
  [
    'GradientCompressor: scale of f32',
    () => new GradientCompressor({ length: 4, codec: 'f32', scale: 'mse' }),
    RangeError,
    `scale must be 'fixed' for codec 'f32', got "mse"`,
  ],
  [
    'GradientCompressor: scale of f32 5',
    () => new GradientCompressor({ length: 4, codec: 'f32', scale: wrong(5) }),
    TypeError,
    `scale must be 'fixed' for codec 'f32', got 5`,
  ],
  ['GradientCompressor: rounds 4', () => compress({ rounds: 4 }), RangeError, `${ROUNDS}, got 4`],
  ['GradientCompressor: rounds null', () => compress({ rounds: null }), TypeError, `${ROUNDS}, got null`],

  ...options('compress', (o) => compressor.compress(x(), o)),
  ...wholes('compress: round', ROUND, (round) => compressor.compress(x(), { round }), 2 ** 53),
  ['compress: no round', () => compressor.compress(x(), wrong({})), TypeError, `${ROUND}, got undefined`],
  ['compress: no options', () => compressor.compress(x(), wrong(undefined)), TypeError, `${ROUND}, got undefined`],
  ...grads('compress', (grad) => compressor.compress(grad, { round: 0 })),
  ...grads('compress f32', (grad) => plain.compress(grad, { round: 0 })),

  ...options('GradientAggregator', (o) => new GradientAggregator(o)),
  [
    'GradientAggregator: nothing',
    () => new GradientAggregator(wrong(undefined)),
    TypeError,
    `${LENGTH}, got undefined`,
  ],
  ...wholes('GradientAggregator: length', LENGTH, (length) => aggregate({ length }), 2 ** 40 + 1),
  ['GradientAggregator: length 0', () => aggregate({ length: 0 }), RangeError, `${LENGTH}, got 0`],
  ...wholes('GradientAggregator: chunk', CHUNK, (chunk) => aggregate({ chunk }), 2 ** 18 + 1),
  ...wholes('GradientAggregator: round', ROUND, (round) => aggregate({ round }), 2 ** 53),
  ...wholes('reset', ROUND, (round) => aggregator.reset(round), 2 ** 53),
  ['reset: nothing', () => aggregator.reset(wrong(undefined)), TypeError, `${ROUND}, got undefined`],
  ...packets('add', 'packet', (packet) => aggregator.add(packet)),
  ...packets('packetInfo', 'packet', (packet) => packetInfo(packet)),
  ...options('mean', (o) => aggregator.mean(o)),
  ...outs('mean', 'Float32Array', 4, (out) => aggregator.mean({ out })),
];

const asyncTable: Row[] = [
  ...schedules('compressAsync', (o) => {
    const given: unknown = o;
    // the checks of options come first; those of the schedule need a round
    return compressor.compressAsync(x(), (isPlain(given) ? { round: 0, ...given } : given) as never);
  }),
  ...wholes('compressAsync: round', ROUND, (round) => compressor.compressAsync(x(), { round }), 2 ** 53),
  ...grads('compressAsync', (grad) => compressor.compressAsync(grad, { round: 0 })),
  ...grads('compressAsync f32', (grad) => plain.compressAsync(grad, { round: 0 })),
  ...schedules('addAsync', (o) => aggregator.addAsync([], o)),
  [
    'addAsync: a packet',
    () => aggregator.addAsync(wrong(new Uint8Array(3))),
    TypeError,
    'packets must be an array of Uint8Array, got Uint8Array(3)',
  ],
  [
    'addAsync: nothing',
    () => aggregator.addAsync(wrong(undefined)),
    TypeError,
    'packets must be an array of Uint8Array, got undefined',
  ],
  ...packets('addAsync', 'packets[1]', (packet) => aggregator.addAsync([new Uint8Array(3), packet])),
];

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

expectArgumentErrors(table, asyncTable);
