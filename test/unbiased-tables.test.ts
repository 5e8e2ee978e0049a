// SPDX-License-Identifier: Apache-2.0
/**
 * The tables of unbiased quantizers, checked by playing sender and receiver (every h, every threshold with its chance)
 * under a quadrature of our own, and derived again by the solver.
 */
import { describe, expect, it } from 'vitest';
import { DITHER_TABLES } from '../lib/codec/dither-tables.ts';
import { QUICFL_TABLES } from '../lib/codec/quicfl-tables.ts';
import { errorOf, FAMILIES, gainMoments, solve } from '../scripts/tables/unbiased.mjs';

const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Integral of g over [a, b] by Boole's rule (Abramowitz and Stegun, 25.4.14) in panels of at most `width`. */
function integral(g: (z: number) => number, a: number, b: number, width = 0.02): number {
  const panels = Math.max(1, Math.ceil((b - a) / width));
  const step = (b - a) / panels / 4;
  let sum = 7 * (g(a) + g(b));
  for (let i = 1; i < 4 * panels; i++) sum += [14, 32, 12, 32][i % 4] * g(a + i * step);
  return (sum * step * 2) / 45;
}

/** What sender and receiver use: all levels r[c H + h] and the window means M[k], from the positive half of r. */
function unfold(positive: readonly number[], draws: number) {
  const levels = [...positive.map((v) => -v).reverse(), ...positive];
  const means = Array.from(
    { length: levels.length - draws + 1 },
    (_, k) => levels.slice(k, k + draws).reduce((sum, v) => sum + v) / draws,
  );
  return { levels, means, draws };
}
type Unfolded = ReturnType<typeof unfold>;

/** Mean, over the shared and the private randomness, of what is received for z, and of its squared distance from z. */
function received({ levels, means, draws }: Unfolded, z: number) {
  let mean = 0;
  let error = 0;
  for (let h = 0; h < draws; h++) {
    // v moves threshold k from M[k] to M[k+1]; the thresholds of one h ascend, so only one can be on either side of z
    let k = h;
    while (k + draws < levels.length && means[k + 1] <= z) k += draws;
    const chance = k + draws < levels.length ? Math.max(0, (z - means[k]) / (means[k + 1] - means[k])) : 0;
    const [low, high] = [levels[k], chance ? levels[k + draws] : 0];
    mean += ((1 - chance) * low + chance * high) / draws;
    error += ((1 - chance) * (low - z) ** 2 + chance * (high - z) ** 2) / draws;
  }
  return { mean, error };
}

/** Mean squared error for N(0,1) between the first and the last window mean. */
function errorByQuadrature(quantizer: Unfolded): number {
  const { means } = quantizer;
  let sum = 0;
  for (let k = 0; k + 1 < means.length; k++) {
    sum += integral((z) => received(quantizer, z).error * density(z), means[k], means[k + 1]);
  }
  return sum;
}

/** Mean and variance over (h, v) of the gain E[Z Q(Z)] that one draw gives, by quadrature over z and v. */
function gainByQuadrature({ levels, means, draws }: Unfolded) {
  const gainOf = (h: number, v: number) => {
    let sum = 0;
    // the normal density beyond 12 is below 1e-31
    let from = -12;
    for (let k = h; k < levels.length; k += draws) {
      const to = k + draws < levels.length ? means[k] + v * (means[k + 1] - means[k]) : 12;
      sum += levels[k] * integral((z) => z * density(z), from, to);
      from = to;
    }
    return sum;
  };
  const overAll = (g: (gain: number) => number) =>
    Array.from({ length: draws }, (_, h) => integral((v) => g(gainOf(h, v)), 0, 1, 0.1)).reduce((a, b) => a + b) /
    draws;
  const mean = overAll((gain) => gain);
  return { mean, variance: overAll((gain) => (gain - mean) ** 2) };
}

const FAMILY_TABLES = { quicfl: QUICFL_TABLES, dither: DITHER_TABLES };
const ALL = (['quicfl', 'dither'] as const).flatMap((family) =>
  FAMILY_TABLES[family].flatMap((table) => (table ? [{ family, bits: table.bits, table }] : [])),
);

describe('the lists', () => {
  it.each(['quicfl', 'dither'] as const)('%s: a table for every width, nothing at 0', (family) => {
    const [none, ...tables] = FAMILY_TABLES[family];
    expect(none).toBeUndefined();
    expect(tables.map((table) => table?.bits)).toEqual(FAMILIES[family].draws.map((_, i) => i + 1));
    expect(tables.map((table) => table?.draws)).toEqual(FAMILIES[family].draws);
    for (const table of tables) expect(table?.limit).toBe(FAMILIES[family].limit);
  });

  it('QUIC-FL sends 1 coordinate in 512 apart', () => {
    const { limit } = FAMILIES.quicfl;
    expect(integral(density, -limit, limit)).toBeCloseTo(511 / 512, 11);
  });
});

