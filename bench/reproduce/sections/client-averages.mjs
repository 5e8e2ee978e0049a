// SPDX-License-Identifier: Apache-2.0
/** For section c: the error of averages over clients whose vectors were coded one by one. */
import { lloydMaxLevels, midpoints } from '../../../dist/codec/codebooks.js';
import { LLOYD_MAX_ERROR } from '../../../dist/codec/lloyd-max.js';
import { Quantizer } from '../../../dist/index.js';
import { input, inputRows, squaredNorm } from '../inputs.mjs';
import { normalDensity } from '../normal.mjs';
import { librarySeed, Random } from '../random.mjs';
import { Mean } from '../stats.mjs';

export const CLIENTS = 64;
export const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64];

export const DIFFERENT = 'different vectors';

/** Copies of one input; or a gradient that all share and as much noise of their own. */
export function clientVectors(name, dim) {
  if (name !== DIFFERENT) return inputRows(Array(CLIENTS).fill(name), dim);
  const common = input('sparse gradient', dim);
  const scale = Math.sqrt(dim / squaredNorm(common));
  const random = new Random('clients', dim);
  return Float32Array.from({ length: CLIENTS * dim }, (_, i) => scale * common[i % dim] + random.normal());
}

/** `own`: every client has a rotation of its own. `private`: and randomness that the server does not know. */
export const ARMS = {
  quicfl: { name: 'QUIC-FL, one rotation', options: { codec: 'quicfl' }, own: false, private: true },
  dithered: { name: 'dithered, one rotation', options: { codec: 'dithered' }, own: false, private: false },
  edenOwn: { name: 'EDEN, own rotations', options: { codec: 'eden', rounds: 2 }, own: true, private: false },
  edenShared: { name: 'EDEN, one rotation', options: { codec: 'eden', rounds: 2 }, own: false, private: false },
};

/** Decoded vectors of all clients. Each is a row of its own (firstIndex) of the collection: its draws are its own. */
function decodeClients(x, options, arm, stream, trial) {
  const { dim } = options;
  const first = trial * CLIENTS;
  const shared = new Quantizer({ ...options, seed: librarySeed(stream, first) });
  if (!arm.own && !arm.private) return shared.decode(shared.encode(x, { firstIndex: first }));
  const decoded = new Float32Array(x.length);
  for (let client = 0; client < CLIENTS; client++) {
    const index = first + client;
    const quantizer = new Quantizer({
      ...options,
      seed: librarySeed(stream, arm.own ? index : first),
      ...(arm.private ? { privateSeed: librarySeed(stream + 50, index) } : {}),
    });
    const [from, to] = [client * dim, (client + 1) * dim];
    const record = quantizer.encode(x.subarray(from, to), { firstIndex: index });
    (arm.own ? quantizer : shared).decode(record, { out: decoded.subarray(from, to) });
  }
  return decoded;
}

/** Mean squares of the means of 1, 2, 4, .. rows that follow each other. `rows` is used up. */
function meanSquares(rows, dim) {
  return GROUP_SIZES.map((size) => {
    const groups = CLIENTS / size;
    let square = 0;
    for (let g = 0; g < groups; g++) {
      for (let i = 0; i < dim; i++) {
        const value = size > 1 ? (rows[2 * g * dim + i] + rows[(2 * g + 1) * dim + i]) / 2 : rows[g * dim + i];
        rows[g * dim + i] = value;
        square += value * value;
      }
    }
    return square / groups;
  });
}

/**
 * Errors of means over n clients, relative to the mean |x|².
 * @param name of an input, or DIFFERENT
 * @returns for each n { n, error, errorSigma, ratio, ratioSigma }; ratio: n times the error over that of one client
 */
export function measureAverages(name, dim, bits, arm, trials, stream) {
  const x = clientVectors(name, dim);
  const square = squaredNorm(x) / CLIENTS;
  const errors = new Float64Array(x.length);
  const results = [];
  for (let trial = 0; trial < trials; trial++) {
    const decoded = decodeClients(x, { dim, bits, ...arm.options }, arm, stream, trial);
    for (let i = 0; i < x.length; i++) errors[i] = decoded[i] - x[i];
    results.push(meanSquares(errors, dim).map((value) => value / square));
  }
  const mean = (value) => {
    const all = new Mean();
    for (const result of results) all.add(value(result));
    return all;
  };
  const one = mean((result) => result[0]).mean;
  return GROUP_SIZES.map((n, k) => {
    const errors = mean((result) => result[k]);
    const ratio = (n * errors.mean) / one;
    // the standard error of a ratio of means is that of the mean of what the ratio leaves over
    const ratioSigma = mean((result) => n * result[k] - ratio * result[0]).error / one;
    return { n, error: errors.mean, errorSigma: errors.error, ratio, ratioSigma };
  });
}

/**
 * Correlation of EDEN's errors of two standard normal numbers with correlation rho: sum of h_k² rho^k over sum of h_k²,
 * where h_k are the coefficients of the error Q(z) / (1 - D) - z in normalised Hermite polynomials (Mehler's formula).
 */
function errorCorrelation(bits) {
  const levels = lloydMaxLevels(bits);
  const thresholds = midpoints(levels);
  const order = 60;
  const step = 1e-3;
  const coefficients = new Float64Array(order);
  let square = 0;
  for (let z = -8 + step / 2; z < 8; z += step) {
    const level = levels[thresholds.filter((t) => t <= z).length];
    const error = level / (1 - LLOYD_MAX_ERROR[bits]) - z;
    const weight = error * normalDensity(z) * step;
    square += error * weight;
    let [before, now] = [0, 1];
    for (let k = 0; k < order; k++) {
      coefficients[k] += now * weight;
      [before, now] = [now, (z * now - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
    }
  }
  return (rho) => coefficients.reduce((sum, h, k) => sum + h * h * rho ** k, 0) / square;
}

/**
 * n times the error of the mean of all clients over that of one, for EDEN with one rotation and enough rounds that pairs of
 * rotated coordinates are jointly normal: 1 where errors have nothing to do with each other, n where they are equal.
 */
export function sharedRotationRatio(name, dim, bits) {
  const correlation = errorCorrelation(bits);
  const x = clientVectors(name, dim);
  const rows = Array.from({ length: CLIENTS }, (_, c) => x.subarray(c * dim, (c + 1) * dim));
  const norms = rows.map((row) => Math.sqrt(squaredNorm(row)));
  let total = 0;
  for (let a = 0; a < CLIENTS; a++) {
    for (let b = 0; b < a; b++) {
      const product = rows[a].reduce((sum, value, i) => sum + value * rows[b][i], 0);
      total += 2 * norms[a] * norms[b] * correlation(product / (norms[a] * norms[b]));
    }
  }
  return 1 + total / squaredNorm(x);
}
