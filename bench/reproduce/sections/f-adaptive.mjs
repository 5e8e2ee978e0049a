// SPDX-License-Identifier: Apache-2.0
/** The check that chooses the number of RHTs: what it chooses, what error comes of it, and what it saves. */
import { moments } from '../../../dist/index.js';
import { INPUT_NAMES, input } from '../inputs.mjs';
import { formatNumber } from '../page/format.mjs';
import { Random } from '../random.mjs';
import { HOW_TO_MAKE, realInputs } from '../real-inputs.mjs';
import { plots, tables } from './adaptive-figures.mjs';
import { OTHER_NAMES, otherInput } from './adaptive-inputs.mjs';
import { gaussianShare, pairError } from './adaptive-laws.mjs';
import {
  CODECS,
  chosenRounds,
  GRIDS,
  measureErrors,
  measureUniform,
  ROUNDS,
  SCALARS,
  timeRatios,
} from './adaptive-sampling.mjs';

export const id = 'f';
export const title = 'The check that chooses the number of transforms';

const DIMS = [512, 768, 1024];
const NAMES = [...INPUT_NAMES, ...OTHER_NAMES];
const TIMED = CODECS.filter(({ name }) => ['EDEN, 1 bit', 'EDEN, 4 bits', 'VQ 8x256'].includes(name));
const STREAM = 600;

/** How far an error may be from that of a uniform rotation, as a share of it. */
const BARS = { 1: 0.04, 2: 0.04, 4: 0.08, 6: 0.08, 8: 0.25 };
const GRID_BAR = 0.03;
const REASONS = {
  1: '4 %: what two RHTs leave at these d, 1/√d',
  2: '4 %: what two RHTs leave at these d, 1/√d',
  4: '8 %: cells this narrow meet the lattices of few-valued inputs',
  6: '8 %: cells this narrow meet the lattices of few-valued inputs',
  8: '25 %: the same, and rare values beyond the last level have much of the error',
  grid: '3 %: dependence within a block that the check lets pass costs up to 1.3 %, and 1/√d',
};
const bar = ({ block, options }) => (block === 1 ? BARS[options.bits] : GRID_BAR);
const reason = ({ block, options }) => (block === 1 ? REASONS[options.bits] : REASONS.grid);

/** Quotient of two means with its standard error. */
function ratio(mean, uniform) {
  const value = mean.mean / uniform.mean;
  return { value, error: Math.hypot(mean.error / uniform.mean, (value * uniform.error) / uniform.mean) };
}

/** Ratios to the uniform rotation by codec and by ROUNDS: of each row, and of the mean over rows. */
function ratios(errors, uniform) {
  return errors.map((byRounds, c) =>
    byRounds.map(({ rows, all }) => ({
      rows: rows.map((row) => ratio(row, uniform[c])),
      all: ratio(all, uniform[c]),
    })),
  );
}

function syntheticRows(dim) {
  const x = new Float32Array(NAMES.length * dim);
  NAMES.forEach((name, r) => {
    x.set(INPUT_NAMES.includes(name) ? input(name, dim) : otherInput(name, dim), r * dim);
  });
  return { name: `d = ${dim}`, dim, x };
}

/** Everything that is measured of one set of rows. */
function measureSet(set, uniform, trials, stream, progress) {
  const { l3 } = moments(set.x, set.dim);
  return {
    ...set,
    moment: Array.from(l3, (value) => value * Math.sqrt(set.dim)),
    ratios: ratios(measureErrors(set, trials, stream, progress), uniform.get(set.dim)),
    chosen: chosenRounds(set),
  };
}

/** The cell that is farthest from 1 for its tolerance. */
function farthest(cells, sigmas) {
  const size = ({ value, error, limit }) => Math.abs(value - 1) / (limit + sigmas * error);
  return cells.reduce((a, b) => (size(b) > size(a) ? b : a));
}

function uniformClaim(uniform) {
  const cells = CODECS.map(({ name, expected }, c) => {
    const { mean, error } = uniform.get(1024)[c];
    return { name, value: mean / expected, error: error / expected, limit: 10 / 1024 };
  });
  const cell = farthest(cells, 4);
  return {
    claim: `The yardstick: error after a uniform rotation at d = 1024 over its limit for d → ∞ (farthest: ${cell.name})`,
    source: 'D/(1−D), with D of Lloyd-Max levels or of the grid',
    relation: '=',
    ours: cell.value,
    expected: 1,
    tolerance: 10 / 1024 + 4 * cell.error,
    because: '10/d, because coordinates are bounded at finite d and 8 bits see that, plus four standard errors',
    format: 'f4',
  };
}