describe.each(ALL)('$family table of $bits bits', ({ family, bits, table }) => {
  const quantizer = unfold(table.positive, table.draws);
  const { levels, means } = quantizer;

  it('has H 2^bits ascending levels, also as float32', () => {
    expect(levels).toHaveLength(table.draws * 2 ** bits);
    expect(Math.log2(table.draws) % 1).toBe(0);
    expect(levels[levels.length / 2]).toBeGreaterThan(0);
    for (let k = 1; k < levels.length; k++) {
      expect(Math.fround(levels[k]), `level ${k}`).toBeGreaterThan(Math.fround(levels[k - 1]));
    }
  });

  it('has ascending window means that end at the limit', () => {
    for (let k = 1; k < means.length; k++) expect(means[k], `M[${k}]`).toBeGreaterThan(means[k - 1]);
    // levels are listed to 5e-10
    expect(Math.abs(means[means.length - 1] - table.limit)).toBeLessThan(5e-10);
  });

  it('is unbiased wherever |z| is within the limit', () => {
    let worst = 0;
    for (let i = -2000; i <= 2000; i++) {
      // up to the last window mean, which is the limit but for digits that are not listed
      const z = (i / 2000) * means[means.length - 1];
      worst = Math.max(worst, Math.abs(received(quantizer, z).mean - z));
    }
    // nothing but rounding: levels up to 170, 64 of them in a mean
    expect(worst).toBeLessThan(1e-13);
  });

  it('has the mean squared error that is listed', () => {
    // 10 significant digits are listed; the quadrature has 1e-12
    expect(Math.abs(errorByQuadrature(quantizer) / table.error - 1)).toBeLessThan(6e-10);
  });

  if (family === 'dither') {
    it('has the gain variance that is listed', () => {
      const { mean, variance } = gainByQuadrature(quantizer);
      const { limit, gainVariance } = table;
      // over all draws Q(z) has the mean z, cut off at the limit; E[Z f(Z)] = E[f'(Z)] does the rest
      expect(Math.abs(mean - integral(density, -limit, limit))).toBeLessThan(1e-9);
      // 6 significant digits are listed
      expect(Math.abs(variance / gainVariance! - 1)).toBeLessThan(6e-6);
    });
  }
});

describe('the dithered tables', () => {
  it('approach pi sqrt(3) / 2 = 2.7207 / 4^bits (arXiv 2605.13810)', () => {
    // of an independent solver (numpy, scipy's L-BFGS-B); its last table is 6e-8 above ours
    const scaled = [6.688, 3.959, 3.257, 2.966, 2.853, 2.789, 2.758, 2.743];
    scaled.forEach((wanted, i) => {
      const { bits, error } = DITHER_TABLES[i + 1]!;
      expect(Math.abs((error * 4 ** bits) / wanted - 1), `${bits} bits`).toBeLessThan(0.003);
    });
  });
});

describe('the solver', () => {
  // away from the optimum, where the derivatives are not 0
  const draws = 32;
  const positive = QUICFL_TABLES[2]!.positive.map((v, i) => v * (1 + 0.02 * Math.sin(i)));

  it('knows the error of any table', () => {
    const { error } = errorOf(positive, draws);
    expect(Math.abs(errorByQuadrature(unfold(positive, draws)) / error - 1)).toBeLessThan(1e-12);
  });

  it('knows the derivatives of the error', () => {
    const { gradient } = errorOf(positive, draws);
    // where the last window ends stays: what its levels gain, the last of them gives
    const last = positive.length - 1;
    const free = positive.length - draws;
    const errorAt = (i: number, shift: number) => {
      const moved = positive.with(i, positive[i] + shift);
      return errorByQuadrature(unfold(i < free ? moved : moved.with(last, moved[last] - shift), draws));
    };
    for (const i of [0, 1, 15, 31, 32, 50, 62]) {
      const slope = (errorAt(i, 1e-4) - errorAt(i, -1e-4)) / 2e-4;
      const wanted = gradient[i] - (i < free ? 0 : gradient[last]);
      // central differences: a third derivative times 1e-8 / 6, rounding over 1e-4; slopes are near 1e-4
      expect(Math.abs(slope - wanted), `level ${i}`).toBeLessThan(1e-10);
    }
  });

  it.each(ALL.filter(({ table }) => table.positive.length <= 128))(
    'finds the $family table of $bits bits',
    ({ family, table }) => {
      const found = solve(table.bits, table.draws, table.limit);
      expect(Math.abs(found.error / table.error - 1)).toBeLessThan(1e-9);
      table.positive.forEach((level, i) => {
        // the solver goes on until its gradient is rounding, which leaves about 1e-12; levels are listed to 5e-10
        expect(Math.abs(found.positive[i] - level), `level ${i}`).toBeLessThan(6e-10);
      });
      if (family === 'dither') {
        expect(Math.abs(gainMoments(found.positive, table.draws).variance / table.gainVariance! - 1)).toBeLessThan(
          1e-5,
        );
      }
    },
  );
});
