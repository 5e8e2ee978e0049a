// SPDX-License-Identifier: Apache-2.0
/** For section b: errors and squared biases of the codecs, over seeds, for every input and number of rounds. */
import { Quantizer, Rotation } from '../../../dist/index.js';
import { inputRows, squaredNorm } from '../inputs.mjs';
import { PlainEden } from '../plain-eden.mjs';
import { librarySeed, Random } from '../random.mjs';
import { UniformRotation } from '../random-rotation.mjs';
import { Mean, SquaredBias } from '../stats.mjs';

/** Relative errors |decoded - x|² / |x|² of one input and codec, and the part of their mean that is bias. */
class Cell {
  #errors = new Mean();
  #bias;
  #square;

  constructor(x) {
    this.#bias = new SquaredBias(x.length);
    this.#square = squaredNorm(x);
  }

  add(trial, decoded, x, at, dim) {
    this.#errors.add(this.#bias.add(trial, decoded, x, at, dim) / this.#square);
  }

  /** vNMSE and squared bias, both relative to |x|², with standard errors. */
  result() {
    const bias = this.#bias.estimate();
    return {
      error: this.#errors.mean,
      errorSigma: this.#errors.error,
      bias: bias.value / this.#square,
      biasSigma: bias.error / this.#square,
    };
  }
}

/**
 * The library's codecs. Every trial has a seed of its own; within it all inputs share the rotation.
 * @param {{ codec: string, bits: number, scale: string, rounds: 1 | 2 | 3 }[]} setups
 * @returns results[setup][input]
 */
export function measureQuantizers(names, dim, setups, trials, stream, progress) {
  const x = inputRows(names, dim);
  const rows = names.map((_, r) => x.subarray(r * dim, (r + 1) * dim));
  const cells = setups.map(() => rows.map((row) => new Cell(row)));
  const decoded = new Float32Array(x.length);
  for (let trial = 0; trial < trials; trial++) {
    setups.forEach((setup, s) => {
      const quantizer = new Quantizer({ dim, ...setup, seed: librarySeed(stream, trial) });
      quantizer.decode(quantizer.encode(x), { out: decoded });
      names.forEach((_, r) => {
        cells[s][r].add(trial, decoded, x, r * dim, dim);
      });
    });
    if (trial % 16 === 0) progress(trial / trials);
  }
  return cells.map((row) => row.map((cell) => cell.result()));
}

/**
 * The same codecs, in plain JavaScript, after a dense uniform random rotation.
 * @param {{ bits: number, scale: string }[]} setups
 * @returns results[setup][input]
 */
export function measureUniform(names, dim, setups, trials, progress) {
  const x = inputRows(names, dim);
  const rows = names.map((_, r) => x.subarray(r * dim, (r + 1) * dim));
  const cells = setups.map(() => rows.map((row) => new Cell(row)));
  const codecs = setups.map(({ bits, scale }) => new PlainEden(bits, scale));
  const decoded = new Float64Array(dim);
  for (let trial = 0; trial < trials; trial++) {
    const rotation = new UniformRotation(dim, new Random('uniform rotation', dim, trial));
    rows.forEach((row, r) => {
      const rotated = rotation.apply(Float64Array.from(row));
      codecs.forEach((codec, s) => {
        rotation.invert(codec.quantize(rotated, decoded));
        cells[s][r].add(trial, decoded, row, 0, dim);
      });
    });
    progress(trial / trials);
  }
  return cells.map((row) => row.map((cell) => cell.result()));
}

/** Largest |a - b| / |x| of two ways to code the inputs, over some seeds. */
function largestDifference(names, dim, stream, codeOne, codeOther) {
  const x = inputRows(names, dim);
  let most = 0;
  for (let trial = 0; trial < 10; trial++) {
    const seed = librarySeed(stream, trial);
    const one = codeOne(x, seed);
    const other = codeOther(x, seed);
    names.forEach((_, r) => {
      let square = 0;
      for (let i = r * dim; i < (r + 1) * dim; i++) square += (one[i] - other[i]) ** 2;
      most = Math.max(most, Math.sqrt(square / squaredNorm(x.subarray(r * dim, (r + 1) * dim))));
    });
  }
  return most;
}

/** The codec as the library has it. */
function byLibrary(dim, setup) {
  return (x, seed) => {
    const quantizer = new Quantizer({ dim, ...setup, seed });
    return quantizer.decode(quantizer.encode(x));
  };
}

/** The codec as PlainEden has it, around the library's rotation. */
function byPlainEden(dim, { bits, scale, rounds }) {
  const codec = new PlainEden(bits, scale);
  return (x, seed) => {
    const rotation = new Rotation({ dim, rounds, seed });
    const y = rotation.apply(x);
    for (let at = 0; at < y.length; at += dim) {
      y.set(codec.quantize(Float64Array.from(y.subarray(at, at + dim)), new Float64Array(dim)), at);
    }
    return rotation.invert(y);
  };
}

/** How far PlainEden is from the library, over setups. */
export function plainDifference(names, dim, setups, stream) {
  return Math.max(
    ...setups.map((setup) => largestDifference(names, dim, stream, byLibrary(dim, setup), byPlainEden(dim, setup))),
  );
}

/** How far 'eden' with one bit is from 'drive'. */
export function driveDifference(names, dim, stream) {
  const setup = { bits: 1, scale: 'unbiased', rounds: 2 };
  const [drive, eden] = ['drive', 'eden'].map((codec) => byLibrary(dim, { ...setup, codec }));
  return largestDifference(names, dim, stream, drive, eden);
}
