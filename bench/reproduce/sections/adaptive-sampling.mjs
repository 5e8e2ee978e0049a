// SPDX-License-Identifier: Apache-2.0
/** For section f: errors with a fixed or chosen number of rounds, the same after a uniform rotation, and encode times. */
import { chooseRounds, Quantizer } from '../../../dist/index.js';
import { squaredNorm } from '../inputs.mjs';
import { librarySeed, Random } from '../random.mjs';
import { Mean } from '../stats.mjs';

export const ROUNDS = ['auto', 1, 2];

/** @returns options for Quantizer, its name here, coordinates coded together, and its error for large d */
function codec(name, block, options) {
  return { name, block, options, expected: new Quantizer({ dim: 1024, ...options }).expectedError };
}

const scalar = (bits) => codec(`EDEN, ${bits} bit${bits > 1 ? 's' : ''}`, 1, { codec: 'eden', bits });
const grid = (name, bits) => codec(`VQ ${name}`, Number.parseInt(name, 10), { codec: 'vq', bits, grid: name });
export const SCALARS = [1, 2, 4, 6, 8].map(scalar);
export const GRIDS = [grid('8x256', 1), grid('2x16', 2), grid('4x256', 2), grid('2x256', 4)];
export const CODECS = [...SCALARS, ...GRIDS];

/** Calls `each(r, |decoded - x|² / |x|²)` for every row r; returns their mean. */
function rowErrors(x, decoded, squares, dim, each) {
  let sum = 0;
  squares.forEach((square, r) => {
    let error = 0;
    for (let i = r * dim; i < (r + 1) * dim; i++) error += (decoded[i] - x[i]) ** 2;
    each(r, error / square);
    sum += error / square;
  });
  return sum / squares.length;
}

const rowSquares = (x, dim) =>
  Array.from({ length: x.length / dim }, (_, r) => squaredNorm(x.subarray(r * dim, (r + 1) * dim)));

/**
 * Errors of rows, each codec with each of ROUNDS; every trial has a seed of its own, which the rows share.
 * @returns {{ rows: Mean[], all: Mean }[][]} by codec, then by ROUNDS: of each row, and of the mean over rows
 */
export function measureErrors({ x, dim }, trials, stream, progress) {
  const squares = rowSquares(x, dim);
  const decoded = new Float32Array(x.length);
  const results = CODECS.map(() => ROUNDS.map(() => ({ rows: squares.map(() => new Mean()), all: new Mean() })));
  for (let trial = 0; trial < trials; trial++) {
    const seed = librarySeed(stream, trial);
    CODECS.forEach(({ options }, c) => {
      ROUNDS.forEach((rounds, k) => {
        const quantizer = new Quantizer({ dim, ...options, rounds, seed });
        quantizer.decode(quantizer.encode(x), { out: decoded });
        const { rows, all } = results[c][k];
        all.add(rowErrors(x, decoded, squares, dim, (r, error) => rows[r].add(error)));
      });
    });
    progress(trial / trials);
  }
  return results;
}

/** Floats that are coded at a time. */
const CHUNK = 1 << 18;

/**
 * The error after a uniform random rotation, at this dim: that of Gaussian rows, because a fixed rotation leaves their
 * direction uniform.
 * @param {number} floats how many Gaussian numbers
 * @returns {Mean[]} by codec
 */
export function measureUniform(dim, floats, stream, progress) {
  const random = new Random('uniform', dim);
  const count = Math.max(1, Math.floor(CHUNK / dim));
  const chunks = Math.max(2, Math.ceil(floats / dim / count));
  const x = new Float32Array(count * dim);
  const decoded = new Float32Array(x.length);
  const results = CODECS.map(() => new Mean());
  for (let chunk = 0; chunk < chunks; chunk++) {
    for (let i = 0; i < x.length; i++) x[i] = random.normal();
    const squares = rowSquares(x, dim);
    CODECS.forEach(({ options }, c) => {
      const quantizer = new Quantizer({ dim, ...options, rounds: 1, seed: librarySeed(stream, chunk) });
      quantizer.decode(quantizer.encode(x), { out: decoded });
      rowErrors(x, decoded, squares, dim, (_, error) => results[c].add(error));
    });
    progress(chunk / chunks);
  }
  return results;
}

/** The number of rounds that is chosen for every row, by codec. */
export function chosenRounds({ x, dim }) {
  return CODECS.map(({ options, block }) => chooseRounds(x, { dim, bits: options.bits, block }));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Encode time with chosen rounds over that with always 2 and always 3: medians, the three interleaved. */
export function timeRatios({ x, dim }, options, repeats) {
  const quantizers = ['auto', 2, 3].map((rounds) => new Quantizer({ dim, ...options, rounds, seed: 1 }));
  const out = new Uint8Array(quantizers[0].bytesPerVector * (x.length / dim));
  const times = quantizers.map(() => []);
  for (let repeat = -2; repeat < repeats; repeat++) {
    quantizers.forEach((quantizer, i) => {
      const start = performance.now();
      quantizer.encode(x, { out });
      // the first two only warm up
      if (repeat >= 0) times[i].push(performance.now() - start);
    });
  }
  const [auto, two, three] = times.map(median);
  return { overTwo: auto / two, overThree: auto / three };
}
