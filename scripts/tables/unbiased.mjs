#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The solver behind lib/codec/quicfl-tables.ts and lib/codec/dither-tables.ts: unbiased scalar quantizers of N(0,1).
// Usage: node scripts/tables/unbiased.mjs    solves every table (seconds) and writes both files again
//
// With b bits and H values of the shared randomness, a quantizer is one ascending odd-symmetric array r of N = H 2^b
// levels. The receiver of code c under h reads r[c H + h], so a window of H neighbours r[k..k+H-1] has one level for
// every h; M[k] is its mean, V[k] its variance. The sender of a z between M[k] and M[k+1] makes the receiver read a
// level of window k or k + 1, the latter with probability p = (z - M[k]) / (M[k+1] - M[k]); the two windows differ
// for h = k mod H only. So the mean of what is read is z, and its mean squared distance from z is
//     e(z) = (1 - p) V[k] + p V[k+1] + (z - M[k]) (M[k+1] - z).
// The tables minimise J, the integral of e(z) density(z) over |z| <= T, under M[N-H] = T.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** What is tabulated: T, and H for 1, 2, ... bits. */
export const FAMILIES = {
  // P(|Z| > T) = 1/512: what is beyond is sent apart
  quicfl: { limit: 3.0972690781987846, draws: [64, 32, 16, 16, 16, 16] },
  // P(|Z| > T) = 2e-9: nothing is sent apart
  dither: { limit: 6, draws: [64, 64, 32, 32, 16, 16, 16, 16] },
};

// Gauss-Legendre with 8 nodes on [-1, 1] (Abramowitz and Stegun, table 25.4)
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363].flatMap((x) => [-x, x]);
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763].flatMap((w) => [w, w]);

const rules = [];
/**
 * Nodes and weights on [0, 1] for functions as smooth as the density over a segment of this width: panels of at most
 * half a unit leave nothing but rounding, also where differences of the normal distribution function would cancel.
 */
function ruleFor(width) {
  const panels = Math.max(1, Math.ceil(2 * width));
  rules[panels] ??= Array.from({ length: panels }, (_, p) =>
    NODES.map((node, i) => ({ at: (p + (1 + node) / 2) / panels, weight: WEIGHTS[i] / 2 / panels })),
  ).flat();
  return rules[panels];
}

const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** All levels, ascending, from the positive ones. */
const mirrored = (positive) => Float64Array.from([...Array.from(positive, (v) => -v).reverse(), ...positive]);

/** M[from..]: means of all windows of `draws` levels that begin at `from` or later. */
function windowMeans(levels, draws, from = 0) {
  return Float64Array.from({ length: levels.length - draws - from + 1 }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += levels[from + k + i];
    return sum / draws;
  });
}

/**
 * J and its derivatives by the positive levels, for changes that leave M[N-H] where it is.
 * @param {ArrayLike<number>} positive
 * @param {number} draws
 * @returns {{ error: number, gradient: Float64Array }}
 */
export function errorOf(positive, draws) {
  const half = positive.length;
  const levels = mirrored(positive);
  // z >= 0 is half of J: the windows from the one in the middle, whose mean is 0, to the last
  const middle = half - draws / 2;
  const means = windowMeans(levels, draws, middle);
  means[0] = 0;
  const variances = means.map((mean, k) => {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += (levels[middle + k + i] - mean) ** 2;
    return sum / draws;
  });

  let error = 0;
  const byMean = new Float64Array(means.length);
  const byVariance = new Float64Array(means.length);
  for (let k = 0; k + 1 < means.length; k++) {
    const width = means[k + 1] - means[k];
    // integrals of 1 - p, p and (z - M[k]) (M[k+1] - z) by the density
    let lower = 0;
    let upper = 0;
    let spread = 0;
    for (const { at, weight } of ruleFor(width)) {
      const mass = weight * width * density(means[k] + at * width);
      lower += mass * (1 - at);
      upper += mass * at;
      spread += mass * at * (1 - at) * width * width;
    }
    error += variances[k] * lower + variances[k + 1] * upper + spread;
    const slope = (variances[k + 1] - variances[k]) / width;
    byVariance[k] += lower;
    byVariance[k + 1] += upper;
    byMean[k] -= (width + slope) * lower;
    byMean[k + 1] += (width - slope) * upper;
  }

  const gradient = new Float64Array(half);
  for (let j = middle; j < levels.length; j++) {
    // summed anew for every level: running sums would drown the far levels, whose weights are tiny
    let sum = 0;
    for (let k = Math.max(0, j - middle - draws + 1); k <= Math.min(means.length - 1, j - middle); k++) {
      sum += byMean[k] + 2 * byVariance[k] * (levels[j] - means[k]);
    }
    if (j < half) gradient[half - 1 - j] -= (2 * sum) / draws;
    else gradient[j - half] += (2 * sum) / draws;
  }
  return { error: 2 * error, gradient };
}

