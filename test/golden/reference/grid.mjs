// SPDX-License-Identifier: Apache-2.0
/** Codec vq: blocks of coordinates replaced by the nearest of a list of points; what is left over as eden codes it. */
import { BOOKS, codeOf } from './codes.mjs';
import { pointsOf } from './grid-points.mjs';

const f = Math.fround;

const DEFAULT_GRIDS = { 1: '8x256', 2: '4x256', 4: '2x256' };

const grids = new Map();

/** { block, size, bits of a code, points, halfNorms } of a name like 2x16. */
export function gridOf(name) {
  if (!grids.has(name)) {
    const [block, size] = name.split('x').map(Number);
    const flat = pointsOf(name);
    if (flat.length !== block * size) throw new Error(`grid ${name} has ${flat.length} numbers`);
    const points = Array.from({ length: size }, (_, c) => flat.slice(c * block, (c + 1) * block).map(f));
    const halfNorms = points.map((p) => f(p.reduce((sum, v) => sum + v * v, 0) / 2));
    grids.set(name, { block, size, bits: Math.log2(size), points, halfNorms });
  }
  return grids.get(name);
}

const gridFor = ({ bits, grid }) => gridOf(grid === '-' ? DEFAULT_GRIDS[bits] : grid);

export const vqBlock = (options) => gridFor(options).block;

function nearest({ points, halfNorms }, z) {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  points.forEach((point, code) => {
    let score = -halfNorms[code];
    point.forEach((w, t) => {
      score = f(score + f(z[t] * w));
    });
    if (score > bestScore) [best, bestScore] = [code, score];
  });
  return best;
}

export const vq = {
  layout(options) {
    const { dim, bits } = options;
    const { block, bits: width } = gridFor(options);
    const sections = [
      { count: Math.floor(dim / block), bits: width },
      { count: dim % block, bits, tail: true },
    ];
    return sections.filter((s) => s.count > 0);
  },
  encode(options, z) {
    const grid = gridFor(options);
    const { block } = grid;
    const codes = this.layout(options).map(({ count, bits, tail }) => {
      if (tail) return z.slice(z.length - count).map((v) => codeOf(BOOKS[bits], v));
      return Array.from({ length: count }, (_, i) => nearest(grid, z.slice(i * block, (i + 1) * block)));
    });
    return { codes, levels: this.levels(options, { codes }) };
  },
  levels(options, { codes }) {
    const { points } = gridFor(options);
    return this.layout(options).flatMap(({ bits, tail }, s) =>
      codes[s].flatMap((c) => (tail ? BOOKS[bits].levels32[c] : points[c])),
    );
  },
};
