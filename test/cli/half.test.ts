// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatsFromHalves, halvesFromFloats } from '../../lib/cli/half.ts';

const toFloat = (...bits: number[]) => {
  const out = new Float32Array(bits.length);
  floatsFromHalves(Uint16Array.from(bits), out);
  return [...out];
};
const toHalf = (...values: number[]) => {
  const out = new Uint16Array(values.length);
  halvesFromFloats(Float32Array.from(values), out);
  return [...out];
};

describe('float16 to float32', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14], // smallest normal
    [0x03ff, 1023 * 2 ** -24], // largest subnormal
    [0x0001, 2 ** -24],
    [0x8001, -(2 ** -24)],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])('%i is %f', (bits, value) => {
    expect(toFloat(bits)).toEqual([value]);
  });

  it('keeps NaN', () => {
    expect(toFloat(0x7e00, 0x7c01, 0xffff)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('float32 to float16', () => {
  it.each([
    [1, 0x3c00],
    [-0, 0x8000],
    [1 + 2 ** -11, 0x3c00], // half way: to even
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
    [65504, 0x7bff],
    [65519.99609375, 0x7bff], // the float32 below half way to 2^16
    [65520, 0x7c00],
    [-1e10, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // half way: to even
    [1.5 * 2 ** -24, 0x0002],
    [2 ** -25 + 2 ** -40, 0x0001],
    [2 ** -14 - 2 ** -26, 0x0400], // rounds up to the smallest normal
    [2 ** -149, 0x0000],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ])('%f has the bits %i', (value, bits) => {
    expect(toHalf(value)).toEqual([bits]);
  });

  it('keeps NaN', () => {
    expect(toFloat(...toHalf(Number.NaN))).toEqual([Number.NaN]);
  });

  it('gives back every float16 but the payloads of NaN', () => {
    const all = Array.from({ length: 65536 }, (_, bits) => bits).filter((b) => (b & 0x7fff) <= 0x7c00);
    expect(toHalf(...toFloat(...all))).toEqual(all);
  });

  it('takes the nearest float16', () => {
    const finite = fc.float({ min: -65504, max: 65504, noNaN: true });
    fc.assert(
      fc.property(finite, (x) => {
        const [bits] = toHalf(x);
        const [value] = toFloat(bits);
        const error = Math.abs(value - x);
        const neighbours = [bits - 1, bits + 1].filter((b) => b >= 0 && (b & 0x7fff) < 0x7c00);
        return toFloat(...neighbours).every(
          (other) => Math.sign(other) !== Math.sign(value) || Math.abs(other - x) >= error,
        );
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
