// SPDX-License-Identifier: Apache-2.0
/** For section d: the error of grids on every input. */
import { GRIDS } from '../../../dist/codec/grids.js';
import { chooseRounds, Quantizer } from '../../../dist/index.js';
import { INPUT_NAMES, input, squaredNorm } from '../inputs.mjs';
import { librarySeed } from '../random.mjs';
import { Mean } from '../stats.mjs';

/** Two entries whose positions differ in one bit or more: only pairs in one aligned block are special. */
const PAIRS = { 'e0 + e2': [0, 2], 'e0 + e9': [0, 9] };

function vector(name, dim) {
  if (!PAIRS[name]) return input(name, dim);
  const x = new Float32Array(dim);
  for (const i of PAIRS[name]) x[i] = 1;
  return x;
}

const after = INPUT_NAMES.indexOf('e0 + e1') + 1;
export const NAMES = [...INPUT_NAMES.slice(0, after), ...Object.keys(PAIRS), ...INPUT_NAMES.slice(after)];

/** Rows of all inputs. */
export function allRows(dim) {
  const x = new Float32Array(NAMES.length * dim);
  NAMES.forEach((name, r) => {
    x.set(vector(name, dim), r * dim);
  });
  return x;
}

const gridBits = (grid) => Math.log2(GRIDS[grid].size) / GRIDS[grid].block;

/**
 * |levels - z|² / d, the error of the codes themselves: of a decoder that multiplies by |x|/√d, for which the grids are
 * made. Records have the scale that fits each vector best, a = |x|/√d <z, levels> / |levels|², so what the codes are
 * follows from it and the length of the decoded vector.
 */
function codeErrors(records, decoded, dim, bytes) {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return NAMES.map((_, r) => {
    // codes, then scale, norm and tag (FORMAT.md, section 1)
    const trailer = (r + 1) * bytes - 9;
    const scale = view.getFloat32(trailer, true);
    const norm = view.getFloat32(trailer + 4, true);
    const energy = squaredNorm(decoded.subarray(r * dim, (r + 1) * dim)) / (scale * scale);
    return 1 + energy / dim - (2 * scale * energy) / (Math.sqrt(dim) * norm);
  });
}

/**
 * @param rounds 1, 2, 3 or 'auto'
 * @returns for each input { ratio, sigma, rounds }: error over the grid's for N(0,1); rounds: what was used
 */
export function measureGrid(grid, dim, rounds, trials, stream, progress) {
  const x = allRows(dim);
  const decoded = new Float32Array(x.length);
  const errors = NAMES.map(() => new Mean());
  const used = new Uint8Array(NAMES.length);
  const options = { dim, codec: 'vq', bits: gridBits(grid), grid, scale: 'mse', rounds };
  for (let trial = 0; trial < trials; trial++) {
    const quantizer = new Quantizer({ ...options, seed: librarySeed(stream, trial) });
    const bytes = quantizer.bytesPerVector;
    const records = quantizer.encode(x);
    quantizer.decode(records, { out: decoded });
    codeErrors(records, decoded, dim, bytes).forEach((error, r) => {
      errors[r].add(error / GRIDS[grid].error);
      used[r] = records[(r + 1) * bytes - 1];
    });
    if (trial % 16 === 0) progress(trial / trials);
  }
  return errors.map((mean, r) => ({ ratio: mean.mean, sigma: mean.error, rounds: used[r] }));
}

/** The rounds that `chooseRounds` gives for a grid. */
export function chosenRounds(grid, dim) {
  return [...chooseRounds(allRows(dim), { dim, bits: gridBits(grid), block: GRIDS[grid].block })];
}

/**
 * The exact error of a grid of pairs over its error for N(0,1), where both coordinates of every pair are equal, or
 * opposite, and have the law of these atoms.
 */
export function tiedPairsRatio(grid, atoms, sign) {
  const { points, size, error } = GRIDS[grid];
  const nearest = (z) => {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < size; k++) {
      least = Math.min(least, (z - points[2 * k]) ** 2 + (sign * z - points[2 * k + 1]) ** 2);
    }
    return least / 2;
  };
  return atoms.reduce((sum, { at, mass }) => sum + mass * nearest(at), 0) / error;
}
