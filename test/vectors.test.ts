// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the vectors are written as they were printed
/**
 * Test vectors of an implementation of ours in Python (numpy, float64), literally. The one for d = 12 is left out: its
 * Paley matrix has been replaced by a Williamson array.
 */
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import { fwht, moments, Quantizer, Rotation } from '../lib/index.ts';
import { streamBytes, streamKey } from '../lib/random.ts';
import { forEachBackend } from './backends.ts';

const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);

// printed digits, and float32 arithmetic on numbers near 10: 1e-5 is ten times its error
function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((e, i) => {
    expect(Math.abs(actual[i] - e), `element ${i}: ${actual[i]}, expected ${e}`).toBeLessThan(tolerance);
  });
}

describe('SplitMix64', () => {
  const words = (stream: number, count: number) =>
    [...new BigUint64Array(streamBytes(42, stream, count).buffer)].map((w) => w.toString(16));

  it.each([
    [0, 'd46e4e6742314566', ['7b002510c76aceac', '7fc3244c568b0dfa', '3bcfb580a00936c8']],
    [1, 'f18cddf220814b4a', ['e608c5e130d8bfaa', 'e01f5e43606480e0', 'c7a911f416ac0c0b']],
    [2, 'cabe16b95a642e73', ['96a1323a746b7c7f']],
    [16, '7b6becd2330ff05c', ['7b47e88d214b8ea4']],
  ])('seed 42, stream %i', (stream, key, expected) => {
    expect(streamKey(42, stream).toString(16)).toBe(key);
    expect(words(stream, expected.length)).toEqual(expected);
  });

  it('signs of round 0', () => {
    const bytes = streamBytes(42, 0, 1);
    const signs = Array.from({ length: 16 }, (_, i) => ((bytes[i >> 3] >> (i & 7)) & 1 ? '-' : '+'));
    expect(signs.join(' ')).toBe('+ + - - + - + - + - - - + + - -');
  });
});

forEachBackend('vectors of 1, 2, ... 8 with seed 42', () => {
  it('fwht', () => {
    expect([...fwht(Float32Array.from(x))]).toEqual([36, -4, -8, 0, -16, 0, 0, 0]);
    expect([...fwht(Float64Array.from(x))]).toEqual([36, -4, -8, 0, -16, 0, 0, 0]);
  });

  it.each([
    [1, [-2.121320344, 9.192388155, 3.535533906, -2.121320344, -0.707106781, -9.192388155, 3.535533906, 0.707106781]],
    [2, [2, 1, -4, -3, -6, 5, -8, 7]],
    [3, [7.071067812, 4.242640687, -8.485281374, 2.828427125, -4.242640687, -4.242640687, 1.414213562, -4.242640687]],
  ] as const)('rotation, %i rounds', (rounds, expected) => {
    const rotation = new Rotation({ dim: 8, rounds, seed: 42 });
    expectNear(rotation.apply(x), expected);
    expectNear(rotation.invert(Float32Array.from(expected)), [...x]);
  });

  const eighth = (v: number) => new Array<number>(8).fill(v);
  it.each([
    [1, [1, 1, 0, 0, 0, 1, 0, 1], 7.102113445, 5.639913618, eighth(5.666667)],
    [
      2,
      [2, 2, 1, 1, 0, 3, 0, 3],
      4.657676937,
      4.403873778,
      [...eighth(2.108903).slice(4), ...eighth(7.035037).slice(4)],
    ],
    [
      4,
      [9, 8, 5, 5, 3, 11, 2, 12],
      5.166010717,
      5.1337302,
      [0.66329, 2.004662, 3.392825, 3.392825, 4.868141, 6.489704, 6.489704, 8.358845],
    ],
  ] as const)('EDEN with two rounds, %i bits', (bits, codes, unbiased, mse, decoded) => {
    const options = { dim: 8, bits, rounds: 2, seed: 42 } as const;
    const quantizer = new Quantizer(options);
    const record = quantizer.encode(x);
    const got = new Uint8Array(8);
    kernels().unpack(got, bits, record.subarray(0, bits));
    expect([...got]).toEqual(codes);
    const scaleOf = (r: Uint8Array) => new DataView(r.buffer).getFloat32(bits, true);
    expectNear([scaleOf(record)], [unbiased]);
    expectNear([scaleOf(new Quantizer({ ...options, scale: 'mse' }).encode(x))], [mse]);
    expect(record[bits + 8]).toBe(2);
    expectNear(quantizer.decode(record), decoded);
  });

  it('moments', () => {
    const { norm, l3, l4, max } = moments(x, 8);
    expectNear([norm[0], l3[0], l4[0], max[0]], [Math.sqrt(204), 0.44479485, 0.210784314, 0.560112034], 1e-7);
    const hot = moments(Float32Array.of(0, 0, 0, 1, 0, 0, 0, 0), 8);
    expect([hot.norm[0], hot.l3[0], hot.l4[0], hot.max[0]]).toEqual([1, 1, 1, 1]);
  });
});