function syntheticClaims(synthetic) {
  return CODECS.map((codec, c) => {
    const cells = synthetic.flatMap(({ dim, ratios: at }) =>
      at[c][0].rows.map((cell, r) => ({ ...cell, limit: bar(codec), where: `${NAMES[r]}, d = ${dim}` })),
    );
    const cell = farthest(cells, 4);
    return {
      claim: `${codec.name}, with the check: ratio of the farthest input (${cell.where})`,
      source: '2605.06014, abstract: a check of moments; our rule',
      relation: '=',
      ours: cell.value,
      expected: 1,
      tolerance: bar(codec) + 4 * cell.error,
      because: `${reason(codec)}; plus four standard errors`,
      format: 'f3',
    };
  });
}

/** What happens without the check: two inputs whose fate is known. */
function contrastClaims(synthetic, uniform) {
  const { ratios: at, dim } = synthetic.find((set) => set.dim === 1024);
  const cell = (name, codec, rounds) =>
    at[CODECS.findIndex((c) => c.name === codec)][ROUNDS.indexOf(rounds)].rows[NAMES.indexOf(name)];
  const pair = cell('e0 + e1', 'VQ 2x256', 2);
  const three = Math.min(...GRIDS.map((_, g) => synthetic[2].chosen[SCALARS.length + g][NAMES.indexOf('e0 + e1')]));
  const known = uniform.get(dim)[CODECS.findIndex(({ name }) => name === 'VQ 2x256')].mean;
  const first = cell('first 4', 'EDEN, 1 bit', 1);
  return [
    {
      claim: 'Without the check, 1 RHT: ratio of four equal entries, EDEN, 1 bit',
      source: 'exact: vNMSE 1.5, over D/(1−D) = π/2 − 1',
      relation: '=',
      ours: first.value,
      expected: 1.5 / (Math.PI / 2 - 1),
      tolerance: 0.01 + 4 * first.error,
      because: 'four standard errors, and 1 % for D/(1−D) at finite d',
      format: 'f3',
    },
    {
      claim: 'Without the check, 2 RHTs: ratio of e0 + e1, VQ 2x256',
      source: '2605.06014, abstract: two may not be enough for VQ; value exact for pairs (Z, ±Z)',
      relation: '=',
      ours: pair.value,
      expected: pairError('2x256') / known,
      tolerance: 0.03 * pair.value + 4 * pair.error,
      because: '3 %: the coordinates themselves are normal up to 1/√d; plus four standard errors',
      format: 'f3',
    },
    {
      claim: 'The check gives e0 + e1 three RHTs with every grid (fewest of four grids)',
      source: '2605.06014, abstract: three decorrelate; our rule',
      relation: '=',
      ours: three,
      expected: 3,
      tolerance: 0,
      because: 'no chance in it',
      format: 'd',
    },
  ];
}

/** Gaussian rows: what the check chooses when nothing is wrong. */
function gaussianClaims(rows) {
  const dim = 512;
  const random = new Random('gaussian rows', dim);
  const x = Float32Array.from({ length: rows * dim }, () => random.normal());
  const once = chosenRounds({ x, dim }).map((chosen) => chosen.filter((rounds) => rounds === 1).length / rows);
  const cells = GRIDS.map(({ name, block }, g) => {
    const expected = gaussianShare(dim, block);
    const error = Math.sqrt((expected * (1 - expected)) / rows);
    return { name, ours: once[SCALARS.length + g], expected, tolerance: 4 * error + 0.003 };
  });
  const cell = cells.reduce((a, b) =>
    Math.abs(b.ours - b.expected) / b.tolerance > Math.abs(a.ours - a.expected) / a.tolerance ? b : a,
  );
  return [
    {
      claim: `EDEN: share of Gaussian rows (d = ${dim}) that get one RHT, least of 1, 2 and 4 bits (from 6 on all get two)`,
      source: '2605.06014, abstract: practical inputs are rarely adversarial; our rule',
      relation: '>=',
      ours: Math.min(...SCALARS.flatMap(({ options }, c) => (options.bits < 6 ? [once[c]] : []))),
      expected: 1,
      tolerance: 0.001,
      because: 'the moment of a Gaussian row is 40 standard deviations below the limit',
      format: 'p2',
    },
    {
      claim: `VQ: share of Gaussian rows (d = ${dim}) that get one RHT is what chance says (farthest: ${cell.name})`,
      source: 'our derivation: the covariances of a block are normal with variance 2/d',
      relation: '=',
      ours: cell.ours,
      expected: cell.expected,
      tolerance: cell.tolerance,
      because: 'four standard errors, and 0.3 % for the law, which is asymptotic',
      format: 'p2',
    },
  ];
}

