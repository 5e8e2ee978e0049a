// SPDX-License-Identifier: Apache-2.0
// The tables of unbiased quantizers, all derived again: the solver ends at the listed levels wherever it starts.
import { DITHER_TABLES } from '../../dist/codec/dither-tables.js';
import { QUICFL_TABLES } from '../../dist/codec/quicfl-tables.js';
import { gainMoments, solve } from '../../scripts/tables/unbiased.mjs';

/** Quantiles to start from: of the logistic law (that of the script), denser and wider in the middle. */
const STARTS = [
  (share) => Math.log(share / (1 - share)),
  (share) => share - 0.5,
  (share) => Math.sign(share - 0.5) * Math.abs(share - 0.5) ** 1.5,
];

function expectNear(actual, wanted, tolerance, what) {
  if (!(Math.abs(actual - wanted) <= tolerance)) throw new Error(`${what}: ${actual} is found, ${wanted} is listed`);
}

function derive(tables) {
  let furthest = 0;
  for (const { bits, draws, limit, error, gainVariance, positive } of tables.slice(1)) {
    for (const start of STARTS) {
      const found = solve(bits, draws, limit, start);
      expectNear(found.error, error, 1e-9 * error, `error of ${bits} bits`);
      positive.forEach((level, i) => {
        // the solver goes on until its gradient is rounding, which leaves about 1e-12; levels are listed to 5e-10
        expectNear(found.positive[i], level, 6e-10, `level ${i} of ${bits} bits`);
        furthest = Math.max(furthest, Math.abs(found.positive[i] - level));
      });
      if (gainVariance !== undefined) {
        // at 8 bits, levels rounded as they are listed move it by 3e-5 of itself
        const { variance } = gainMoments(found.positive, draws);
        expectNear(variance, gainVariance, 1e-4 * gainVariance, `gain variance of ${bits} bits`);
      }
    }
  }
  return `${tables.length - 1} tables from ${STARTS.length} starts, levels within ${furthest.toExponential(1)}`;
}

export const checks = [
  { name: 'QUIC-FL tables derived again', run: () => derive(QUICFL_TABLES) },
  { name: 'dithered tables derived again', run: () => derive(DITHER_TABLES) },
];
