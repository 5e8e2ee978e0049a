// SPDX-License-Identifier: Apache-2.0
/** How near one rotated coordinate is to N(0,1) after one, two and three RHTs, against d. */
import { BIN_ERROR, distancesOfAtoms } from '../distance.mjs';
import { EXACT_LAWS, uniformRotationDistances } from '../exact-laws.mjs';
import { formatNumber } from '../page/format.mjs';
import {
  ALONE_DIM,
  CLEAR,
  COORDINATE,
  clear,
  compareExact,
  DIMS,
  exponent,
  METRICS,
  measure,
  measureOneCoordinate,
  NAMES,
  ROUNDS,
  SHOWN,
  worst,
} from './normality-sampling.mjs';

export const id = 'a';
export const title = 'One coordinate after one, two and three transforms';

const TICKS = [64, 256, 1024, 4096, 16384, 65536];

/**
 * After two rounds, given the first, a coordinate is a signed sum of the entries y of a random vector: Berry-Esseen
 * (Shevtsova 2010) bounds its Kolmogorov distance by 0.56 Σ|y|³, Stein's method its W1 distance by Σ|y|³, and
 * Khintchine's inequality gives E Σ|y|³ <= E|Z|³/√d for every input. So √d times the distance is at most this.
 */
const THIRD_MOMENT = 2 * Math.sqrt(2 / Math.PI);
const BOUND = { kolmogorov: 0.56 * THIRD_MOMENT, wasserstein: THIRD_MOMENT };

const CHANCE = 'what chance alone may give';
const dAxis = { label: 'd', scale: 'log', ticks: TICKS, format: 'd' };
const LABEL = { kolmogorov: 'Kolmogorov distance to N(0,1)', wasserstein: 'W1 distance to N(0,1)' };
const points = (values) => values.map((y, i) => ({ x: DIMS[i], y }));
const rhts = (rounds) => (rounds === 1 ? '1 RHT' : `${rounds} RHTs`);

/** The level of chance at each dim: the largest over the inputs. */
function chance(results, rounds, metric) {
  return results.map((inputs) => Math.max(...inputs.flatMap((row) => rounds.map((k) => row[k - 1][metric].floor))));
}

function worstPlot(results, metric) {
  return {
    type: 'line',
    title: `${LABEL[metric]}, worst of ${NAMES.length} inputs`,
    caption:
      'One RHT leaves some inputs where they are. Two bring every input down at the rate 1/√d; a third goes on to ' +
      'what a uniform random rotation gives, until chance hides it.',
    x: dAxis,
    y: { label: LABEL[metric], scale: 'log', format: 's2' },
    series: [
      ...ROUNDS.map((rounds) => ({
        name: rhts(rounds),
        tone: rounds === 2 ? 'strong' : undefined,
        points: points(worst(results, rounds, metric).map(({ value }) => value)),
      })),
      {
        name: 'uniform random rotation (exact)',
        draw: 'dashed',
        points: points(DIMS.map((dim) => uniformRotationDistances(dim)[metric])),
      },
      { name: CHANCE, draw: 'dashed', tone: 'muted', points: points(chance(results, [2, 3], metric)) },
    ],
    references: [{ name: 'our bound for two: 1/√d', x: DIMS[0], y: BOUND[metric] / Math.sqrt(DIMS[0]), slope: -0.5 }],
  };
}

function inputsPlot(results, rounds, caption) {
  return {
    type: 'line',
    title: `Every input after ${rhts(rounds)}`,
    caption,
    x: dAxis,
    y: { label: LABEL.kolmogorov, scale: 'log', format: 's2' },
    series: [
      ...NAMES.map((name, r) => ({
        name,
        tone: SHOWN.includes(name) ? undefined : 'muted',
        points: points(results.map((inputs) => inputs[r][rounds - 1].kolmogorov.value)),
      })),
      ...(rounds === 1
        ? []
        : [{ name: CHANCE, draw: 'dashed', tone: 'muted', points: points(chance(results, [rounds], 'kolmogorov')) }]),
    ],
    references: [{ name: '1/√d', x: DIMS[0], y: 0.5 / Math.sqrt(DIMS[0]), slope: -0.5 }],
  };
}

