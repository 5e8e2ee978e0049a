// SPDX-License-Identifier: Apache-2.0
/**
 * Grids of the standard normal law in m dimensions: n points chosen to minimise the mean squared error of the nearest
 * one, as in HIGGS (Malinovskii and others 2024, arXiv 2411.17525). Every point is the mean of its cell, so the
 * error D of a coordinate is 1 - E|c|^2 / m and the scale of an unbiased estimate 1 / (1 - D), as for Lloyd-Max levels.
 *
 * The points are our own: scripts/tables/grids.mjs found them and says how. test/grids.test.ts measures all this again.
 */
import { ERRORS, LENGTHS_8X256, POINTS_2X16, POINTS_2X256, POINTS_4X256 } from './grid-points.ts';

/** Block length x codewords: 2 and 4 bits a coordinate in the plane, 2 in 4 dimensions, 1 in 8. */
export type GridName = '2x16' | '2x256' | '4x256' | '8x256';

export interface Grid {
  /** Coordinates coded together (m). */
  readonly block: number;
  /** Codewords (n). */
  readonly size: number;
  /** Mean squared error a coordinate for N(0,1). */
  readonly error: number;
  /** size x block, row-major. */
  readonly points: readonly number[];
}

export const GRID_NAMES: readonly GridName[] = ['2x16', '2x256', '4x256', '8x256'];

/**
 * The 240 roots of E8 at two lengths, and 16 points within:
 *
 *   0..127    half (+-1, ..., +-1), minus signs even in number; bit j < 7 of the index is 1 where coordinate j is minus
 *   128..239  +-pair e_i +-pair e_j, i < j in lexicographic order, four each: ++ -+ +- --
 *   240..255  inner e_i, -inner e_i
 *
 * The nearest point needs no search: of each kind it follows from the absolute values (the two largest, the least, the
 * sum) and the parity of the minus signs.
 */
function rootsOfE8({ half, pair, inner }: typeof LENGTHS_8X256): number[] {
  const points: number[] = [];
  for (let code = 0; code < 128; code++) {
    let minus = 0;
    for (let j = 0; j < 7; j++) minus += (code >> j) & 1;
    const signs = code | ((minus & 1) << 7);
    for (let j = 0; j < 8; j++) points.push((signs >> j) & 1 ? -half : half);
  }
  const sparse = (entries: Readonly<Record<number, number>>) => {
    for (let j = 0; j < 8; j++) points.push(entries[j] ?? 0);
  };
  for (let i = 0; i < 8; i++) {
    for (let j = i + 1; j < 8; j++) {
      for (let signs = 0; signs < 4; signs++) sparse({ [i]: signs & 1 ? -pair : pair, [j]: signs & 2 ? -pair : pair });
    }
  }
  for (let i = 0; i < 8; i++) {
    sparse({ [i]: inner });
    sparse({ [i]: -inner });
  }
  return points;
}

export const GRIDS: Readonly<Record<GridName, Grid>> = {
  '2x16': { block: 2, size: 16, error: ERRORS['2x16'], points: POINTS_2X16 },
  '2x256': { block: 2, size: 256, error: ERRORS['2x256'], points: POINTS_2X256 },
  '4x256': { block: 4, size: 256, error: ERRORS['4x256'], points: POINTS_4X256 },
  '8x256': { block: 8, size: 256, error: ERRORS['8x256'], points: rootsOfE8(LENGTHS_8X256) },
};
