// SPDX-License-Identifier: Apache-2.0
/**
 * Vectors that are hard on randomized Hadamard transforms, and a few ordinary ones. One Hadamard round leaves a sparse
 * vector on a lattice; two leave vectors with their energy in one aligned block pairwise dependent; vectors of few
 * distinct magnitudes, heavy tails and outliers are what real data has of that.
 */
import { Random } from './random.mjs';

const ones = (dim, at) => {
  const x = new Float32Array(dim);
  for (const i of at) x[i] = 1;
  return x;
};
const firstOf = (count) => Array.from({ length: count }, (_, i) => i);
const fill = (dim, value) => Float32Array.from({ length: dim }, (_, i) => value(i));

function studentT2(random) {
  const chiSquare = random.normal() ** 2 + random.normal() ** 2;
  return random.normal() / Math.sqrt(chiSquare / 2);
}

function embeddingWithOutliers(dim, random) {
  const x = fill(dim, () => 0.04 * random.normal());
  x[7 % dim] += 0.35;
  x[100 % dim] -= 0.25;
  return x;
}

/** Half the entries zero; layers of 16 entries share a lognormal size. */
function sparseGradient(dim, random) {
  const sizes = fill(Math.ceil(dim / 16), () => Math.exp(1.5 * random.normal()));
  return fill(dim, (i) => {
    const value = random.laplace() * sizes[i >> 4];
    return random.uniform() < 0.5 ? 0 : value;
  });
}

/** By name: (dim, random) => float32 vector, not normalised. dim is 64 or more. */
const MAKERS = {
  'one-hot': (dim) => ones(dim, [3]),
  'e0 + e1': (dim) => ones(dim, [0, 1]),
  'e0 + 0.9 e5': (dim) => {
    const x = ones(dim, [0]);
    x[5] = 0.9;
    return x;
  },
  '3-hot': (dim, random) => ones(dim, random.choose(3, dim)),
  'first 4': (dim) => ones(dim, firstOf(4)),
  '8-hot': (dim, random) => ones(dim, random.choose(8, dim)),
  'first 8': (dim) => ones(dim, firstOf(8)),
  '32-hot': (dim, random) => ones(dim, random.choose(32, dim)),
  constant: (dim) => new Float32Array(dim).fill(1),
  'half constant': (dim) => ones(dim, firstOf(dim >> 1)),
  'every 8th': (dim) => fill(dim, (i) => (i % 8 === 0 ? 1 : 0)),
  // below 2^-126 float32 loses digits; such entries no longer count for anything
  geometric: (dim) => fill(dim, (i) => (i < 100 ? 0.5 ** i : 0)),
  '1/i': (dim) => fill(dim, (i) => 1 / (i + 1)),
  gaussian: (dim, random) => fill(dim, () => random.normal()),
  laplace: (dim, random) => fill(dim, () => random.laplace()),
  lognormal: (dim, random) => fill(dim, () => Math.exp(random.normal())),
  'student t2': (dim, random) => fill(dim, () => studentT2(random)),
  outliers: embeddingWithOutliers,
  'sparse gradient': sparseGradient,
};

export const INPUT_NAMES = Object.keys(MAKERS);

/** The same vector for the same name and dim, always. */
export function input(name, dim) {
  return MAKERS[name](dim, new Random('input', name, dim));
}

/** Rows of these inputs, one after the other. */
export function inputRows(names, dim) {
  const rows = new Float32Array(names.length * dim);
  names.forEach((name, r) => {
    rows.set(input(name, dim), r * dim);
  });
  return rows;
}

/** |x|^2 in float64. */
export function squaredNorm(x) {
  return x.reduce((sum, value) => sum + value * value, 0);
}
