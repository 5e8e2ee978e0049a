// SPDX-License-Identifier: Apache-2.0
/**
 * For section a: distances of one rotated coordinate to N(0,1) for every input, number of rounds and d.
 *
 * All d coordinates of a row are used: they have one law. The last round multiplies entry i by a random sign and then
 * by H[j][i] = ±1/√d, and a random sign times a fixed one is a random sign, so coordinate j has the law of coordinate 0
 * for every input and number of rounds. They are not independent; the floor is measured between independent seeds.
 */
import { Rotation } from '../../../dist/index.js';
import { BIN_ERROR, distancesOfAtoms, PARTS, Sample } from '../distance.mjs';
import { EXACT_LAWS } from '../exact-laws.mjs';
import { INPUT_NAMES, inputRows, squaredNorm } from '../inputs.mjs';
import { librarySeed } from '../random.mjs';
import { fitPower } from '../stats.mjs';

export const DIMS = [64, 128, 256, 512, 1024, 2048, 4096, 16384, 65536];
export const ROUNDS = [1, 2, 3];
export const METRICS = ['kolmogorov', 'wasserstein'];
/** Drawn in colour; the other inputs are context. */
export const SHOWN = ['one-hot', 'e0 + e1', 'first 4', 'constant', 'gaussian'];
export const NAMES = [...SHOWN, ...INPUT_NAMES.filter((name) => !SHOWN.includes(name))];
/** A distance counts as one, not as chance, if it is this many times what chance alone may give. */
export const CLEAR = 3;

/** Distances of every input after 1, 2, 3 rounds: [input][rounds - 1]. */
export function measure(dim, samples, stream, progress) {
  const x = inputRows(NAMES, dim);
  const y = new Float32Array(x.length);
  const factors = NAMES.map((_, r) => Math.sqrt(dim / squaredNorm(x.subarray(r * dim, (r + 1) * dim))));
  const cells = NAMES.map(() => ROUNDS.map(() => new Sample()));
  const seeds = PARTS * Math.ceil(samples / dim / PARTS);
  for (let s = 0; s < seeds; s++) {
    const rotation = new Rotation({ dim, seed: librarySeed(stream, s) });
    const part = Math.floor((PARTS * s) / seeds);
    for (const rounds of ROUNDS) {
      rotation.apply(x, { rounds, out: y });
      NAMES.forEach((_, r) => {
        cells[r][rounds - 1].add(part, y, r * dim, (r + 1) * dim, factors[r]);
      });
    }
    if (s % 64 === 0) progress(s / seeds);
  }
  return cells.map((row) => row.map((cell) => cell.toNormal()));
}

export const COORDINATE = 517;
export const ALONE_DIM = 1024;

/** The same for one coordinate and nothing else: what pooling the coordinates must not change. */
export function measureOneCoordinate(name, dim, seeds, stream) {
  const x = inputRows([name], dim);
  const factor = Math.sqrt(dim / squaredNorm(x));
  const y = new Float32Array(dim);
  const sample = new Sample();
  for (let s = 0; s < seeds; s++) {
    new Rotation({ dim, seed: librarySeed(stream, s) }).apply(x, { rounds: 2, out: y });
    sample.add(Math.floor((PARTS * s) / seeds), y, COORDINATE, COORDINATE + 1, factor);
  }
  return sample.toNormal().kolmogorov.value;
}

export const clear = ({ value, floor }) => value > CLEAR * (floor + BIN_ERROR);

/** The fitted exponent over the dims where the distance is clear of chance; null where that is fewer than three. */
export function exponent(cells, distance = ({ value }) => value) {
  const used = cells.map((cell, i) => ({ ...cell, dim: DIMS[i] })).filter(clear);
  if (used.length < 3) return null;
  return fitPower(
    used.map(({ dim }) => dim),
    used.map(distance),
  );
}

/** The largest cell over the inputs, for each dim. */
export function worst(results, rounds, metric) {
  return results.map((inputs) => {
    const cells = inputs.map((row, r) => ({ ...row[rounds - 1][metric], name: NAMES[r] }));
    return cells.reduce((a, b) => (b.value > a.value ? b : a));
  });
}

/** Every cell whose law is known: measured against exact. */
export function compareExact(results) {
  return DIMS.flatMap((dim, i) =>
    Object.entries(EXACT_LAWS).flatMap(([name, laws]) =>
      Object.entries(laws).map(([rounds, law]) => {
        const { kolmogorov, wasserstein } = results[i][NAMES.indexOf(name)][rounds - 1];
        return { dim, name, rounds: Number(rounds), exact: distancesOfAtoms(law(dim)), kolmogorov, wasserstein };
      }),
    ),
  );
}
