// SPDX-License-Identifier: Apache-2.0
/** Properties of fwht and Rotation on every backend. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fwht, Rotation } from '../lib/index.ts';
import { streamBytes } from '../lib/random.ts';
import { transformSize } from '../lib/transform/rotation-plan.ts';
import { forEachBackend } from './backends.ts';
import { random } from './random-inputs.ts';
import { expectSameBits } from './same-bits.ts';

const RUNS = { numRuns: 40, seed: 20260101 };
const gaussians = (n: number, seed: number) => {
  const r = random(seed);
  return Float32Array.from({ length: n }, () => r.gaussian());
};
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
/** float32 rounding in log2(n) levels of sums, three rounds of them and their scales: far below this, times the norm. */
const F32 = 4e-6;

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = ''): void {
  const bound = tolerance * (norm(expected) || 1);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= bound)) expect(actual[i], `${what}[${i}]`).toBe(expected[i]);
  }
}

describe('transformSize', () => {
  it('is the largest 2^j * {1, 12, 20, 28} that fits, for every dim up to 5000 and around every size up to 2^30', () => {
    const sizes = [1, 12, 20, 28].flatMap((order) =>
      Array.from({ length: 31 }, (_, j) => ({ span: order * 2 ** j, order })),
    );
    const expected = (dim: number) => sizes.filter((s) => s.span <= dim).sort((a, b) => b.span - a.span)[0];
    const around = sizes.flatMap((s) => [s.span - 1, s.span, s.span + 1]).filter((n) => n >= 1 && n <= 2 ** 30);
    for (const dim of [...Array.from({ length: 5000 }, (_, i) => i + 1), ...around]) {
      expect(transformSize(dim)).toEqual(expected(dim));
    }
  });
});

forEachBackend('fwht', () => {
  const size = fc.integer({ min: 0, max: 13 });
  const type = fc.constantFrom(Float32Array, Float64Array) as fc.Arbitrary<Float32ArrayConstructor>;

  it('is its own inverse when normalized, keeps the norm, and is linear', () => {
    fc.assert(
      fc.property(size, type, fc.integer(), fc.integer({ min: 1, max: 4 }), (j, Type, seed, rows) => {
        const dim = 2 ** j;
        const x = Type.from(gaussians(rows * dim, seed));
        const y = Type.from(gaussians(rows * dim, seed + 1));
        const options = { dim, normalize: true };
        const hx = fwht(x, { ...options, out: new Type(x.length) as typeof x });
        const hy = fwht(y, { ...options, out: new Type(y.length) as typeof y });
        expectNear(fwht(Type.from(hx), options), x, F32, 'involution');
        expectNear([norm(hx)], [norm(x)], F32, 'norm');
        const sum = Type.from(x, (v, i) => v + 3 * y[i]);
        expectNear(
          fwht(sum, options),
          Type.from(hx, (v, i) => v + 3 * hy[i]),
          F32,
          'linearity',
        );
      }),
      RUNS,
    );
  });

  it('is the Sylvester matrix: (-1)^popcount(i & j)', () => {
    for (const dim of [1, 2, 4, 8, 16, 32, 64, 128]) {
      for (let j = 0; j < dim; j++) {
        const column = fwht(Float64Array.from({ length: dim }, (_, i) => (i === j ? 1 : 0)));
        column.forEach((v, i) => {
          const ones = (i & j).toString(2).split('1').length - 1;
          expect(v).toBe(ones % 2 ? -1 : 1);
        });
      }
    }
  });

  it('treats each row by itself, in place or not', () => {
    const x = gaussians(7 * 256, 3);
    const whole = fwht(Float32Array.from(x), { dim: 256 });
    for (let r = 0; r < 7; r++) {
      expectSameBits(fwht(x.slice(r * 256, (r + 1) * 256)), whole.subarray(r * 256, (r + 1) * 256), `row ${r}`);
    }
    const out = new Float32Array(x.length + 5).fill(7);
    const got = fwht(x, { dim: 256, out });
    expectSameBits(got, whole);
    expect(got.length).toBe(x.length);
    expect([...out.subarray(x.length)]).toEqual([7, 7, 7, 7, 7]);
  });

  it('gives finite results for rows whose sums pass through numbers beyond float32', () => {
    // normalized, the largest output is at most the norm, which fits; DESIGN section 5 rule 3
    const x = Float32Array.of(2e38, 1.5e38, 1e38, 0.5e38);
    const got = fwht(Float32Array.from(x), { normalize: true });
    expectNear(got, [2.5e38, 0.5e38, 1e38, 0], 1e-6);
  });
});

