// SPDX-License-Identifier: Apache-2.0
/**
 * Vector quantization with Gaussian grids: blocks of 2, 4 or 8 rotated coordinates become the number of the nearest of 16 or
 * 256 codewords, 0.4 to 0.9 dB better than scalar codes of the same bits. The coordinates of a block must be close to
 * independent, for which some inputs need three Hadamard rounds (arXiv 2605.06014); lib/transform/rounds.ts decides.
 */
import type { NearestAlphabet } from './alphabet.ts';
import { lloydMaxAlphabet } from './codebooks.ts';
import { GRID_NAMES, GRIDS, type GridName } from './grids.ts';
import type { SectionShape } from './section.ts';

/** Bits a coordinate. */
export function gridBits(name: GridName): number {
  const { block, size } = GRIDS[name];
  return Math.log2(size) / block;
}

/** The largest grid of a width, or undefined if there is none. */
export function gridOfBits(bits: number): GridName | undefined {
  return GRID_NAMES.findLast((name) => gridBits(name) === bits);
}

function gridAlphabet(name: GridName): NearestAlphabet {
  const { block, size, error } = GRIDS[name];
  const levels = Float32Array.from(GRIDS[name].points);
  const points = new Float32Array(levels.length);
  const offsets = new Float32Array(size);
  for (let k = 0; k < size; k++) {
    let square = 0;
    for (let t = 0; t < block; t++) {
      const level = levels[k * block + t];
      points[t * size + k] = level;
      square += level * level;
    }
    offsets[k] = -square / 2;
  }
  return { coding: 'nearest', bits: Math.log2(size), block, levels, error, points, offsets };
}

export function vq(dim: number, bits: number, grid: GridName): SectionShape[] {
  const { block } = GRIDS[grid];
  const whole = dim - (dim % block);
  const parts: SectionShape[] = [];
  if (whole > 0) parts.push({ first: 0, count: whole, alphabet: gridAlphabet(grid) });
  if (whole < dim) parts.push({ first: whole, count: dim - whole, alphabet: lloydMaxAlphabet(bits) });
  return parts;
}
