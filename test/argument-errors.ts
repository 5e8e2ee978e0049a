// SPDX-License-Identifier: Apache-2.0
/** Argument errors that many calls share, as rows of a table: name, call, class, exact message. */
import { expect, it } from 'vitest';
import { forEachBackend } from './backends.ts';

/** For deliberately wrong types. */
export const wrong = (value: unknown) => value as never;
export const f32 = (...values: number[]) => Float32Array.from(values);

export const DIM = 'dim must be a whole number from 1 to 1073741824';
export const SEED = 'seed must be a whole number from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1';
export const ROUNDS = 'rounds must be one of 1, 2, 3';
export const BITS = 'bits must be a number from 0.5 to 8';
export const rows = (name: string, dim = 4) =>
  `${name} must hold one or more rows of ${dim} element${dim === 1 ? '' : 's'}`;
export const EMPTY = 'got 0 elements (empty, or its buffer was detached)';

export type Row = readonly [name: string, call: () => unknown, Class: new (message: string) => Error, message: string];

/** The options object and the checks that each of these calls shares. */
export function options(name: string, call: (options: never) => unknown): Row[] {
  return [
    [`${name}: options null`, () => call(wrong(null)), TypeError, 'options must be an object, got null'],
    [`${name}: options 3`, () => call(wrong(3)), TypeError, 'options must be an object, got 3'],
    [`${name}: options array`, () => call(wrong(f32(1))), TypeError, 'options must be an object, got Float32Array(1)'],
  ];
}

export function dims(name: string, call: (dim: never) => unknown): Row[] {
  return [
    [`${name}: dim undefined`, () => call(wrong(undefined)), TypeError, `${DIM}, got undefined`],
    [`${name}: dim null`, () => call(wrong(null)), TypeError, `${DIM}, got null`],
    [`${name}: dim "4"`, () => call(wrong('4')), TypeError, `${DIM}, got "4"`],
    [`${name}: dim 4n`, () => call(wrong(4n)), TypeError, `${DIM}, got 4n`],
    [`${name}: dim 0`, () => call(wrong(0)), RangeError, `${DIM}, got 0`],
    [`${name}: dim -4`, () => call(wrong(-4)), RangeError, `${DIM}, got -4`],
    [`${name}: dim 1.5`, () => call(wrong(1.5)), RangeError, `${DIM}, got 1.5`],
    [`${name}: dim NaN`, () => call(wrong(Number.NaN)), RangeError, `${DIM}, got NaN`],
    [`${name}: dim Infinity`, () => call(wrong(Infinity)), RangeError, `${DIM}, got Infinity`],
    [`${name}: dim 2^30 + 1`, () => call(wrong(2 ** 30 + 1)), RangeError, `${DIM}, got 1073741825`],
  ];
}

/** float32 rows of 4. */
export function floatRows(name: string, argument: string, call: (x: never) => unknown): Row[] {
  const type = `${argument} must be a Float32Array`;
  return [
    [`${name}: undefined`, () => call(wrong(undefined)), TypeError, `${type}, got undefined`],
    [`${name}: array`, () => call(wrong([1, 2, 3, 4])), TypeError, `${type}, got Array(4)`],
    [`${name}: Float64Array`, () => call(wrong(new Float64Array(4))), TypeError, `${type}, got Float64Array(4)`],
    [`${name}: DataView`, () => call(wrong(new DataView(new ArrayBuffer(16)))), TypeError, `${type}, got DataView`],
    [`${name}: look-alike`, () => call(wrong(Object.create(Float32Array.prototype))), TypeError, type],
    [`${name}: no row`, () => call(wrong(f32())), RangeError, `${rows(argument)}, ${EMPTY}`],
    [`${name}: part of a row`, () => call(wrong(f32(1, 2, 3))), RangeError, `${rows(argument)}, got 3 elements`],
    [
      `${name}: a row and a part`,
      () => call(wrong(f32(1, 2, 3, 4, 5))),
      RangeError,
      `${rows(argument)}, got 5 elements`,
    ],
    [
      `${name}: NaN`,
      () => call(wrong(f32(1, 2, 3, 4, 1, 2, Number.NaN, 4))),
      RangeError,
      `${argument} must hold finite numbers, got NaN in row 1 (column 2)`,
    ],
    [
      `${name}: -Infinity`,
      () => call(wrong(f32(1, 2, 3, -Infinity))),
      RangeError,
      `${argument} must hold finite numbers, got -Infinity in row 0 (column 3)`,
    ],
    [
      `${name}: too long`,
      () => call(wrong(f32(1, 2, 3, 4, 3e38, 3e38, 0, 0))),
      RangeError,
      `${argument} must hold rows whose norm is a float32, row 1 is longer than 3.4e38`,
    ],
  ];
}

