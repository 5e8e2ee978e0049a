// SPDX-License-Identifier: Apache-2.0
/** What FlatIndex must refuse, with the error that says why; arguments.test.ts calls it with each. */
import { FIXED_SIZE_CODECS } from '../../lib/codec/codec.ts';
import { normals } from './vectors.ts';

const x = normals(151, 4, 3);
const row = x.subarray(0, 3);
export const two: Float32Array = x.subarray(0, 6);

/** Calls take anything: what TypeScript forbids, a JavaScript user may do. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Any = any;

const withNaN = Float32Array.of(1, 2, 3, 4, Number.NaN, 6);
const withInfinity = Float32Array.of(Number.NEGATIVE_INFINITY, 2, 3);
const tooLong = Float32Array.of(0, 0, 0, 3e38, 3e38, 0);

const dimText = 'dim must be a whole number from 1 to 1073741824';
const bitsText = 'bits must be a number from 0.5 to 8';
const codecText = `codec must be one of ${FIXED_SIZE_CODECS.map((name) => `'${name}'`).join(', ')}`;
const seedText = 'seed must be a whole number from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1';

export const optionCases: [options: Any, error: Error][] = [
  [null, new TypeError('options must be an object, got null')],
  [7, new TypeError('options must be an object, got 7')],
  ['dim', new TypeError('options must be an object, got "dim"')],
  [x, new TypeError('options must be an object, got Float32Array(12)')],
  [undefined, new TypeError(`${dimText}, got undefined`)],
  [{ bits: 4 }, new TypeError(`${dimText}, got undefined`)],
  [{ dim: '3', bits: 4 }, new TypeError(`${dimText}, got "3"`)],
  [{ dim: 3n, bits: 4 }, new TypeError(`${dimText}, got 3n`)],
  [{ dim: 0, bits: 4 }, new RangeError(`${dimText}, got 0`)],
  [{ dim: -1, bits: 4 }, new RangeError(`${dimText}, got -1`)],
  [{ dim: 1.5, bits: 4 }, new RangeError(`${dimText}, got 1.5`)],
  [{ dim: Number.NaN, bits: 4 }, new RangeError(`${dimText}, got NaN`)],
  [{ dim: 2 ** 30 + 1, bits: 4 }, new RangeError(`${dimText}, got 1073741825`)],
  [{ dim: 3 }, new TypeError(`${bitsText}, got undefined`)],
  [{ dim: 3, bits: '4' }, new TypeError(`${bitsText}, got "4"`)],
  [{ dim: 3, bits: 0.4 }, new RangeError(`${bitsText}, got 0.4`)],
  [{ dim: 3, bits: 8.1 }, new RangeError(`${bitsText}, got 8.1`)],
  [{ dim: 3, bits: Number.NaN }, new RangeError(`${bitsText}, got NaN`)],
  [{ dim: 3, bits: 4, metric: 'dot' }, new RangeError(`metric must be one of 'cosine', 'ip', 'l2', got "dot"`)],
  [{ dim: 3, bits: 4, metric: 1 }, new TypeError(`metric must be one of 'cosine', 'ip', 'l2', got 1`)],
  [{ dim: 3, bits: 4, metric: null }, new TypeError(`metric must be one of 'cosine', 'ip', 'l2', got null`)],
  [{ dim: 3, bits: 4, codec: {} }, new TypeError(`${codecText}, got Object`)],
  [{ dim: 3, bits: 4, codec: 'pq' }, new RangeError(`${codecText}, got "pq"`)],
  [{ dim: 3, bits: 4, rounds: 4 }, new RangeError(`rounds must be one of 'auto', 1, 2, 3, got 4`)],
  [{ dim: 3, bits: 4, rounds: 'none' }, new RangeError(`rounds must be one of 'auto', 1, 2, 3, got "none"`)],
  [{ dim: 3, bits: 4, rounds: true }, new TypeError(`rounds must be one of 'auto', 1, 2, 3, got true`)],
  [{ dim: 3, bits: 4, seed: '0' }, new TypeError(`${seedText}, got "0"`)],
  [{ dim: 3, bits: 4, seed: -1 }, new RangeError(`${seedText}, got -1`)],
  [{ dim: 3, bits: 4, seed: 2 ** 53 }, new RangeError(`${seedText}, got 9007199254740992`)],
  [{ dim: 3, bits: 4, seed: 2n ** 64n }, new RangeError(`${seedText}, got 18446744073709551616n`)],
  [{ dim: 3, bits: 4, seed: -1n }, new RangeError(`${seedText}, got -1n`)],
  [{ dim: 3, bits: 4, center: 'median' }, new RangeError(`center must be a Float32Array or 'mean', got "median"`)],
  [{ dim: 3, bits: 4, center: 0 }, new TypeError(`center must be a Float32Array or 'mean', got 0`)],
  [{ dim: 3, bits: 4, center: true }, new TypeError(`center must be a Float32Array or 'mean', got true`)],
  [{ dim: 3, bits: 4, center: [1, 2, 3] }, new TypeError(`center must be a Float32Array or 'mean', got Array(3)`)],
  [
    { dim: 3, bits: 4, center: new Float64Array(3) },
    new TypeError('center must be a Float32Array, got Float64Array(3)'),
  ],
  [{ dim: 3, bits: 4, center: two }, new RangeError('center must have dim = 3 elements, got 6')],
  [
    { dim: 3, bits: 4, center: withInfinity },
    new RangeError('center must hold finite numbers, got -Infinity in row 0 (column 0)'),
  ],
];

const rowsText = 'must hold one or more rows of 3 elements, got';
/** For whatever argument takes rows. */
export const rowCases = (name: string): [value: Any, error: Error][] => [
  [undefined, new TypeError(`${name} must be a Float32Array, got undefined`)],
  [null, new TypeError(`${name} must be a Float32Array, got null`)],
  [[1, 2, 3], new TypeError(`${name} must be a Float32Array, got Array(3)`)],
  [new Float64Array(3), new TypeError(`${name} must be a Float32Array, got Float64Array(3)`)],
  [new ArrayBuffer(12), new TypeError(`${name} must be a Float32Array, got ArrayBuffer`)],
  [new Float32Array(0), new RangeError(`${name} ${rowsText} 0 elements (empty, or its buffer was detached)`)],
  [new Float32Array(4), new RangeError(`${name} ${rowsText} 4 elements`)],
  [withNaN, new RangeError(`${name} must hold finite numbers, got NaN in row 1 (column 1)`)],
  [withInfinity, new RangeError(`${name} must hold finite numbers, got -Infinity in row 0 (column 0)`)],
  [tooLong, new RangeError(`${name} must hold rows whose norm is a float32, row 1 is longer than 3.4e38`)],
];

