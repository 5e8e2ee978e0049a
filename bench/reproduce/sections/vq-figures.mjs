// SPDX-License-Identifier: Apache-2.0
/** For section d: its charts and tables. */
import { GRID_NAMES, GRIDS } from '../../../dist/codec/grids.js';
import { BLOCKS } from './block-covariance.mjs';
import { NAMES } from './vq-sampling.mjs';

const ROUNDS = [1, 2, 3];
const rhts = (rounds) => (rounds === 1 ? '1 RHT' : `${rounds} RHTs`);
/** What the rule lets pass for blocks of m: lib/transform/rounds.ts. */
const limit = (m) => 0.01 * m;
/** Sums that are 0 sit here on a log axis. */
const LEAST = 1e-4;

/** Error over D of each input, one dot for each number of rounds. */
export function errorPlot({ at }, grid) {
  const series = (rounds, name) => {
    const cells = at(grid, rounds);
    return { name, values: cells.map((c) => c.ratio), errors: cells.map((c) => 2 * c.sigma) };
  };
  return {
    type: 'dots',
    title: `Error over D for each input, grid ${grid} (${Math.log2(GRIDS[grid].size) / GRIDS[grid].block} bits)`,
    caption:
      'Two RHTs are enough for most inputs, but not for those with their energy in few aligned blocks. Three are enough for ' +
      'all, and the adaptive choice is as good with fewer.',
    value: { label: 'mean squared error / D', scale: 'linear', format: 'f2' },
    categories: NAMES,
    series: [
      ...ROUNDS.map((rounds) => series(rounds, rhts(rounds))),
      { ...series('auto', 'adaptive'), tone: 'strong' },
    ],
    references: [{ name: 'N(0,1)', value: 1 }],
  };
}

/** Sum of squared covariances of each input. @param b number of the block length */
export function covariancePlot(covariances, dim, b) {
  return {
    type: 'dots',
    title: `Squared covariance of aligned pairs for each input, d = ${dim}`,
    caption:
      'Given all signs but the last. The rule takes one more RHT where the value is right of the dashed line. 0 and what is ' +
      'below 10⁻⁴ sits on the left edge.',
    value: { label: 'covariance²', scale: 'log', format: 's2', min: LEAST },
    categories: NAMES,
    series: ROUNDS.map((rounds) => ({
      name: rhts(rounds),
      values: covariances(dim, rounds).map(({ values }) => Math.max(values[b], LEAST)),
    })),
    references: [{ name: 'limit of the rule', value: limit(BLOCKS[b]) }],
  };
}

/** The worst input against d. */
export function decayPlot(covariances, dims, b, worst) {
  const m = BLOCKS[b];
  return {
    type: 'line',
    title: 'Squared covariance of aligned pairs, worst input',
    caption:
      'With one or two RHTs some input keeps pairs that are tied at every d. With three all inputs stay below 6/d (our bound).',
    x: { label: 'd', scale: 'log', ticks: dims, format: 'd' },
    y: { label: 'covariance²', scale: 'log', format: 's2' },
    series: ROUNDS.map((rounds) => ({
      name: rhts(rounds),
      // the two others lie on each other
      ...(rounds === 1 ? { draw: 'dashed' } : {}),
      ...(rounds === 3 ? { tone: 'strong' } : {}),
      points: dims.map((dim) => {
        const { value, sigma } = worst(covariances(dim, rounds), b);
        return { x: dim, y: value, low: value - 2 * sigma, high: value + 2 * sigma };
      }),
    })),
    references: [{ name: `${6 * (m - 1)}/d`, x: dims[0], y: (6 * (m - 1)) / dims[0], slope: -1 }],
  };
}

function errorTable({ at, trials }, grid) {
  const columns = [...ROUNDS, 'auto'].map((rounds) => at(grid, rounds));
  return {
    title: `Error over D = ${GRIDS[grid].error.toPrecision(5)}, grid ${grid}`,
    caption: `${trials} rotations; ± is one standard error of the column before it. RHTs: what the adaptive choice takes.`,
    columns: [
      { name: 'input' },
      ...[...ROUNDS.map(rhts), 'adaptive'].flatMap((name) => [
        { name, format: 'f4' },
        { name: '±', format: 'f4' },
      ]),
      { name: 'RHTs', format: 'd' },
    ],
    rows: NAMES.map((name, r) => [
      name,
      ...columns.flatMap((cells) => [cells[r].ratio, cells[r].sigma]),
      columns.at(-1)[r].rounds,
    ]),
  };
}

function covarianceTable(covariances, dim) {
  const columns = BLOCKS.flatMap((m, b) => ROUNDS.map((rounds) => ({ m, b, rounds })));
  return {
    title: `Σ covariance² in aligned blocks of m coordinates, d = ${dim}`,
    caption:
      'Given all signs but those of the last RHT. “formula” is what our derivation gives; for three RHTs it gives the bound ' +
      '6(m − 1)/d for every input.',
    columns: [
      { name: 'input' },
      ...columns.flatMap(({ m, rounds }) => [
        { name: `m = ${m}, ${rhts(rounds)}`, format: 's3' },
        ...(rounds < 3 ? [{ name: 'formula', format: 's3' }] : []),
      ]),
    ],
    rows: NAMES.map((name, r) => [
      name,
      ...columns.flatMap(({ b, rounds }) => {
        const { values, predicted } = covariances(dim, rounds)[r];
        return [tidy(values[b]), ...(predicted ? [tidy(predicted[b])] : [])];
      }),
    ]),
  };
}

/** Rounding of float32 around 0 is no number to print. */
const tidy = (value) => (Math.abs(value) < 1e-7 ? 0 : value);

export function tables(measured, covariances, dim) {
  return [...GRID_NAMES.map((grid) => errorTable(measured, grid)), covarianceTable(covariances, dim)];
}
