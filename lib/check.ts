// SPDX-License-Identifier: Apache-2.0
/**
 * Every check of an argument, once, before any work: TypeError for a wrong type, RangeError for a wrong value. Messages
 * name the argument, what was expected and what came; they are the same on every backend.
 */
import type { Seed } from './random.ts';

/** Bytes that cannot be decoded: a damaged or foreign file, record or JSON. */
export class HadaquantFormatError extends Error {
  /** Always this, as the names of built-in errors are. */
  override readonly name = 'HadaquantFormatError';
}

/** Something that the platform the code runs on does not have. */
export class HadaquantUnsupportedError extends Error {
  /** Always this, as the names of built-in errors are. */
  override readonly name = 'HadaquantUnsupportedError';
}

/**
 * Codes, files and seeds are little-endian, and are read and written as arrays in the machine's order.
 * @param one the bytes of the 16-bit number 1
 */
export function requireLittleEndian(one: Uint8Array = new Uint8Array(Uint16Array.of(1).buffer)): void {
  if (one[0] !== 1)
    throw new HadaquantUnsupportedError('hadaquant needs a little-endian machine, this one is big-endian');
}

/** How a value looks in a message: short, and never the whole array. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object': {
      const name = (value as object).constructor?.name ?? 'object';
      if (Array.isArray(value)) return `${name}(${value.length})`;
      return arrayTag(value) ? `${name}(${trueLength(value as ArrayBufferView)})` : name;
    }
    default:
      return typeof value;
  }
}

export function typeError(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${expected}, got ${describe(value)}`);
}

export function rangeError(name: string, expected: string, value: unknown): RangeError {
  return new RangeError(`${name} must be ${expected}, got ${describe(value)}`);
}

/** The object that holds a call's options; undefined stands for an empty one. */
export function checkOptions<T extends object>(value: T | undefined, name = 'options'): T {
  if (value === undefined) return {} as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value))
    throw typeError(name, 'an object', value);
  return value;
}

