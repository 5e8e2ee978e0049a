// SPDX-License-Identifier: Apache-2.0
/** The points of the grids of vq: numbers of lib/codec/grid-points.ts, and the roots of E8 for 8x256. */
import { numbers, textOf } from './tables.mjs';

const text = textOf('grid-points.ts');

/** 240 roots of E8 at two lengths and 16 points within, in the order that lib/codec/grids.ts gives. */
function rootPoints() {
  const length = (name) => Number(text.match(new RegExp(`LENGTHS_8X256.*${name}: ([\\d.]+)`))[1]);
  const [half, pair, inner] = ['half', 'pair', 'inner'].map(length);
  const points = [];
  for (let index = 0; index < 128; index++) {
    const point = Array.from({ length: 8 }, (_, j) => ((index >> j) & 1 ? -half : half));
    if (point.filter((v) => v < 0).length % 2) point[7] = -half;
    points.push(point);
  }
  const axis = (i, value) => Array.from({ length: 8 }, (_, j) => (j === i ? value : 0));
  for (let i = 0; i < 8; i++) {
    for (let j = i + 1; j < 8; j++) {
      for (const [first, second] of [
        [pair, pair],
        [-pair, pair],
        [pair, -pair],
        [-pair, -pair],
      ]) {
        points.push(axis(i, first).map((v, t) => (t === j ? second : v)));
      }
    }
  }
  for (let i = 0; i < 8; i++) points.push(axis(i, inner), axis(i, -inner));
  return points.flat();
}

/** The coordinates of all points of a grid, one point after the other. */
export const pointsOf = (name) => {
  if (name === '8x256') return rootPoints();
  return numbers(text.match(new RegExp(`POINTS_${name.toUpperCase()}[^=]*= \\[([^\\]]*)\\]`))[1]);
};