function slopeTable(results) {
  const fitted = NAMES.map((name, r) => [
    name,
    ...METRICS.flatMap((metric) =>
      ROUNDS.map((rounds) => exponent(results.map((inputs) => inputs[r][rounds - 1][metric]))?.slope ?? null),
    ),
    Math.max(...results.map((inputs, i) => inputs[r][1].kolmogorov.value * Math.sqrt(DIMS[i]))),
  ]);
  return {
    title: 'Fitted exponents of d for every input',
    caption:
      `Least squares of log distance over log d, where the distance is more than ${CLEAR} times what chance and ` +
      'binning give; a dash where fewer than three sizes are. Last column: the largest √d · Kolmogorov distance after two.',
    columns: [
      { name: 'input' },
      ...METRICS.flatMap((metric) =>
        ROUNDS.map((rounds) => ({ name: `${metric === 'kolmogorov' ? 'KS' : 'W1'}, ${rhts(rounds)}`, format: 'f3' })),
      ),
      { name: '√d · KS, 2 RHTs', format: 'f3' },
    ],
    rows: fitted,
  };
}

function exactTable(compared) {
  return {
    title: 'Where the law is known: measured against exact',
    columns: [
      { name: 'input, RHTs, d' },
      { name: 'KS exact', format: 'f5' },
      { name: 'KS measured', format: 'f5' },
      { name: 'chance', format: 'e1' },
      { name: 'W1 exact', format: 'f5' },
      { name: 'W1 measured', format: 'f5' },
      { name: 'chance', format: 'e1' },
    ],
    rows: compared.map(({ dim, name, rounds, exact, kolmogorov, wasserstein }) => [
      `${name}, ${rounds}, ${dim}`,
      exact.kolmogorov,
      kolmogorov.value,
      kolmogorov.floor,
      exact.wasserstein,
      wasserstein.value,
      wasserstein.floor,
    ]),
  };
}

/** The exponent of the worst input: the paper's rate, if the constant is the same at every size. */
function rateClaim(results, rounds, metric, claim, source) {
  const cells = worst(results, rounds, metric);
  const fit = exponent(cells);
  // chance only ever adds to a distance, most where it is small
  const without = exponent(cells, ({ value, floor }) => value - floor);
  return {
    claim,
    source,
    relation: '<=',
    ours: fit.slope,
    expected: -0.5,
    tolerance: Math.max(0.01, 4 * fit.error, Math.abs(fit.slope - without.slope)),
    because:
      'the largest of: four standard errors of the fit, what the fit changes without the level of chance, 0.01 (terms of order 1/d)',
    format: 'f3',
  };
}

function boundClaim(results, metric) {
  const cells = results.flatMap((inputs, i) =>
    inputs.map((row, r) => ({ ...row[1][metric], root: Math.sqrt(DIMS[i]), where: `${NAMES[r]}, d = ${DIMS[i]}` })),
  );
  const most = cells.filter(clear).reduce((a, b) => (b.value * b.root > a.value * a.root ? b : a));
  return {
    claim: `After two RHTs √d times the ${LABEL[metric].split(' to ')[0]} is bounded, whatever the input and d (largest: ${most.where})`,
    source: 'our derivation: Berry-Esseen and Khintchine',
    relation: '<=',
    ours: most.value * most.root,
    expected: BOUND[metric],
    tolerance: most.floor * most.root,
    because: 'what chance may add to that cell',
    format: 'f3',
  };
}

