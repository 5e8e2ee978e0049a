// SPDX-License-Identifier: Apache-2.0
/**
 * For sections c and e: what the error of an unbiased table is, exactly, for inputs whose rotated coordinates have a
 * known law. Nothing is drawn here; the tables are the library's (UnbiasedTable says what their numbers are).
 */
import { EXACT_LAWS, signSum } from '../exact-laws.mjs';
import { normalDensity } from '../normal.mjs';

/** Levels r of a table, ascending, and the means M of `power`s of each window of H that follow each other. */
function windows({ draws, positive }, power) {
  const levels = [...positive.map((r) => -r).reverse(), ...positive];
  const mean = (k) => levels.slice(k, k + draws).reduce((sum, r) => sum + r ** power, 0) / draws;
  return { levels, means: Float64Array.from({ length: levels.length - draws + 1 }, (_, k) => mean(k)) };
}

/**
 * z => E[(Q(z) - z)²] over the draws. The code is one of two neighbours of z among windows of H levels; with M and S
 * the means of the levels and of their squares in a window, E Q = z and E Q² is on the line between two points (M, S).
 * Beyond the limit values are sent as they are: no error.
 */
export function pointError(table) {
  const { means } = windows(table, 1);
  const { means: squares } = windows(table, 2);
  return (z) => {
    if (Math.abs(z) > table.limit) return 0;
    let low = 0;
    let high = means.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (means[middle] <= z) low = middle;
      else high = middle;
    }
    const part = Math.min(1, Math.max(0, (z - means[low]) / (means[high] - means[low])));
    return squares[low] + part * (squares[high] - squares[low]) - z * z;
  };
}

/** Fractions v that stand for all. */
const FRACTIONS = 16;

/**
 * The standard error of the mean squared error of `copies` vectors in each of `trials` rotations, if all their coordinates
 * are independent with the law of these atoms; each copy has a draw (h, v) of its own that its coordinates share. A few
 * coordinates and draws have errors far beyond all others, and samples that miss them look more certain than they are.
 */
export function sharedDrawError(table, atoms, dim, { trials, copies }) {
  const { bits, draws } = table;
  const { levels, means } = windows(table, 1);
  const sorted = [...atoms].sort((a, b) => a.at - b.at);
  let [sum, squares, fourths] = [0, 0, 0];
  for (let h = 0; h < draws; h++) {
    for (let f = 0; f < FRACTIONS; f++) {
      const v = (f + 0.5) / FRACTIONS;
      const threshold = (j) => means[j * draws + h] + v * (means[j * draws + h + 1] - means[j * draws + h]);
      let code = 0;
      let [first, second] = [0, 0];
      for (const { at, mass } of sorted) {
        while (code < 2 ** bits - 1 && threshold(code) <= at) code++;
        const square = (levels[code * draws + h] - at) ** 2;
        first += mass * square;
        second += mass * square * square;
      }
      sum += first;
      squares += first * first;
      fourths += second;
    }
  }
  const count = draws * FRACTIONS;
  const [mean, between, fourth] = [sum / count, squares / count, fourths / count];
  const error = pointError(table);
  const ofRotation = (expectation(atoms, (z) => error(z) ** 2) - mean ** 2) / dim;
  const ofVector = between - mean ** 2 + (fourth - between) / dim;
  return Math.sqrt((ofRotation + (ofVector - ofRotation) / copies) / trials);
}

/** N(0,1) in small steps. */
export const NORMAL = Array.from({ length: 700 }, (_, i) => {
  const at = 0.02 * (i + 0.5 - 350);
  return { at, mass: 0.02 * normalDensity(at) };
});

/** E f(z) over atoms. */
export function expectation(atoms, f) {
  return atoms.reduce((sum, { at, mass }) => sum + mass * f(at), 0);
}

/** A coordinate of a vector with k entries of one size after one RHT. */
export const hot = (k) => signSum(k, 1 / Math.sqrt(k));

/** The same for entries 1 and r. */
export function twoEntries(r) {
  const unit = 1 / Math.sqrt(1 + r * r);
  return [1 + r, 1 - r, r - 1, -1 - r].map((at) => ({ at: at * unit, mass: 0.25 }));
}

/** Entries 1, 1/2, 1/4, ...: random signs are random binary digits, so the sum is uniform, with variance 1. */
function uniformLaw() {
  const points = 20_000;
  const reach = Math.sqrt(3);
  return Array.from({ length: points }, (_, i) => ({ at: reach * ((2 * i + 1) / points - 1), mass: 1 / points }));
}

const MORE_LAWS = {
  'e0 + 0.9 e5': { 1: () => twoEntries(Math.fround(0.9)) },
  geometric: { 1: uniformLaw },
};

/** The law of a coordinate of an input (inputs.mjs, or 'k-hot') after 1 or 2 RHTs as atoms, or undefined. */
export function knownLaw(name, rounds, dim) {
  const law = EXACT_LAWS[name]?.[rounds] ?? MORE_LAWS[name]?.[rounds];
  if (law) return law(dim);
  const equal = /^(\d+)-hot$/.exec(name);
  return equal && rounds === 1 ? hot(Number(equal[1])) : undefined;
}

/** The law of { at, ratio } that has the largest ratio of expected to nominal error. */
function worst(table, laws) {
  const error = pointError(table);
  return laws
    .map(({ at, law }) => ({ at, ratio: expectation(law, error) / table.error }))
    .reduce((a, b) => (b.ratio > a.ratio ? b : a));
}

/** The worst k-hot input after one RHT, k = 1 to most: { at: k, ratio }. */
export function worstHot(table, most) {
  return worst(
    table,
    Array.from({ length: most }, (_, i) => ({ at: i + 1, law: hot(i + 1) })),
  );
}

/** The worst input e0 + r e1 after one RHT, 0 <= r <= 1: { at: r, ratio }. */
export function worstPair(table, steps) {
  return worst(
    table,
    Array.from({ length: steps + 1 }, (_, i) => ({ at: i / steps, law: twoEntries(i / steps) })),
  );
}