export function checkInteger(
  name: string,
  value: unknown,
  low: number,
  high: number = Number.MAX_SAFE_INTEGER,
): number {
  const range =
    high === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${low}` : `a whole number from ${low} to ${high}`;
  if (typeof value !== 'number') throw typeError(name, range, value);
  if (!Number.isSafeInteger(value) || value < low || value > high) throw rangeError(name, range, value);
  return value;
}

export function checkNumber(name: string, value: unknown, low: number, high: number): number {
  const range = high === Number.POSITIVE_INFINITY ? `a number of at least ${low}` : `a number from ${low} to ${high}`;
  if (typeof value !== 'number') throw typeError(name, range, value);
  if (!(value >= low && value <= high) || value === Number.POSITIVE_INFINITY) throw rangeError(name, range, value);
  return value;
}

export function checkChoice<T extends string | number>(name: string, value: unknown, choices: readonly T[]): T {
  const expected = `one of ${choices.map((c) => (typeof c === 'string' ? `'${c}'` : c)).join(', ')}`;
  if (choices.includes(value as T)) return value as T;
  const types = new Set(choices.map((c) => typeof c));
  throw types.has(typeof value as 'string' | 'number')
    ? rangeError(name, expected, value)
    : typeError(name, expected, value);
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean', value);
  return value;
}

/** Largest supported dimension: 2^30 coordinates, 4 GiB a row. */
export const MAX_DIM: number = 2 ** 30;

/** The largest float32. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

export function checkDim(value: unknown): number {
  return checkInteger('dim', value, 1, MAX_DIM);
}

export function checkSeed(value: unknown, name = 'seed'): Seed {
  const expected = 'a whole number from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1';
  if (typeof value === 'bigint') {
    if (value < 0n || value > 0xffffffffffffffffn) throw rangeError(name, expected, value);
    return value;
  }
  if (typeof value !== 'number') throw typeError(name, expected, value);
  if (!Number.isSafeInteger(value) || value < 0) throw rangeError(name, expected, value);
  return value;
}

// Typed arrays of another realm (vm, worker message) fail instanceof; the tag does not lie.
const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined;
// `length` can be shadowed on an instance; the native side reads the true one, so must we.
const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get as (
  this: unknown,
) => number;

export function arrayTag(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? tagOf.call(value) : undefined;
}

/** The true number of elements: 0 for a detached or out-of-bounds view. */
export function trueLength(array: ArrayBufferView): number {
  return lengthOf.call(array);
}

function typedArray(name: string, value: unknown, tags: readonly string[]): number {
  const expected = `a ${tags.join(' or ')}`;
  if (!tags.includes(arrayTag(value) ?? '')) throw typeError(name, expected, value);
  return trueLength(value as ArrayBufferView);
}

/** A Float32Array of whole rows; gives their number (at least 1). */
export function checkRows(name: string, value: unknown, dim: number): number {
  return wholeRows(name, typedArray(name, value, ['Float32Array']), dim);
}

/** A Float32Array or Float64Array of whole rows; gives their number (at least 1). */
export function checkFloatRows(name: string, value: unknown, dim: number): number {
  return wholeRows(name, typedArray(name, value, ['Float32Array', 'Float64Array']), dim);
}

function wholeRows(name: string, length: number, dim: number): number {
  if (length === 0 || length % dim !== 0) {
    throw new RangeError(
      `${name} must hold one or more rows of ${dim} element${dim === 1 ? '' : 's'}, got ${length} elements` +
        (length === 0 ? ' (empty, or its buffer was detached)' : ''),
    );
  }
  return length / dim;
}

/** A Float32Array of exactly `dim` elements; `what` names that number in a message. */
export function checkVector(name: string, value: unknown, dim: number, what = 'dim'): Float32Array {
  const length = typedArray(name, value, ['Float32Array']);
  if (length !== dim) throw new RangeError(`${name} must have ${what} = ${dim} elements, got ${length}`);
  return value as Float32Array;
}

/** Records: a Uint8Array of whole records; gives their number (at least 1). */
export function checkRecords(name: string, value: unknown, bytes: number): number {
  const length = typedArray(name, value, ['Uint8Array']);
  if (length === 0 || length % bytes !== 0) {
    throw new RangeError(`${name} must hold one or more records of ${bytes} bytes, got ${length} bytes`);
  }
  return length / bytes;
}

/** A Uint8Array, as a view whose `length` does not lie; an empty one for a detached array. */
export function checkBytes(name: string, value: unknown): Uint8Array {
  const length = typedArray(name, value, ['Uint8Array']);
  const { buffer, byteOffset } = value as Uint8Array;
  return length ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(0);
}

/** Records whose sizes differ: a Uint8Array that is not empty. */
export function checkRecordBytes(name: string, value: unknown): void {
  const length = typedArray(name, value, ['Uint8Array']);
  if (length === 0) throw new RangeError(`${name} must hold one or more records, got 0 bytes`);
}

type Typed = Float32Array | Float64Array | Uint8Array | Uint32Array;

/**
 * `out`: an array of this type with at least `length` elements that shares no byte with `inputs` (unless it is exactly
 * one of them and `inPlace` allows it). Gives its first `length` elements, or a new array when it is undefined.
 */
export function checkOut<T extends Typed>(
  value: unknown,
  Type: { new (length: number): T; readonly name: string },
  length: number,
  inputs: Record<string, ArrayBufferView>,
  inPlace = false,
): T {
  if (value === undefined) return allocate(Type, length);
  const had = typedArray('out', value, [Type.name]);
  if (had < length) throw new RangeError(`out must have at least ${length} elements, got ${had}`);
  const out = value as T;
  const view = had === length ? out : (out.subarray(0, length) as T);
  for (const [name, input] of Object.entries(inputs)) {
    if (!overlaps(view, input)) continue;
    const same = view.byteOffset === input.byteOffset && view.byteLength === input.byteLength;
    if (inPlace && same) continue;
    throw new RangeError(`out must not overlap ${name}${inPlace ? ' unless both are the same rows' : ''}`);
  }
  return view;
}

/** A new array, or a RangeError that says how much was asked for. */
export function allocate<T extends Typed>(Type: { new (length: number): T; readonly name: string }, length: number): T {
  try {
    return new Type(length);
  } catch {
    throw new RangeError(`cannot allocate a ${Type.name} of ${length} elements`);
  }
}

function overlaps(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}

/** The error for row `row` of an input that cannot be used: it holds a NaN or an infinity, or is too long a vector. */
export function unusableRow(
  name: string,
  x: Float32Array | Float64Array,
  dim: number,
  row: number,
  firstRow = 0,
): RangeError {
  for (let i = 0; i < dim; i++) {
    const v = x[row * dim + i] as number;
    if (!Number.isFinite(v))
      return new RangeError(`${name} must hold finite numbers, got ${v} in row ${firstRow + row} (column ${i})`);
  }
  const [type, top] = x.BYTES_PER_ELEMENT === 4 ? ['float32', '3.4e38'] : ['float64', '1.8e308'];
  return new RangeError(`${name} must hold rows whose norm is a ${type}, row ${firstRow + row} is longer than ${top}`);
}

export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || typeof (value as AbortSignal).addEventListener !== 'function') {
    throw typeError('signal', 'an AbortSignal', value);
  }
  return value as AbortSignal;
}

export function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== 'function') throw typeError(name, 'a function', value);
  return value;
}