/** J as a function of t: the gaps between the positive levels are exp(t), all scaled so that M[N-H] = limit. */
function objective(t, draws, limit) {
  const gaps = t.map(Math.exp);
  let reach = 0;
  const raw = gaps.map((gap) => (reach += gap));
  const isLast = (i) => i >= raw.length - draws;
  const mean = raw.reduce((sum, v, i) => (isLast(i) ? sum + v : sum), 0) / draws;
  const positive = raw.map((v) => (v * limit) / mean);
  const { error, gradient } = errorOf(positive, draws);
  // the scale answers to the last window
  const pull = dot(gradient, raw) / mean / draws;
  let sum = 0;
  const byT = new Float64Array(t.length);
  for (let i = t.length - 1; i >= 0; i--) {
    sum += ((gradient[i] - (isLast(i) ? pull : 0)) * limit) / mean;
    byT[i] = sum * gaps[i];
  }
  return { x: t, value: error, gradient: byT, positive };
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a + factor b */
const plus = (a, factor, b) => a.map((v, i) => v + factor * b[i]);

/** Where L-BFGS goes from a point with this gradient, after `steps` (two-loop recursion: Nocedal and Wright, 7.4). */
function descent(gradient, steps) {
  let direction = gradient.map((v) => -v);
  const shares = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const { move, turn, curvature } = steps[k];
    shares[k] = dot(move, direction) / curvature;
    direction = plus(direction, -shares[k], turn);
  }
  const last = steps.at(-1);
  const scale = last ? last.curvature / dot(last.turn, last.turn) : 1 / Math.sqrt(dot(gradient, gradient));
  direction = direction.map((v) => scale * v);
  steps.forEach(({ move, turn, curvature }, k) => {
    direction = plus(direction, shares[k] - dot(turn, direction) / curvature, move);
  });
  return direction;
}

/**
 * A point along `direction` where the slope is flatter and the value no higher, by bisection. Near the optimum values
 * differ by rounding only, so it is the slope that decides: a demand for decrease would stop at half of the digits.
 */
function search(f, here, direction) {
  const slope = dot(here.gradient, direction);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let step = 1;
  for (let tries = 0; tries < 40; tries++) {
    const there = f(plus(here.x, step, direction));
    const flat = dot(there.gradient, direction) / Math.abs(slope);
    if (!(there.value <= here.value * (1 + 1e-13)) || !(flat <= 0.9)) high = step;
    else if (flat < -0.9) low = step;
    else return there;
    step = Number.isFinite(high) ? (low + high) / 2 : 2 * step;
  }
}

const MEMORY = 40;
/** Steps without a lower value or a smaller gradient after which rounding is all that is left. */
const PATIENCE = 100;

/** The minimum of f by L-BFGS, until neither the value nor the gradient gets smaller. */
function minimise(f, start) {
  let here = f(start);
  let steps = [];
  let smallest = Number.POSITIVE_INFINITY;
  for (let waited = 0; waited < PATIENCE; ) {
    const there = search(f, here, descent(here.gradient, steps));
    if (!there) {
      if (!steps.length) break;
      steps = [];
      continue;
    }
    const move = plus(there.x, -1, here.x);
    const turn = plus(there.gradient, -1, here.gradient);
    steps = [...steps, { move, turn, curvature: dot(move, turn) }].slice(-MEMORY);
    const size = Math.sqrt(dot(there.gradient, there.gradient));
    waited = there.value < here.value * (1 - 1e-12) || size < 0.9 * smallest ? 0 : waited + 1;
    here = there;
    smallest = Math.min(smallest, size);
  }
  return here;
}

/** Quantiles of the logistic law, which have the shape of a good table. */
const logistic = (share) => Math.log(share / (1 - share));

/**
 * The best table.
 * @param {number} bits
 * @param {number} draws H
 * @param {number} limit T
 * @param {(share: number) => number} [quantile] the levels to begin with: ascending over (0, 1), 0 at 1/2; any scale
 * @returns {{ positive: Float64Array, error: number }}
 */
export function solve(bits, draws, limit, quantile = logistic) {
  const half = (draws * 2 ** bits) / 2;
  const level = (i) => quantile((half + i + 0.5) / (2 * half));
  const start = Float64Array.from({ length: half }, (_, i) => Math.log(level(i) - (i ? level(i - 1) : 0)));
  const { positive, value } = minimise((t) => objective(t, draws, limit), start);
  return { positive, error: value };
}

