// SPDX-License-Identifier: Apache-2.0
/** Codec turboquant-prod: codes of turboquant-mse with a bit less, and signs of Gaussian projections of what they miss. */
import { codeOf } from './codes.mjs';
import { gaussians } from './gaussian.mjs';
import { turboquantBook } from './scalar.mjs';
import { laneSum } from './sums.mjs';

const f = Math.fround;
const ROOT_HALF_PI = 1.2533141373155003;

const matrices = new Map();
/** Rows of a dim x dim matrix. */
function matrixOf({ dim, seed }) {
  const name = `${seed} ${dim}`;
  if (!matrices.has(name)) {
    const all = gaussians(seed, 19, dim * dim);
    matrices.set(
      name,
      Array.from({ length: dim }, (_, i) => all.slice(i * dim, (i + 1) * dim)),
    );
  }
  return matrices.get(name);
}

export const turboquantProd = {
  scale: 'fixed',
  layout: ({ dim, bits }) => [
    { count: dim, bits: bits - 1 },
    { count: dim, bits: 1 },
  ],
  encode(options, z) {
    const { dim, bits } = options;
    const book = turboquantBook(dim, bits - 1);
    const codes = z.map((v) => codeOf(book, v));
    const rest = codes.map((c, i) => f(z[i] - book.levels32[c]));
    const signs = matrixOf(options).map((g) => (laneSum(g.map((v, j) => f(v * rest[j]))) >= 0 ? 1 : 0));
    const length = Math.sqrt(laneSum(rest.map((v) => f(v * v))));
    return { codes: [codes, signs], residualRatio: (ROOT_HALF_PI * length) / dim };
  },
  levels(options, { codes, scale, residual }) {
    const { levels32 } = turboquantBook(options.dim, options.bits - 1);
    const sums = new Array(options.dim).fill(0);
    matrixOf(options).forEach((g, i) => {
      for (let j = 0; j < sums.length; j++) sums[j] = f(sums[j] + (codes[1][i] ? g[j] : -g[j]));
    });
    const ratio = scale === 0 ? 0 : f(residual / scale);
    return codes[0].map((c, j) => f(levels32[c] + f(sums[j] * ratio)));
  },
};