export function outs(name: string, Type: string, length: number, call: (out: never) => unknown): Row[] {
  const Other = Type === 'Uint8Array' ? Float32Array : Uint8Array;
  const Right = Type === 'Uint8Array' ? Uint8Array : Float32Array;
  return [
    [`${name}: out type`, () => call(wrong(new Other(99))), TypeError, `out must be a ${Type}, got ${Other.name}(99)`],
    [`${name}: out null`, () => call(wrong(null)), TypeError, `out must be a ${Type}, got null`],
    [
      `${name}: out short`,
      () => call(wrong(new Right(length - 1))),
      RangeError,
      `out must have at least ${length} elements, got ${length - 1}`,
    ],
  ];
}

export function records(name: string, call: (codes: never) => unknown): Row[] {
  const size = 'codes must hold one or more records of 11 bytes';
  return [
    [`${name}: codes undefined`, () => call(wrong(undefined)), TypeError, 'codes must be a Uint8Array, got undefined'],
    [
      `${name}: codes Int8Array`,
      () => call(wrong(new Int8Array(11))),
      TypeError,
      'codes must be a Uint8Array, got Int8Array(11)',
    ],
    [
      `${name}: codes clamped`,
      () => call(wrong(new Uint8ClampedArray(11))),
      TypeError,
      'codes must be a Uint8Array, got Uint8ClampedArray(11)',
    ],
    [
      `${name}: codes ArrayBuffer`,
      () => call(wrong(new ArrayBuffer(11))),
      TypeError,
      'codes must be a Uint8Array, got ArrayBuffer',
    ],
    [`${name}: codes empty`, () => call(wrong(new Uint8Array(0))), RangeError, `${size}, got 0 bytes`],
    [`${name}: codes part`, () => call(wrong(new Uint8Array(12))), RangeError, `${size}, got 12 bytes`],
  ];
}

const THREADS = 'threads must be a whole number from 1 to 64';
export function schedules(name: string, call: (options: never) => unknown): Row[] {
  return [
    ...options(name, call),
    [`${name}: signal`, () => call(wrong({ signal: 5 })), TypeError, 'signal must be an AbortSignal, got 5'],
    [`${name}: signal {}`, () => call(wrong({ signal: {} })), TypeError, 'signal must be an AbortSignal, got Object'],
    [`${name}: signal null`, () => call(wrong({ signal: null })), TypeError, 'signal must be an AbortSignal, got null'],
    [
      `${name}: onProgress`,
      () => call(wrong({ onProgress: 'f' })),
      TypeError,
      'onProgress must be a function, got "f"',
    ],
    [
      `${name}: onProgress null`,
      () => call(wrong({ onProgress: null })),
      TypeError,
      'onProgress must be a function, got null',
    ],
    [`${name}: threads 0`, () => call(wrong({ threads: 0 })), RangeError, `${THREADS}, got 0`],
    [`${name}: threads 65`, () => call(wrong({ threads: 65 })), RangeError, `${THREADS}, got 65`],
    [`${name}: threads 1.5`, () => call(wrong({ threads: 1.5 })), RangeError, `${THREADS}, got 1.5`],
    [`${name}: threads "2"`, () => call(wrong({ threads: '2' })), TypeError, `${THREADS}, got "2"`],
  ];
}

/** The message exactly, except for the look-alike objects, which have no length to show. */
function expectError(error: unknown, [name, , Class, message]: Row): void {
  expect(error, name).toBeInstanceOf(Class);
  expect((error as Error).constructor, name).toBe(Class);
  const got = (error as Error).message;
  expect(name.endsWith('look-alike') ? got.slice(0, message.length) : got, name).toBe(message);
}

export function expectArgumentErrors(table: readonly Row[], asyncTable: readonly Row[] = []): void {
  forEachBackend('argument errors', () => {
    it.each(table.map((row) => [row[0], row] as const))('%s', (_, row) => {
      let error: unknown;
      try {
        row[1]();
      } catch (thrown) {
        error = thrown;
      }
      expectError(error, row);
    });

    it.each(asyncTable.map((row) => [row[0], row] as const))('%s', async (_, row) => {
      // a promise that rejects, never a throw
      const promise = row[1]() as Promise<unknown>;
      expect(promise).toBeInstanceOf(Promise);
      expectError(
        await promise.then(
          () => undefined,
          (error: unknown) => error,
        ),
        row,
      );
    });
  });
}
