// SPDX-License-Identifier: Apache-2.0
/** For section g: estimates of inner products of one query with fixed vectors, over many rotations. */
import { Quantizer } from '../../../dist/index.js';
import { input, squaredNorm } from '../inputs.mjs';
import { librarySeed } from '../random.mjs';
import { Mean } from '../stats.mjs';

export const COSINES = [0, 0.3, 0.6, 0.9];
/** The part of a vector that lies across the query. Few-valued ones are in products-hard.mjs. */
export const KINDS = ['gaussian', 'laplace', 'lognormal', 'student t2', 'sparse gradient', 'geometric', '1/i'];
export const SIGMAS = [1.9, 2];
const QUERY = 'outliers';

const widths = (codec, name, bits, more) =>
  bits.map((b) => ({
    family: name,
    name: `${name}, ${b} bit${b > 1 ? 's' : ''}`,
    options: { codec, bits: b, ...more },
  }));
const grid = (name, bits) => ({ family: 'VQ', name: `VQ ${name}`, options: { codec: 'vq', bits, grid: name } });

/**
 * Codecs whose decoder undoes a draw of their own take one RHT for any input by default, and then do better than theory on
 * sparse vectors; two make them comparable.
 */
const TWO = { rounds: 2 };

export const SETUPS = [
  ...widths('eden', 'EDEN', [1, 2, 3, 4, 5, 6, 7, 8]),
  ...widths('drive', 'DRIVE', [1]),
  grid('8x256', 1),
  grid('2x16', 2),
  grid('4x256', 2),
  grid('2x256', 4),
  ...widths('uniform', 'uniform', [1, 2, 3, 4, 6, 8]),
  ...widths('turboquant-mse', 'TurboQuant-mse', [1, 2, 3, 4, 6, 8]),
  ...widths('turboquant-prod', 'TurboQuant-prod', [2, 3, 4, 6, 8]),
  ...widths('quicfl', 'QUIC-FL', [1, 2, 3, 4, 6], TWO),
  ...widths('dithered', 'dithered', [1, 2, 3, 4, 6, 8], TWO),
];

const product = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** COSINES x KINDS vectors at exact angles to the query, of norms from 0.5 to 4. */
function vectorsAround(query, dim) {
  const unit = Float64Array.from(query, (value) => value / Math.sqrt(squaredNorm(query)));
  const x = new Float32Array(COSINES.length * KINDS.length * dim);
  COSINES.forEach((cosine, c) => {
    KINDS.forEach((kind, k) => {
      const across = Float64Array.from(input(kind, dim));
      const along = product(across, unit);
      for (let i = 0; i < dim; i++) across[i] -= along * unit[i];
      const sine = Math.sqrt((1 - cosine * cosine) / squaredNorm(across));
      const norm = 2 ** ((k % 4) - 1);
      const at = (c * KINDS.length + k) * dim;
      for (let i = 0; i < dim; i++) x[at + i] = norm * (cosine * unit[i] + sine * across[i]);
    });
  });
  return x;
}

class Cell {
  /** (estimate - truth) / (|q| |x|), by seed and vector. */
  errors;
  vnmse = new Mean();
  bytes = new Mean();
  /** Estimates within the bound, by SIGMAS, seed and cosine. */
  covered;

  constructor(seeds, vectors) {
    this.errors = new Float64Array(seeds * vectors);
    this.covered = SIGMAS.map(() => new Float64Array(seeds * COSINES.length));
  }
}

/** One seed of one setup. */
function measureSeed({ cell, seed, truth, data, quantizer }) {
  const { x, query, dim, norms, queryNorm, squares, decoded } = data;
  const rows = norms.length;
  const codes = quantizer.encode(x);
  cell.bytes.add(codes.length / rows);
  const estimates = quantizer.innerProducts(query, codes);
  const bounds = SIGMAS.map((sigmas) => quantizer.errorBounds(query, codes, { sigmas }));
  quantizer.decode(codes, { out: decoded });
  let vnmse = 0;
  for (let r = 0; r < rows; r++) {
    const error = estimates[r] - truth[r];
    cell.errors[seed * rows + r] = error / (queryNorm * norms[r]);
    bounds.forEach((bound, s) => {
      if (Math.abs(error) <= bound[r]) cell.covered[s][seed * COSINES.length + Math.floor(r / KINDS.length)]++;
    });
    let square = 0;
    for (let i = r * dim; i < (r + 1) * dim; i++) square += (decoded[i] - x[i]) ** 2;
    vnmse += square / squares[r];
  }
  cell.vnmse.add(vnmse / rows);
}

/** @returns {{ cells: Cell[], products: Float64Array, expected: number[] }} cells by SETUPS; products in units of norms */
export function measureProducts(dim, seeds, stream, progress) {
  const query = input(QUERY, dim);
  const x = vectorsAround(query, dim);
  const rows = COSINES.length * KINDS.length;
  const at = (r) => x.subarray(r * dim, (r + 1) * dim);
  const squares = Array.from({ length: rows }, (_, r) => squaredNorm(at(r)));
  const data = {
    x,
    query,
    dim,
    squares,
    norms: squares.map(Math.sqrt),
    queryNorm: Math.sqrt(squaredNorm(query)),
    decoded: new Float32Array(x.length),
  };
  const truth = squares.map((_, r) => product(Float64Array.from(at(r)), query));
  const cells = SETUPS.map(() => new Cell(seeds, rows));
  const expected = [];
  for (let seed = 0; seed < seeds; seed++) {
    SETUPS.forEach(({ options }, s) => {
      const own = librarySeed(stream, seed);
      const quantizer = new Quantizer({ dim, ...options, seed: own, privateSeed: own });
      expected[s] = quantizer.expectedError;
      measureSeed({ cell: cells[s], seed, truth, data, quantizer });
    });
    progress(seed / seeds);
  }
  const products = Float64Array.from(truth, (value, r) => value / (data.norms[r] * data.queryNorm));
  return { cells, products, expected };
}
