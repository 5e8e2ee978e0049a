// SPDX-License-Identifier: Apache-2.0
/** Arrays as they really come: unaligned, shared, from another realm, of a subclass, detached, overlapping. */
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { fwht, moments, Quantizer, Rotation } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { floats } from './golden/reference/inputs.mjs';
import { expectSameBits } from './same-bits.ts';

const dim = 100;
const rotation = new Rotation({ dim });
const q = new Quantizer({ dim, bits: 4 });
const x: Float32Array = floats('plain', 1, 3, dim);
const query: Float32Array = floats('plain', 2, 1, dim);

/** Everything that reads floats and codes, in new arrays. */
function results(given: Float32Array, codes: (bytes: Uint8Array) => Uint8Array = (c) => c, asked = query) {
  const encoded = codes(q.encode(given));
  return [
    rotation.apply(given),
    rotation.invert(given),
    moments(given, dim).norm,
    q.encode(given),
    q.decode(encoded),
    q.innerProducts(asked, encoded),
    q.squaredDistances(asked, encoded),
    q.cosines(asked, encoded),
    q.errorBounds(asked, encoded),
  ];
}

function expectSameResults(got: ReturnType<typeof results>, expected: ReturnType<typeof results>, what: string): void {
  got.forEach((array, i) => {
    expectSameBits(array, expected[i], `${what}, result ${i}`);
  });
}

const OFFSETS = Array.from({ length: 15 }, (_, i) => 4 + 4 * i);

