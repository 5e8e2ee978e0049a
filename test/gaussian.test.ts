// SPDX-License-Identifier: Apache-2.0
/**
 * The normal numbers: laws and tails with tolerances of 4.5 standard errors (a false alarm in 150 000, were the seeds
 * not fixed), and pinned bits.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gaussians, logBelowOne } from '../lib/gaussian.ts';
import type { Seed } from '../lib/random.ts';
import { random } from './random-inputs.ts';

const ERRORS = 4.5;
const COUNT = 400_000;

function mean(count: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return sum / count;
}

/** |correlation| of independent numbers has standard error 1 / sqrt(count), whatever their laws. */
function expectUncorrelated(count: number, a: (i: number) => number, b: (i: number) => number): void {
  const [ma, mb] = [mean(count, a), mean(count, b)];
  const spread = Math.sqrt(mean(count, (i) => (a(i) - ma) ** 2) * mean(count, (i) => (b(i) - mb) ** 2));
  const correlation = mean(count, (i) => (a(i) - ma) * (b(i) - mb)) / spread;
  expect(Math.abs(correlation)).toBeLessThan(ERRORS / Math.sqrt(count));
}

/** P(Z <= z) by its Taylor series (Marsaglia 2004): 1e-15 for |z| < 6. */
function normalCdf(z: number): number {
  let sum = 0;
  for (let n = 1, term = z; sum + term !== sum; term *= (z * z) / (n += 2)) sum += term;
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Kolmogorov's sqrt(n) sup |F_n - F|; above 2.3 with probability 2 exp(-2 * 2.3^2) = 5e-5. */
function kolmogorov(sample: Float32Array, cdf: (z: number) => number): number {
  const n = sample.length;
  let distance = 0;
  sample.toSorted().forEach((z, i) => {
    const p = cdf(z);
    distance = Math.max(distance, p - i / n, (i + 1) / n - p);
  });
  return distance * Math.sqrt(n);
}

describe('the logarithm', () => {
  const expectLog = (s: number) => expect(Math.abs(logBelowOne(s) / Math.log(s) - 1), `ln ${s}`).toBeLessThan(1e-15);

  it('is within 1e-15 of Math.log', () => {
    const r = random(1);
    for (let i = 0; i < 50_000; i++) {
      expectLog(r.uniform());
      expectLog(r.uniform() * 2 ** -r.below(65));
      expectLog(1 - (0.1 + 0.9 * r.uniform()) * 2 ** -r.below(50));
    }
  });

  it('is so around powers of two and sqrt(1/2), where its exponent changes, and next to 1', () => {
    for (let k = 1; k <= 65; k++) {
      for (const s of [2 ** -k, Math.SQRT1_2 * 2 ** (1 - k)]) {
        for (const factor of [1 - 2 ** -52, 1, 1 + 2 ** -52]) expectLog(s * factor);
      }
      if (k <= 53) expectLog(1 - 2 ** -k);
    }
  });
});

describe.each([0, 42, 2n ** 64n - 1n])('seed %s', (seed: Seed) => {
  const z = gaussians(seed, 8, COUNT);

  // variances of z, z^2, z^3, z^4 over the standard normal law: 1, 2, 15, 96
  it.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ])('moment %i is %i', (power, expected, variance) => {
    const got = mean(z.length, (i) => z[i] ** power);
    expect(Math.abs(got - expected)).toBeLessThan(ERRORS * Math.sqrt(variance / z.length));
  });

  it('has the normal distribution', () => {
    expect(kolmogorov(z, normalCdf)).toBeLessThan(2.3);
  });

  it('has pairs whose squared radius is exponential and whose angle is uniform', () => {
    const radius = Float32Array.from({ length: COUNT / 2 }, (_, i) => z[2 * i] ** 2 + z[2 * i + 1] ** 2);
    const angle = Float32Array.from({ length: COUNT / 2 }, (_, i) => Math.atan2(z[2 * i], z[2 * i + 1]));
    expect(kolmogorov(radius, (r) => 1 - Math.exp(-r / 2))).toBeLessThan(2.3);
    expect(kolmogorov(angle, (a) => 0.5 + a / (2 * Math.PI))).toBeLessThan(2.3);
  });

  it('does not depend on its neighbours', () => {
    for (const lag of [1, 2, 3, 64]) {
      const count = z.length - lag;
      expectUncorrelated(
        count,
        (i) => z[i],
        (i) => z[i + lag],
      );
      expectUncorrelated(
        count,
        (i) => z[i] ** 2,
        (i) => z[i + lag] ** 2,
      );
    }
  });

  it('does not depend on other streams or the next seed', () => {
    const others = [gaussians(seed, 9, COUNT), gaussians(seed, 1000, COUNT)];
    others.push(gaussians(BigInt(seed) ^ 1n, 8, COUNT));
    for (const other of others) {
      expectUncorrelated(
        COUNT,
        (i) => z[i],
        (i) => other[i],
      );
      expectUncorrelated(
        COUNT,
        (i) => z[i] ** 2,
        (i) => other[i] ** 2,
      );
    }
  });
});

it('has the tails of the normal law', () => {
  const count = 2 ** 23;
  const z = gaussians(3, 11, count);
  // P(Z > 1 .. 5), on each side
  const tails = [0.15865525393, 0.02275013195, 0.00134989803, 3.1671241833e-5, 2.8665157188e-7];
  tails.forEach((p, i) => {
    // 5 standard errors of a binomial count, and 5 more where few are expected (2.4 beyond 5)
    const tolerance = 5 * Math.sqrt(count * p) + 5;
    for (const sign of [-1, 1]) {
      const found = z.reduce((n, value) => n + (sign * value > i + 1 ? 1 : 0), 0);
      expect(Math.abs(found - count * p), `beyond ${sign * (i + 1)}`).toBeLessThan(tolerance);
    }
  });
});

describe('any count', () => {
  it('is the beginning of a larger one, whether or not words run out', () => {
    for (let seed = 0; seed < 20; seed++) {
      const long = gaussians(seed, 8, 400);
      for (let count = 0; count <= 200; count++) {
        expect(gaussians(seed, 8, count)).toEqual(long.subarray(0, count));
      }
    }
  });
});

describe('pinned numbers', () => {
  // a second implementation of the recipe in lib/gaussian.ts, in Python, gave these
  it.each([
    [
      42,
      0,
      [1.520807147026062, -0.10646138340234756, -2.1235105991363525, -0.012176926247775555],
      'b0e2b58a7e0d7a4c72300d3b3369a261fb997b269bf5b8750f7caecc24d1e579',
    ],
    [
      42,
      8,
      [0.2258571833372116, -0.723551332950592, 0.601800262928009, -1.8002320528030396],
      'a00b9324f1ea90dc39baf13443dfb53cbb9a892ca925d6b615f269fe65dc6bd1',
    ],
    [
      2n ** 64n - 1n,
      1000,
      [1.07101571559906, -0.6544817090034485, -0.22399184107780457, 1.9600008726119995],
      '9c511608a64820e2239ebab69167da097e0ba20f0c81784f03aa34049f112344',
    ],
  ] as const)('seed %s, stream %i', (seed, stream, first, sha256) => {
    // an odd count: the last pair is halved
    const z = gaussians(seed, stream, 100_001);
    expect([...z.subarray(0, 4)]).toEqual(first);
    expect(createHash('sha256').update(new Uint8Array(z.buffer)).digest('hex')).toBe(sha256);
  });
});