/**
 * Mean and variance of the gain E[Z Q(Z)] of the quantizer Q that one draw (h, v) fixes: thresholds
 * M[jH+h] + v (M[jH+h+1] - M[jH+h]), j = 0..2^bits-2, and the levels of h. As E[Z; Z >= t] = density(t), the gain is
 * the sum of density(threshold) times the jump there.
 * @param {ArrayLike<number>} positive
 * @param {number} draws
 * @returns {{ mean: number, variance: number }}
 */
export function gainMoments(positive, draws) {
  const levels = mirrored(positive);
  const means = windowMeans(levels, draws);
  const gains = [];
  for (let h = 0; h < draws; h++) {
    const thresholds = [];
    for (let k = h; k + draws < levels.length; k += draws) {
      thresholds.push({ from: means[k], width: means[k + 1] - means[k], jump: levels[k + draws] - levels[k] });
    }
    for (const { at, weight } of ruleFor(Math.max(...thresholds.map(({ width }) => width)))) {
      const gain = thresholds.reduce((sum, { from, width, jump }) => sum + jump * density(from + at * width), 0);
      gains.push({ gain, share: weight / draws });
    }
  }
  const mean = gains.reduce((sum, { gain, share }) => sum + share * gain, 0);
  const variance = gains.reduce((sum, { gain, share }) => sum + share * (gain - mean) ** 2, 0);
  return { mean, variance };
}

/** A level as it is listed: 9 digits after the point, and 9 significant ones. */
const listed = (level) => Number(level < 0.1 ? level.toPrecision(9) : level.toFixed(9));

/** One table, solved and rounded; what is listed of a table is computed from the levels that are listed. */
function derive(family, bits) {
  const { limit, draws } = FAMILIES[family];
  const H = draws[bits - 1];
  const positive = Array.from(solve(bits, H, limit).positive, listed);
  const { error } = errorOf(positive, H);
  const { variance } = gainMoments(positive, H);
  return {
    bits,
    draws: H,
    limit,
    error: Number(error.toPrecision(10)),
    ...(family === 'dither' && { gainVariance: Number(variance.toPrecision(6)) }),
    positive,
  };
}

/** Numbers in lines of at most 120 characters, as biome sets them. */
function filled(numbers, indent) {
  const lines = [indent];
  for (const number of numbers) {
    const item = `${number},`;
    const line = lines.at(-1);
    if (line === indent) lines[lines.length - 1] += item;
    else if (line.length + 1 + item.length <= 120) lines[lines.length - 1] += ` ${item}`;
    else lines.push(indent + item);
  }
  return lines.join('\n');
}

const fieldsOf = ({ positive, ...scalars }) => [
  ...Object.entries(scalars).map(([name, value]) => `    ${name}: ${value},`),
  '    positive: [',
  filled(positive, '      '),
  '    ],',
];

const sourceOf = (doc, name, tables) =>
  [
    '// SPDX-License-Identifier: Apache-2.0',
    '// Written by scripts/tables/unbiased.mjs.',
    "import type { UnbiasedTable } from './unbiased-tables.ts';",
    '',
    '/**',
    ...doc.map((line) => ` * ${line}`),
    ' */',
    `export const ${name}: readonly (UnbiasedTable | undefined)[] = [`,
    '  undefined,',
    ...tables.flatMap((table) => ['  {', ...fieldsOf(table), '  },']),
    '];',
    '',
  ].join('\n');

const FILES = {
  quicfl: {
    name: 'QUICFL_TABLES',
    doc: [
      'Tables of QUIC-FL for 1..6 bits, by width; index 0 is unused. Of the coordinates of a random rotation, 1 in 512 is',
      'beyond the limit. UnbiasedTable says what the numbers are and where they come from.',
    ],
  },
  dither: {
    name: 'DITHER_TABLES',
    doc: [
      'Tables of the dithered quantizer for 1..8 bits, by width; index 0 is unused. The limit is so wide that nothing needs',
      'to be sent apart. UnbiasedTable says what the numbers are and where they come from.',
    ],
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [family, { name, doc }] of Object.entries(FILES)) {
    const tables = FAMILIES[family].draws.map((_, i) => {
      const table = derive(family, i + 1);
      console.log(`${family} ${table.bits} bits: error ${table.error}, ${table.error * 4 ** table.bits} / 4^bits`);
      return table;
    });
    writeFileSync(new URL(`../../lib/codec/${family}-tables.ts`, import.meta.url), sourceOf(doc, name, tables));
  }
}