const idText = 'must be a whole number of at least 0, got';
export const addIdCases: [ids: Any, error: Error][] = [
  [null, new TypeError('ids must be a list of ids, got null')],
  [5, new TypeError('ids must be a list of ids, got 5')],
  ['ab', new TypeError('ids must be a list of ids, got "ab"')],
  [new Uint8Array(2), new TypeError('ids must be a list of ids, got Uint8Array(2)')],
  [new BigInt64Array(2), new TypeError('ids must be a list of ids, got BigInt64Array(2)')],
  [new Set([5, 6]), new TypeError('ids must be a list of ids, got Set')],
  [[5], new RangeError('ids must have one id a row (2), got 1')],
  [[5, 6, 7], new RangeError('ids must have one id a row (2), got 3')],
  [[5, '6'], new TypeError(`ids[1] ${idText} "6"`)],
  [[5n, 6n], new TypeError(`ids[0] ${idText} 5n`)],
  [new Array(2), new TypeError(`ids[0] ${idText} undefined`)],
  [[5, -6], new RangeError(`ids[1] ${idText} -6`)],
  [[5.5, 6], new RangeError(`ids[0] ${idText} 5.5`)],
  [[5, 2 ** 53], new RangeError(`ids[1] ${idText} 9007199254740992`)],
  [Int32Array.of(5, -1), new RangeError(`ids[1] ${idText} -1`)],
  [[5, 5], new RangeError('ids must be new, got 5 (row 1) again')],
  [[5, 2], new RangeError('ids must be new, got 2 (row 1) again')],
];

const kText = 'k must be a whole number from 1 to 4294967295';
export const searchCases: [queries: Any, options: Any, error: Error][] = [
  ...rowCases('queries').map(([value, error]): [Any, Any, Error] => [value, { k: 1 }, error]),
  [row, null, new TypeError('options must be an object, got null')],
  [row, 5, new TypeError('options must be an object, got 5')],
  [row, undefined, new TypeError(`${kText}, got undefined`)],
  [row, {}, new TypeError(`${kText}, got undefined`)],
  [row, { k: '1' }, new TypeError(`${kText}, got "1"`)],
  [row, { k: 0 }, new RangeError(`${kText}, got 0`)],
  [row, { k: 1.5 }, new RangeError(`${kText}, got 1.5`)],
  [row, { k: 2 ** 32 }, new RangeError(`${kText}, got 4294967296`)],
  [two, { k: 2 ** 31 }, new RangeError('k must be at most 2147483647 for 2 queries, got 2147483648')],
  [row, { k: 1, filter: null }, new TypeError('filter must be a list of ids or a Uint8Array bitmap, got null')],
  [row, { k: 1, filter: 7 }, new TypeError('filter must be a list of ids or a Uint8Array bitmap, got 7')],
  [row, { k: 1, filter: new Set([1]) }, new TypeError('filter must be a list of ids or a Uint8Array bitmap, got Set')],
  [
    row,
    { k: 1, filter: new Int8Array(1) },
    new TypeError('filter must be a list of ids or a Uint8Array bitmap, got Int8Array(1)'),
  ],
  [row, { k: 1, filter: [0, '1'] }, new TypeError('filter must be a list of numbers, got "1"')],
];

export const asyncCases: [options: Any, error: Error][] = [
  [{ k: 1, signal: {} }, new TypeError('signal must be an AbortSignal, got Object')],
  [{ k: 1, signal: null }, new TypeError('signal must be an AbortSignal, got null')],
  [{ k: 1, onProgress: 1 }, new TypeError('onProgress must be a function, got 1')],
  [{ k: 1, threads: 0 }, new RangeError('threads must be a whole number from 1 to 64, got 0')],
  [{ k: 1, threads: 65 }, new RangeError('threads must be a whole number from 1 to 64, got 65')],
  [{ k: 1, threads: '2' }, new TypeError('threads must be a whole number from 1 to 64, got "2"')],
];
