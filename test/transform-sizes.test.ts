// SPDX-License-Identifier: Apache-2.0
/**
 * fwht at every size against the plain loop, and Rotation along every path of its kernels, at addresses of every kind:
 * kernels work in pieces that fit the caches and treat rows that begin amid a cache line apart. Larger sizes:
 * test/deep/sizes.mjs.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { fwht, Rotation } from '../lib/index.ts';
import { forEachBackend, onEveryBackend } from './backends.ts';
import { type Random, random } from './random-inputs.ts';
import { expectSameBits } from './same-bits.ts';

type Floats = Float32Array | Float64Array;
type FloatsConstructor = Float32ArrayConstructor | Float64ArrayConstructor;

/** Wherever a buffer begins, one of them begins a cache line. */
const OFFSETS = { Float32Array: [0, 4, 8, 16, 20, 32, 48], Float64Array: [0, 8, 16, 32, 48] };
const offsetsOf = (Type: FloatsConstructor) => OFFSETS[Type.name as keyof typeof OFFSETS];

/** A copy that begins `offset` bytes into its buffer. */
function at<T extends Floats>(offset: number, x: T): T {
  const Type = x.constructor as unknown as { new (buffer: ArrayBuffer, offset: number, length: number): T };
  const copy = new Type(new ArrayBuffer(offset + x.byteLength), offset, x.length);
  copy.set(x);
  return copy;
}

/** Numbers whose sums round differently in another order, among them zeros of both signs and denormals. */
function unlike(r: Random): number {
  const kind = r.below(16);
  if (kind === 0) return r.uniform() < 0.5 ? 0 : -0;
  if (kind === 1) return r.gaussian() * 2 ** -140;
  return r.gaussian() * 2 ** (r.below(12) - 6);
}

/** The definition: y = H x by h = 1, 2, 4, ..., each sum rounded to the type of the array. */
function plainLoop(x: Floats, dim: number): void {
  for (let start = 0; start < x.length; start += dim) {
    for (let h = 1; h < dim; h *= 2) {
      for (let b = start; b < start + dim; b += 2 * h) {
        for (let i = b; i < b + h; i++) {
          const [low, high] = [x[i], x[i + h]];
          x[i] = low + high;
          x[i + h] = low - high;
        }
      }
    }
  }
}

interface Case {
  readonly dim: number;
  readonly x: Floats;
  readonly plain: Floats;
  readonly normalized: Floats;
}

/** Short rows go through the kernels together: more of them than fit at a time. */
const rowsOf = (dim: number) => (dim <= 4096 ? 4096 / dim + 3 : dim <= 65536 ? 2 : 1);

function makeCase(Type: FloatsConstructor, dim: number): Case {
  const r = random(dim);
  const x = (new Type(rowsOf(dim) * dim) as Float64Array).map(() => unlike(r)) as Floats;
  const plain = x.slice();
  plainLoop(plain, dim);
  const [scale] = Type.of(1 / Math.sqrt(dim));
  return { dim, x, plain, normalized: (plain as Float64Array).map((v) => v * scale) };
}

describe.each([Float32Array, Float64Array])('fwht of a %O', (Type) => {
  let cases: Case[] | undefined;
  const everySize = () => {
    cases ??= Array.from({ length: 21 }, (_, j) => makeCase(Type, 2 ** j));
    return cases;
  };
  afterAll(() => {
    cases = undefined;
  });

  forEachBackend('against the plain loop', () => {
    it('gives the same bits at every size to 2^20, aligned or not', () => {
      for (const { dim, x, plain, normalized } of everySize()) {
        for (const offset of offsetsOf(Type)) {
          const what = `${dim} at byte ${offset}`;
          expectSameBits(fwht(at(offset, x), { dim }), plain, what);
          expectSameBits(fwht(at(offset, x), { dim, normalize: true }), normalized, `${what}, normalized`);
        }
      }
    });

    it('gives a row the same bits alone as among others', () => {
      for (const { dim, x, plain } of everySize()) {
        for (const offset of offsetsOf(Type)) {
          expectSameBits(fwht(at(offset, x.subarray(0, dim))), plain.subarray(0, dim), `${dim} at byte ${offset}`);
        }
      }
    });
  });
});

describe('Rotation along every path of its kernels', () => {
  // one span in L1, in L2 and beyond, of each order; two overlapping spans of such sizes
  const dims = [96, 1024, 3072, 5000, 8192, 12288, 20480, 28672, 100003, 131072, 196608, 524288, 600001];
  const isLong = (dim: number) => dim > 100000;
  const turns = (rotation: Rotation) => ({
    apply: (x: Float32Array, out?: Float32Array) => rotation.apply(x, { ...(out && { out }) }),
    invert: (x: Float32Array, out?: Float32Array) => rotation.invert(x, { ...(out && { out }) }),
  });

  it.each(dims)('gives the same bits in place and apart, aligned or not, on every backend: dim %i', (dim) => {
    const rotation = new Rotation({ dim, rounds: isLong(dim) ? 1 : 3, seed: dim });
    const r = random(dim);
    // the second row leaves the range in which no sum can overflow
    const x = Float32Array.from({ length: 2 * dim }, (_, i) => r.gaussian() * (i < dim ? 1 : 2 ** 70));
    for (const [name, turn] of Object.entries(turns(rotation))) {
      let expected: Float32Array | undefined;
      onEveryBackend((variant) => {
        expected ??= turn(x); // the first backend is JavaScript
        for (const offset of isLong(dim) ? [0, 4, 48] : OFFSETS.Float32Array) {
          const what = `${name} by ${variant.name} at byte ${offset}`;
          const from = at(offset, x);
          expectSameBits(turn(from), expected, `${what}, to a new array`);
          expectSameBits(from, x, `${what}, input`);
          expectSameBits(turn(x, at(offset, new Float32Array(2 * dim))), expected, `${what}, to an array elsewhere`);
          expectSameBits(turn(from, from), expected, `${what}, in place`);
        }
      });
      expect(expected).toHaveLength(2 * dim);
    }
  });
});