forEachBackend('Rotation', () => {
  const dims = fc.oneof(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 131, max: 2500 }));
  const rounds = fc.constantFrom(1, 2, 3) as fc.Arbitrary<1 | 2 | 3>;

  it('keeps norms and inner products, and invert undoes it', () => {
    fc.assert(
      fc.property(dims, rounds, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer(), (dim, k, seed, data) => {
        const rotation = new Rotation({ dim, rounds: k, seed });
        const x = gaussians(2 * dim, data);
        const y = rotation.apply(x);
        expectNear(rotation.invert(y), x, F32, 'invert(apply(x))');
        expectNear(rotation.apply(rotation.invert(x)), x, F32, 'apply(invert(x))');
        const rows = (v: Float32Array) => [v.subarray(0, dim), v.subarray(dim)];
        const [[a, b], [ra, rb]] = [rows(x), rows(y)];
        expect(Math.abs(norm(ra) / norm(a) - 1)).toBeLessThan(F32);
        expect(Math.abs(dot(ra, rb) - dot(a, b))).toBeLessThan(F32 * norm(a) * norm(b));
      }),
      RUNS,
    );
  });

  it('nests: the first rounds do not depend on how many follow', () => {
    fc.assert(
      fc.property(dims, fc.integer(), (dim, data) => {
        const x = gaussians(dim, data);
        const forms = ([1, 2, 3] as const).map((k) => new Rotation({ dim, rounds: k, seed: 4 }).apply(x));
        const three = new Rotation({ dim, rounds: 3, seed: 4 });
        forms.forEach((form, i) => {
          const k = (i + 1) as 1 | 2 | 3;
          expectSameBits(three.apply(x, { rounds: k }), form, `rounds ${k} of a rotation of 3`);
          expectNear(three.invert(form, { rounds: k }), x, F32, `invert ${k}`);
        });
      }),
      RUNS,
    );
  });

  it('round 2 works on what round 1 gave', () => {
    // dim 24 is a transform size: undo the signs of round 2 by hand and apply the same Hadamard matrix
    const x = gaussians(24, 1);
    const seed = 5;
    const rotation = new Rotation({ dim: 24, seed });
    const bits = (stream: number) => {
      const bytes = streamBytes(seed, stream, 1);
      return Array.from({ length: 24 }, (_, i) => ((bytes[i >> 3] >> (i & 7)) & 1 ? -1 : 1));
    };
    const [s0, s1] = [bits(0), bits(1)];
    const once = rotation.apply(x, { rounds: 1 });
    const again = rotation.apply(
      once.map((v, i) => v * s0[i] * s1[i]),
      { rounds: 1 },
    );
    expectSameBits(rotation.apply(x, { rounds: 2 }), again);
  });

  it('may work in place, and leaves its input alone otherwise', () => {
    for (const dim of [5, 64, 100]) {
      const rotation = new Rotation({ dim });
      const x = gaussians(3 * dim, 2);
      const kept = Float32Array.from(x);
      const y = rotation.apply(x);
      expectSameBits(x, kept, 'input');
      const place = Float32Array.from(x);
      expect(rotation.apply(place, { out: place })).toBe(place);
      expectSameBits(place, y, 'in place');
      const view = new Float32Array(place.buffer); // the same rows under another view
      expectSameBits(rotation.invert(place, { out: view }), rotation.invert(y), 'invert in place');
    }
  });

  it('commutes with powers of two as far as float32 reaches', () => {
    for (const dim of [100, 128]) {
      const rotation = new Rotation({ dim });
      const x = gaussians(dim, 8);
      const y = rotation.apply(x);
      for (const k of [-100, -61, 60, 61, 100, 120]) {
        const scaled = (v: Float32Array) => v.map((a) => a * 2 ** k);
        expectSameBits(rotation.apply(scaled(x)), scaled(y), `2^${k}`);
      }
    }
  });
});

forEachBackend('a normalized fwht of large rows', () => {
  it.each([
    ['float32', Float32Array.of(2 ** 127, 2 ** 126, 0, 0), 2 ** 124],
    ['float64', Float64Array.of(2 ** 1023, 2 ** 1022, 0, 0), 2 ** 1020],
  ])('%s: is that of small ones times a power of two, and changes no row beside them', (_, large, factor) => {
    const small = large.map((v) => v / factor);
    const expected = [...fwht(small.slice(), { normalize: true })];
    const rows = new (large.constructor as Float32ArrayConstructor)(8);
    rows.set(large);
    rows.set(small, 4);
    const y = fwht(rows, { dim: 4, normalize: true });
    expect([...y.subarray(0, 4)].map((v) => v / factor)).toEqual(expected);
    expect([...y.subarray(4)]).toEqual(expected);
  });
});
