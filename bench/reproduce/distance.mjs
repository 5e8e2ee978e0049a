// SPDX-License-Identifier: Apache-2.0
/**
 * How far a law is from N(0,1): Kolmogorov distance sup |F - Φ| and 1-Wasserstein distance ∫ |F - Φ|, of samples (binned)
 * and of laws given as atoms (exact).
 */
import { normalCdf, normalCdfIntegral, normalDensity } from './normal.mjs';

const REACH = 8;
const BINS_A_UNIT = 4096;
const BINS = 2 * REACH * BINS_A_UNIT;

/** What binning can hide of the Kolmogorov distance: Φ over one bin. */
export const BIN_ERROR = normalDensity(0) / BINS_A_UNIT;

/** Φ at the edges of the bins. Edges lie off the simple fractions where lattices have their atoms. */
const SHIFT = 0.382;
let edges;
function normalAtEdges() {
  edges ??= Float64Array.from({ length: BINS + 1 }, (_, i) => normalCdf((i - SHIFT) / BINS_A_UNIT - REACH));
  return edges;
}

function distances(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const normal = normalAtEdges();
  let below = 0;
  let kolmogorov = 0;
  let area = 0;
  let before = 0;
  for (let i = 0; i < BINS; i++) {
    below += counts[i];
    const gap = Math.abs(below / total - normal[i + 1]);
    if (gap > kolmogorov) kolmogorov = gap;
    area += gap + before;
    before = gap;
  }
  return { kolmogorov, wasserstein: area / 2 / BINS_A_UNIT };
}

/** The same distances between two samples of equal size. */
function distancesBetween(a, b) {
  const total = a.reduce((sum, count) => sum + count, 0);
  let difference = 0;
  let most = 0;
  let area = 0;
  for (let i = 0; i < BINS; i++) {
    difference += a[i] - b[i];
    const gap = Math.abs(difference);
    if (gap > most) most = gap;
    area += gap;
  }
  return { kolmogorov: most / total, wasserstein: area / total / BINS_A_UNIT };
}

/** Independent parts that a sample is kept in. */
export const PARTS = 8;

/** The seven ways to halve eight parts that have nothing to do with each other (rows of a Hadamard matrix). */
const HALVINGS = Array.from({ length: PARTS - 1 }, (_, c) =>
  Array.from({ length: PARTS }, (_, part) => {
    const common = (c + 1) & part;
    return ((common ^ (common >> 1) ^ (common >> 2)) & 1) === 0;
  }),
);

/**
 * A sample in eight independent parts. The distance between two halves of it says how much of the distance to N(0,1)
 * may be chance: halves differ by twice the error of the whole, however dependent the values within a part are.
 */
export class Sample {
  #counts = Array.from({ length: PARTS }, () => new Int32Array(BINS));

  /** Adds values[from .. to) * factor. @param part 0 to 7; parts must be independent and of equal size */
  add(part, values, from, to, factor) {
    const counts = this.#counts[part];
    const scale = factor * BINS_A_UNIT;
    const offset = REACH * BINS_A_UNIT + SHIFT;
    for (let i = from; i < to; i++) {
      const bin = (values[i] * scale + offset) | 0;
      counts[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]++;
    }
  }

  #sum(chosen) {
    const sum = new Int32Array(BINS);
    this.#counts.forEach((counts, part) => {
      if (chosen(part)) for (let i = 0; i < BINS; i++) sum[i] += counts[i];
    });
    return sum;
  }

  /** @returns distances to N(0,1) as { value, floor }; floor: what chance alone may give, the largest of seven tries */
  toNormal() {
    const value = distances(this.#sum(() => true));
    const tries = HALVINGS.map((first) =>
      distancesBetween(
        this.#sum((part) => first[part]),
        this.#sum((part) => !first[part]),
      ),
    );
    const cell = (name) => ({ value: value[name], floor: Math.max(...tries.map((t) => t[name])) / 2 });
    return { kolmogorov: cell('kolmogorov'), wasserstein: cell('wasserstein') };
  }
}

/** ∫ |level - Φ| from a to b. */
function areaBetween(level, a, b) {
  const signed = (from, to) => normalCdfIntegral(to) - normalCdfIntegral(from) - level * (to - from);
  const [low, high] = [normalCdf(a), normalCdf(b)];
  if (level <= low || level >= high) return Math.abs(signed(a, b));
  let [from, to] = [a, b];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (normalCdf(middle) < level) from = middle;
    else to = middle;
  }
  return Math.abs(signed(a, from)) + Math.abs(signed(from, b));
}

/** Distances to N(0,1) of a law of atoms. @param {{ at: number, mass: number }[]} atoms in any order */
export function distancesOfAtoms(atoms) {
  const sorted = [...atoms].sort((a, b) => a.at - b.at);
  let below = 0;
  let kolmogorov = 0;
  let wasserstein = 0;
  let before = -REACH;
  for (const { at, mass } of sorted) {
    wasserstein += areaBetween(below, before, at);
    kolmogorov = Math.max(kolmogorov, Math.abs(below - normalCdf(at)));
    below += mass;
    kolmogorov = Math.max(kolmogorov, Math.abs(below - normalCdf(at)));
    before = at;
  }
  return { kolmogorov, wasserstein: wasserstein + areaBetween(below, before, REACH) };
}
