// SPDX-License-Identifier: Apache-2.0
/** Wrong arguments: the class and the exact message, the same on every backend, and no effect. */
import { readdirSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { forEachBackend } from '../backends.ts';
import { type Any, addIdCases, asyncCases, optionCases, rowCases, searchCases, two } from './argument-cases.ts';
import { temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals } from './vectors.ts';

const pathOf = temporaryFolder();
const vectors = normals(152, 3, 3);

/** The error itself: class and message, neither more nor less. */
function expectError(thrown: unknown, expected: Error): void {
  const [got, wanted] = [thrown as Error, expected];
  expect(`${got?.constructor?.name}: ${got?.message}`).toBe(`${wanted.constructor.name}: ${wanted.message}`);
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return new Error('nothing was thrown');
}

const titled = <T extends unknown[]>(cases: T[]): [string, ...T][] =>
  cases.map((one) => [(one[one.length - 1] as Error).message, ...one]);

forEachBackend('a wrong argument', () => {
  let index: Any;
  let before: { size: number; bytes: number; center: Float32Array | null };
  beforeEach(() => {
    index = new FlatIndex({ dim: 3, bits: 4, metric: 'ip' });
    index.add(vectors);
    before = { size: index.size, bytes: index.bytes, center: index.center };
  });
  const expectUnchanged = () => {
    expect({ size: index.size, bytes: index.bytes, center: index.center }).toEqual(before);
    const fresh = new FlatIndex({ dim: 3, bits: 4, metric: 'ip' });
    fresh.add(vectors);
    expectSameResult(index.search(two, { k: 3 }), fresh.search(two, { k: 3 }));
  };

  it.each(titled(optionCases))('of the constructor: %s', (_title, options: Any, error) => {
    expectError(
      thrownBy(() => new FlatIndex(options)),
      error,
    );
  });

  it.each(titled(rowCases('vectors')))('of add: %s', (_title, value, error) => {
    expectError(
      thrownBy(() => index.add(value)),
      error,
    );
    expectUnchanged();
  });

  it.each(titled(addIdCases))('of add: %s', (_title, ids, error) => {
    expectError(
      thrownBy(() => index.add(two, ids)),
      error,
    );
    expectUnchanged();
  });

  it.each(titled(rowCases('sample')))('of fit: %s', (_title, value, error) => {
    const fitting = new FlatIndex({ dim: 3, bits: 4, center: 'mean' });
    expectError(
      thrownBy(() => fitting.fit(value)),
      error,
    );
    expect(fitting.center).toBeNull();
    fitting.fit(vectors);
    expect(fitting.center).not.toBeNull();
  });

  it('of fit: an index that has its center, or needs none', () => {
    const error = new RangeError("fit needs an index with center: 'mean' that has no vectors yet");
    expectError(
      thrownBy(() => index.fit(vectors)),
      error,
    );
    expectUnchanged();
    const added = new FlatIndex({ dim: 3, bits: 4, center: 'mean' });
    added.add(vectors);
    expectError(
      thrownBy(() => added.fit(vectors)),
      error,
    );
  });

  it.each([
    ['ids must be an id or a list of ids, got undefined', undefined],
    ['ids must be an id or a list of ids, got null', null],
    ['ids must be an id or a list of ids, got "1"', '1'],
    ['ids must be an id or a list of ids, got 1n', 1n],
    ['ids must be an id or a list of ids, got Uint8Array(1)', Uint8Array.of(1)],
    ['ids must be an id or a list of ids, got Set', new Set([1])],
    ['ids must be a list of numbers, got "1"', ['1', 0]],
    ['ids must be a list of numbers, got 1n', [1n]],
  ])('of remove: %s', (message, ids) => {
    expectError(
      thrownBy(() => index.remove(ids)),
      new TypeError(message),
    );
    expectUnchanged();
  });

  it.each([
    ['id must be a number, got undefined', undefined],
    ['id must be a number, got "0"', '0'],
    ['id must be a number, got 0n', 0n],
    ['id must be a number, got Array(1)', [0]],
  ])('of has: %s', (message, id) => {
    expectError(
      thrownBy(() => index.has(id)),
      new TypeError(message),
    );
  });

  it.each(titled(searchCases))('of search and searchAsync: %s', async (_title, queries, options, error) => {
    expectError(
      thrownBy(() => index.search(queries, options)),
      error,
    );
    // an async call rejects; it never throws
    expectError(await index.searchAsync(queries, options).catch((reason: unknown) => reason), error);
    const empty: Any = new FlatIndex({ dim: 3, bits: 4 });
    expectError(
      thrownBy(() => empty.search(queries, options)),
      error,
    );
    expectError(await empty.searchAsync(queries, options).catch((reason: unknown) => reason), error);
    expectUnchanged();
  });

  it.each(titled(asyncCases))('of searchAsync: %s', async (_title, options, error) => {
    for (const one of [index, new FlatIndex({ dim: 3, bits: 4 }) as Any]) {
      expectError(await one.searchAsync(two, options).catch((reason: unknown) => reason), error);
    }
    expectUnchanged();
  });

  it.each([
    ['path must be a string, got undefined', undefined],
    ['path must be a string, got null', null],
    ['path must be a string, got 3', 3],
    ['path must be a string, got Uint8Array(2)', Uint8Array.of(47, 120)],
    ['path must be a string, got URL', new URL('file:///tmp/x')],
  ])('of save and open: %s', async (message, path) => {
    const open: Any = FlatIndex.open;
    expectError(await index.save(path).catch((reason: unknown) => reason), new TypeError(message));
    expectError(await open(path).catch((reason: unknown) => reason), new TypeError(message));
    expectUnchanged();
    expect(readdirSync(pathOf('.'))).toEqual([]);
  });

  it.each([
    ['bytes must be a Uint8Array, got undefined', undefined],
    ['bytes must be a Uint8Array, got "HADAQIDX"', 'HADAQIDX'],
    ['bytes must be a Uint8Array, got ArrayBuffer', new ArrayBuffer(8)],
    ['bytes must be a Uint8Array, got Uint8ClampedArray(8)', new Uint8ClampedArray(8)],
    ['bytes must be a Uint8Array, got DataView', new DataView(new ArrayBuffer(8))],
  ])('of fromBytes: %s', (message, bytes: Any) => {
    expectError(
      thrownBy(() => FlatIndex.fromBytes(bytes)),
      new TypeError(message),
    );
  });

  it('of fromBytes: detached, or with a length that lies', () => {
    const bytes: Uint8Array<ArrayBuffer> = index.toBytes();
    const longer = Object.defineProperty(bytes.slice(0, 100), 'length', { value: bytes.length });
    expect(() => FlatIndex.fromBytes(longer)).toThrow(
      new HadaquantFormatError('index file: truncated inside its header'),
    );
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(() => FlatIndex.fromBytes(bytes)).toThrow(
      new HadaquantFormatError('index file: this is not a hadaquant index (wrong first bytes)'),
    );
  });
});