function claims(results, compared, alone) {
  const last = DIMS.length - 1;
  const oneHot = results.map((inputs) => inputs[NAMES.indexOf('one-hot')][0]);
  const off = compared.map((cell) =>
    Math.max(...METRICS.map((m) => Math.abs(cell[m].value - cell.exact[m]) / (CLEAR * cell[m].floor + BIN_ERROR))),
  );
  return [
    {
      claim: `After one RHT a one-hot vector has not come nearer at d = ${DIMS[last]}: every coordinate is still ±1`,
      source: '2605.06014, abstract: one RHT is not suitable in the worst case; value exact, Φ(1) − 1/2',
      relation: '=',
      ours: oneHot[last].kolmogorov.value,
      expected: distancesOfAtoms(EXACT_LAWS['one-hot'][1]()).kolmogorov,
      tolerance: BIN_ERROR,
      because: 'the width of a bin; there is no chance in it',
      format: 'f4',
    },
    {
      claim: 'After one RHT the worst W1 distance does not fall with d (exponent)',
      source: '2605.06014, abstract',
      relation: '>=',
      ours: exponent(worst(results, 1, 'wasserstein')).slope,
      expected: 0,
      tolerance: 0.001,
      because: 'the width of a bin; the worst input, one-hot, has no chance in it',
      format: 'f3',
    },
    rateClaim(
      results,
      2,
      'kolmogorov',
      'After two RHTs the worst Kolmogorov distance falls like 1/√d (exponent)',
      '2605.06014, abstract: O(1/√d) for any input',
    ),
    rateClaim(
      results,
      2,
      'wasserstein',
      'After two RHTs the worst W1 distance falls like 1/√d (exponent)',
      '2605.06014, abstract: O(1/√d) for any input',
    ),
    ...METRICS.map((metric) => boundClaim(results, metric)),
    rateClaim(
      results,
      3,
      'kolmogorov',
      'After three RHTs the worst Kolmogorov distance falls no slower (exponent; about −1 here)',
      'follows from two: the third round only adds a transform of an arbitrary input',
    ),
    {
      claim: `Where the law is known exactly (${compared.length} cells), it is met: largest deviation in units of its tolerance`,
      source: 'exact: binomial laws of few-valued inputs after one and two RHTs',
      relation: '<=',
      ours: Math.max(...off),
      expected: 1,
      tolerance: 0,
      because: `the unit is ${CLEAR} times what chance may give, plus a bin`,
      format: 'f2',
    },
    {
      claim: `One fixed coordinate alone (number ${COORDINATE} of e0 + e1, d = ${ALONE_DIM}, ${formatNumber(alone.seeds, 'd')} seeds) has that law too`,
      source: 'exact: binomial law; checks that all coordinates may be used',
      relation: '=',
      ours: alone.kolmogorov,
      expected: distancesOfAtoms(EXACT_LAWS['e0 + e1'][2](ALONE_DIM)).kolmogorov,
      tolerance: 1.95 / Math.sqrt(alone.seeds) + BIN_ERROR,
      because: "1.95/√n, Kolmogorov's 0.1 % point, plus a bin",
      format: 'f4',
    },
  ];
}

export function run({ quick, progress }) {
  const samples = quick ? 2e6 : 4e7;
  const alone = { seeds: quick ? 40_000 : 400_000 };
  // small rows cost more a sample; the shares make the progress even
  const shares = DIMS.map((dim) => 0.33 + 40 / dim);
  const total = shares.reduce((a, b) => a + b, 0);
  let done = 0;
  const results = DIMS.map((dim, i) => {
    const cells = measure(dim, samples, 100 + i, (part) => progress((done + part * shares[i]) / total, `d = ${dim}`));
    done += shares[i];
    return cells;
  });
  alone.kolmogorov = measureOneCoordinate('e0 + e1', ALONE_DIM, alone.seeds, 199);
  const compared = compareExact(results);
  return {
    intro: [
      'A vector x is rotated with k randomized Hadamard transforms; z = √d · (one coordinate of the result) / |x|. Over ' +
        'the random signs z has some law. 2605.06014 proves that after two transforms it is within O(1/√d) of N(0,1) ' +
        'for every x, in the Kolmogorov and in the 1-Wasserstein distance, and that one transform cannot promise that.',
      `Measured with \`Rotation\` on ${NAMES.length} inputs, most of them chosen to be hard, about ` +
        `${formatNumber(samples, 'd')} values a cell. No finite list is "every input"; the bound below is proven for all.`,
    ],
    claims: claims(results, compared, alone),
    plots: [
      ...METRICS.map((metric) => worstPlot(results, metric)),
      inputsPlot(
        results,
        1,
        'Sparse inputs stay on a lattice of a few values and do not move at all. Dense ones are near N(0,1) at once.',
      ),
      inputsPlot(
        results,
        2,
        'Few-valued sparse inputs follow 1/√d from below; the first four equal entries are the slowest we know.',
      ),
      inputsPlot(results, 3, 'Everything falls faster, until it meets the level of chance.'),
    ],
    tables: [slopeTable(results), exactTable(compared)],
    notes: [
      'All d coordinates of a row are used as draws of one law. They have one: the last round multiplies each entry by a ' +
        'random sign and then by ±1/√d, and the second factor does not change the law of the first. They are not ' +
        'independent, so chance is measured, not assumed: the sample is kept in eight parts of different seeds, and the ' +
        'largest difference between two halves, over seven ways to halve it, is the level of chance.',
      `Values are counted in bins of 1/4096; that can hide ${BIN_ERROR.toExponential(1)} of a Kolmogorov distance.`,
      `Fits use distances above ${CLEAR} times the level of chance and binning. After three RHTs that leaves the small d.`,
      'Random inputs are drawn anew for each d, so the lines of 8-hot or Student t inputs are no single sequence of vectors.',
    ],
  };
}
