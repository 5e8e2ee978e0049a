// SPDX-License-Identifier: Apache-2.0
/**
 * Errors of many senders average out: independent and without bias, the mean of n has 1/n of the error of one, so that
 * n NMSE_n / NMSE_1 = 1 (|mean of n independent e_i|^2 = |e|^2 / n on average, whatever the law of e). All senders have the same
 * gradient, where errors that depend on the gradient alone would show. Of a squared bias b, n NMSE_n / NMSE_1 would have n b / NMSE_1
 * more. HADAQUANT_FIGURES=1 prints the table; npm run test:deep measures all of it.
 */
import { describe, expect, it } from 'vitest';
import { deep, figure } from '../statistics.ts';
import { averaging, INPUTS } from './averaging.ts';
import type { GradientCase } from './senders.ts';

interface StatisticsCase extends GradientCase {
  readonly input: string;
  readonly rounds: number;
}

/**
 * Rounds, each of 64 senders. A mean of 64 over 1,024 coordinates spreads by 4 to 7 % from round to round, and 40 rounds have a
 * standard error of 1 %. All of a dithered chunk has one scalar draw, so errors of two senders are parallel or opposite as
 * much as their draws are near: n NMSE_n spreads by 50 % from round to round, of a one-hot gradient by 110 %. It takes hundreds of
 * rounds to have a standard error of 2.5 %.
 */
function roundsOf(codec: string, input: string): number {
  if (codec !== 'dithered') return deep ? 100 : 40;
  if (!deep) return 400;
  return input === 'one-hot' ? 2000 : 800;
}

const WIDTHS: readonly GradientCase[] = [
  ...[1, 2, 4].map((bits) => ({ codec: 'eden', bits }) as const),
  { codec: 'drive', bits: 1 },
  ...[1, 2, 4].map((bits) => ({ codec: 'quicfl', bits }) as const),
  ...[1, 2, 4].map((bits) => ({ codec: 'dithered', bits }) as const),
];

/** `npm test` has time for some: every width with the gradient that leaves the fewest values, one bit with the others. */
function inTime({ codec, bits }: GradientCase, input: string): boolean {
  if (deep) return true;
  if (codec === 'dithered') return bits === 2 && input === 'gaussian';
  if (codec === 'drive') return input === 'power 1/i';
  return input === 'one-hot' || (bits === 1 && codec === 'eden' && (input === 'gaussian' || input === 'recorded'));
}

const CASES: readonly StatisticsCase[] = WIDTHS.flatMap((c) =>
  Object.keys(INPUTS)
    .filter((input) => inTime(c, input))
    .map((input) => ({ ...c, input, rounds: roundsOf(c.codec, input) })),
);

describe('n senders', () => {
  it.each(CASES.map((c) => [`${c.codec} ${c.bits}, ${c.input}`, c] as const))(
    '%s: n NMSE_n / NMSE_1 = 1, no bias',
    (name, c) => {
      const x = INPUTS[c.input]();
      let { ratios, single, bias } = averaging(c, x, c.rounds, 3);
      for (const [n, ratio] of ratios) {
        figure(`${name}: n = ${n}, n NMSE_n / NMSE_1`, ratio, 1);
        expect(Math.abs(ratio.mean - 1)).toBeLessThan(0.1);
        // 10 % is at least three standard errors
        expect(ratio.standardError).toBeLessThan(0.033);
      }
      figure(`${name}: NMSE_1`, single, 0);
      figure(`${name}: bias^2`, bias, 0);
      // a squared bias of 1 % of the error of one sender would show
      expect(bias.standardError).toBeLessThan(0.0033 * single.mean);
      // Chance takes one in 250 beyond 3 standard errors (statistics.ts): what is beyond is measured again, with other draws and
      // twice the rounds.
      if (bias.mean > 3 * bias.standardError) ({ bias } = averaging(c, x, 2 * c.rounds, 4));
      expect(bias.mean).toBeLessThan(3 * bias.standardError);
    },
  );
});

describe('the same statistic, where errors do not average out', () => {
  it("finds the bias of scale 'mse'", () => {
    const c = { codec: 'eden', bits: 1, scale: 'mse' } as const;
    const { ratios, bias } = averaging(c, INPUTS['gaussian'](), 40, 3);
    // A decoded vector is short by the error D of Lloyd-Max levels, 0.3634 at 1 bit: bias^2 = D^2, NMSE_1 = D, and what is left of
    // it, D - D^2, averages out. Means of 40 rounds; D of 1,024 coordinates is 0.3 % off.
    const d = 0.3634;
    figure("eden 1 with scale 'mse', bias^2", bias, d ** 2);
    expect(Math.abs(bias.mean / d ** 2 - 1)).toBeLessThan(0.02);
    expect(bias.mean).toBeGreaterThan(20 * bias.standardError);
    for (const [n, ratio] of ratios) {
      const expected = (n * (d ** 2 + (d - d ** 2) / n)) / d;
      expect(Math.abs(ratio.mean / expected - 1)).toBeLessThan(0.02);
    }
  });
});