/** For one set of real rows: the mean over rows of the codec that is farthest for its bar, and the farthest row. */
function realClaims({ name, rows, ratios: at }) {
  const source = '2605.06014, abstract: a check of moments; our rule';
  const means = CODECS.map((codec, c) => ({ ...at[c][0].all, limit: bar(codec), codec }));
  const mean = farthest(means, 4);
  const single = SCALARS.filter(({ options }) => options.bits <= 2).flatMap((codec) =>
    at[CODECS.indexOf(codec)][0].rows.map((cell) => ({ ...cell, limit: bar(codec), codec })),
  );
  const row = farthest(single, 5);
  return [
    {
      claim: `${name}, with the check: ratio of the mean over rows, farthest of ${CODECS.length} codecs (${mean.codec.name})`,
      source,
      relation: '=',
      ours: mean.value,
      expected: 1,
      tolerance: mean.limit + 4 * mean.error,
      because: `${reason(mean.codec)}; plus four standard errors`,
      format: 'f4',
    },
    {
      claim: `${name}, with the check: ratio of the farthest of ${rows} rows (EDEN, 1 and 2 bits)`,
      source,
      relation: '=',
      ours: row.value,
      expected: 1,
      tolerance: row.limit + 5 * row.error,
      because: '4 %, plus five standard errors, because it is the farthest of many rows',
      format: 'f3',
    },
  ];
}

export async function run({ quick, progress }) {
  const { sets, missing } = await realInputs({ floats: quick ? 5e4 : 4e5, least: quick ? 4 : 16, most: 1000 });
  const uniform = new Map();
  const dims = [...new Set([...DIMS, ...sets.map(({ dim }) => dim)])];
  dims.forEach((dim, i) => {
    const report = (part) => progress((0.25 * (i + part)) / dims.length, `uniform, d = ${dim}`);
    uniform.set(dim, measureUniform(dim, quick ? 1e6 : 2e7, STREAM + i, report));
  });
  const synthetic = DIMS.map((dim, i) => {
    const report = (part) => progress(0.25 + (0.5 * (i + part)) / DIMS.length, `d = ${dim}`);
    return measureSet(syntheticRows(dim), uniform, quick ? 100 : 1500, STREAM + 20 + i, report);
  });
  const real = sets.map((set, i) => {
    const report = (part) => progress(0.75 + (0.22 * (i + part)) / sets.length, set.name);
    return measureSet(set, uniform, quick ? 12 : 24, STREAM + 30 + i, report);
  });
  progress(0.97, 'times');
  const times = sets.map((set) => TIMED.map(({ options }) => timeRatios(set, options, quick ? 9 : 41)));
  const measured = { names: NAMES, synthetic, real, times, timed: TIMED };
  return {
    intro: [
      'One RHT is enough for most inputs, and a second or third costs time. 2605.06014 proposes to choose the number for ' +
        'each vector by its moments, in one pass. This library does that (`rounds: "auto"`, `chooseRounds`); the rule and ' +
        'its constants are our own. Here is what it chooses, and what error comes of it.',
      `A ratio is a vNMSE (unbiased scale) divided by that after a uniform random rotation at the same d. Inputs: ` +
        `${INPUT_NAMES.length} that the other sections use, ${OTHER_NAMES.length} that had no part in fitting the rule, and ` +
        `rows of real data. A ratio below 1 is not a fault, but it is not what a uniform rotation does either.`,
    ],
    claims: [
      uniformClaim(uniform),
      ...syntheticClaims(synthetic),
      ...contrastClaims(synthetic, uniform),
      ...gaussianClaims(quick ? 2000 : 20_000),
      ...real.flatMap(realClaims),
    ],
    plots: plots(measured),
    tables: tables(measured),
    notes: [
      'The error after a uniform rotation is measured with Gaussian rows, whose direction stays uniform under any fixed ' +
        `rotation: ${formatNumber(quick ? 1e6 : 2e7, 'd')} numbers for each d.`,
      'With one round fixed, sets of rows whose d is no m · 2^j (m = 1, 12, 20, 28) still get two: one alone would mix ' +
        'them too little.',
      'Mean errors of a set come with the standard error over seeds, which all its rows share.',
      'Times are of this run and this machine, unlike all other numbers here; nothing is claimed of them.',
      ...(missing.length
        ? [`Not there and left out: ${missing.join('; ')}. To make them: \`${HOW_TO_MAKE}\`.`]
        : ['All sets of real data were there.']),
    ],
  };
}