forEachBackend('arrays', () => {
  it('views at any byte offset', () => {
    const expected = results(x);
    for (const offset of OFFSETS) {
      const view = new Float32Array(new ArrayBuffer(x.byteLength + 64), offset, x.length);
      view.set(x);
      const asked = new Float32Array(new ArrayBuffer(query.byteLength + 64), offset, dim);
      asked.set(query);
      const shifted = (c: Uint8Array) => {
        const bytes = new Uint8Array(new ArrayBuffer(c.length + 64), offset / 4, c.length); // odd ones too
        bytes.set(c);
        return bytes;
      };
      expectSameResults(results(view, shifted, asked), expected, `offset ${offset}`);
      const out = new Float32Array(new ArrayBuffer(x.byteLength + 64), 64 - offset, x.length);
      expectSameBits(rotation.apply(view, { out }), expected[0], `out at ${64 - offset}`);
      const bytes = new Uint8Array(new ArrayBuffer(1024), offset + 1, 3 * q.bytesPerVector);
      expectSameBits(q.encode(view, { out: bytes }), expected[3], `codes at ${offset + 1}`);
      expectSameBits(q.decode(bytes, { out }), expected[4], `decoded at ${64 - offset}`);
      for (const Type of [Float32Array, Float64Array]) {
        const width = Type.BYTES_PER_ELEMENT;
        if (offset % width) continue;
        const row = new Type(new ArrayBuffer(64 * width + 64), offset, 64);
        row.set(x.subarray(0, 64));
        expectSameBits(fwht(row), fwht(Type.from(x.subarray(0, 64))), `fwht at ${offset}`);
      }
    }
  });

  it('shared memory', () => {
    const expected = results(x);
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
    shared.set(x);
    const sharedCodes = (c: Uint8Array) => {
      const bytes = new Uint8Array(new SharedArrayBuffer(c.length));
      bytes.set(c);
      return bytes;
    };
    expectSameResults(results(shared, sharedCodes), expected, 'shared');
    const out = new Uint8Array(new SharedArrayBuffer(3 * q.bytesPerVector));
    expectSameBits(q.encode(x, { out }), expected[3], 'into shared memory');
  });

  it('another realm', () => {
    const foreign = runInNewContext('Float32Array.from(values)', { values: [...x] });
    expect(foreign instanceof Float32Array).toBe(false);
    const foreignCodes = (c: Uint8Array) => runInNewContext('Uint8Array.from(values)', { values: [...c] });
    const asked = runInNewContext('Float32Array.from(values)', { values: [...query] });
    expectSameResults(results(foreign, foreignCodes, asked), results(x), 'foreign');
    const out = runInNewContext(`new Uint8Array(${3 * q.bytesPerVector + 5})`);
    expectSameBits(q.encode(x, { out }), q.encode(x), 'foreign out');
  });

  it('subclasses, and subclasses whose species is something else', () => {
    class Own extends Float32Array {}
    class Odd extends Float32Array {
      static get [Symbol.species]() {
        return Float32Array;
      }
    }
    for (const Type of [Own, Odd]) expectSameResults(results(Type.from(x)), results(x), Type.name);
    const out = new Own(x.length + 7);
    expectSameBits(rotation.apply(x, { out }), rotation.apply(x), 'longer out of a subclass');
  });

  it('a length property that lies does not matter', () => {
    for (const length of [0, 1, dim, 1000, -1, Number.NaN]) {
      const liar = Object.defineProperty(x.slice(), 'length', { value: length });
      const lyingCodes = (c: Uint8Array) => Object.defineProperty(c.slice(), 'length', { value: length });
      expectSameResults(results(liar, lyingCodes), results(x), `length ${length}`);
      const row = Object.defineProperty(x.slice(0, 64), 'length', { value: length });
      fwht(row);
      const copy = new Float32Array(row.buffer);
      expectSameBits(copy, fwht(x.slice(0, 64)), `fwht, length ${length}`);
    }
  });

  it('a detached array is an array of no elements', () => {
    const detached = <T extends ArrayBufferView<ArrayBuffer>>(array: T): T => {
      structuredClone(array.buffer, { transfer: [array.buffer] });
      return array;
    };
    const codes = q.encode(x);
    const rows = 'must hold one or more rows of 100 elements, got 0 elements (empty, or its buffer was detached)';
    const cases: [() => unknown, string][] = [
      [() => rotation.apply(detached(x.slice())), `x ${rows}`],
      [() => rotation.invert(detached(x.slice())), `y ${rows}`],
      [() => moments(detached(x.slice()), dim), `x ${rows}`],
      [() => q.encode(detached(x.slice())), `x ${rows}`],
      [() => q.decode(detached(codes.slice())), 'codes must hold one or more records of 59 bytes, got 0 bytes'],
      [() => q.cosines(detached(query.slice()), codes), 'query must have dim = 100 elements, got 0'],
      [() => q.cosines(query, detached(codes.slice())), 'codes must hold one or more records of 59 bytes, got 0 bytes'],
      [() => q.encode(x, { out: detached(new Uint8Array(177)) }), 'out must have at least 177 elements, got 0'],
      [() => q.decode(codes, { out: detached(new Float32Array(300)) }), 'out must have at least 300 elements, got 0'],
      [() => rotation.apply(x, { out: detached(new Float32Array(300)) }), 'out must have at least 300 elements, got 0'],
      [
        () => fwht(detached(x.slice())),
        'x must hold one or more rows of 1 element, got 0 elements (empty, or its buffer was detached)',
      ],
    ];
    for (const [call, message] of cases) expect(call).toThrow(new RangeError(message));
  });

  it('an out that shares some bytes with an input is refused, the same rows are not', () => {
    const buffer = new ArrayBuffer(8192);
    const rows = new Float32Array(buffer, 0, 200);
    rows.set(x.subarray(0, 200));
    const before = rows.slice();
    const both = (name: string) => new RangeError(`out must not overlap ${name} unless both are the same rows`);
    const never = (name: string) => new RangeError(`out must not overlap ${name}`);
    for (const shift of [4, 400, 796]) {
      expect(() => rotation.apply(rows, { out: new Float32Array(buffer, shift, 200) })).toThrow(both('x'));
      expect(() => rotation.invert(rows, { out: new Float32Array(buffer, shift, 200) })).toThrow(both('y'));
      const later = new Float32Array(buffer, shift, 200);
      expect(() => rotation.apply(later, { out: rows })).toThrow(both('x'));
      expect(() => fwht(rows.subarray(0, 128), { out: new Float32Array(buffer, shift % 400 || 4, 128) })).toThrow(
        both('x'),
      );
    }
    expect(() => q.encode(rows, { out: new Uint8Array(buffer, 799, 200) })).toThrow(never('x'));
    const codes = new Uint8Array(buffer, 4000, 2 * q.bytesPerVector);
    codes.set(q.encode(rows));
    expect(() => q.decode(codes, { out: new Float32Array(buffer, 3200, 201) })).not.toThrow(); // 200 of it end at 4000
    expect(() => q.decode(codes, { out: new Float32Array(buffer, 3204, 200) })).toThrow(never('codes'));
    expect(() => q.cosines(rows.subarray(0, dim), codes, { out: rows.subarray(dim - 1, dim + 1) })).toThrow(
      never('query'),
    );
    expect(() => q.cosines(rows.subarray(0, dim), codes, { out: new Float32Array(buffer, 4000, 2) })).toThrow(
      never('codes'),
    );
    expectSameBits(rows, before, 'rows after refusals');
    // side by side is not overlapping
    expect(() => rotation.apply(rows, { out: new Float32Array(buffer, 800, 200) })).not.toThrow();
  });
});
