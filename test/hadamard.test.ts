// SPDX-License-Identifier: Apache-2.0
/** The Hadamard matrices behind rotations: +-1, orthogonal, and those that DESIGN section 4 names. */
import { expect, it } from 'vitest';
import { Rotation } from '../lib/index.ts';
import { streamBytes } from '../lib/random.ts';
import { forEachBackend } from './backends.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** +-1 signs of round 0 of a rotation whose dim is a transform size. */
function firstSigns(seed: number, dim: number): number[] {
  const bytes = streamBytes(seed, 0, Math.ceil(dim / 64));
  return Array.from({ length: dim }, (_, i) => ((bytes[i >> 3] >> (i & 7)) & 1 ? -1 : 1));
}

/** Columns of the Hadamard matrix behind dim, as +-1, from a rotation of the basis vectors. */
function hadamardColumns(dim: number): number[][] {
  const rotation = new Rotation({ dim, rounds: 1, seed: 9 });
  const sign = firstSigns(9, dim);
  const basis = new Float32Array(dim * dim);
  for (let i = 0; i < dim; i++) basis[i * dim + i] = sign[i];
  const entry = Math.fround(1 / Math.sqrt(dim));
  const y = rotation.apply(basis);
  return Array.from({ length: dim }, (_, i) => Array.from(y.subarray(i * dim, (i + 1) * dim), (v) => v / entry));
}

const circulant = (row: string) =>
  Array.from(row, (_, i) => Array.from(row, (_, j) => (row[(j - i + row.length) % row.length] === '+' ? 1 : -1)));

/** First rows of the Williamson circulants of DESIGN section 4 and performance.md section 2. */
const WILLIAMSON: Record<number, [string, string, string, string]> = {
  12: ['+++', '+--', '+--', '+--'],
  20: ['++--+', '+-++-', '-++++', '-++++'],
  28: ['+++--++', '+++--++', '++-++-+', '+-+--+-'],
};

forEachBackend('Hadamard matrices', () => {
  const sizes = [1, 2, 4, 8, 16, 32, 64, 12, 24, 48, 96, 192, 20, 40, 80, 160, 28, 56, 112, 224];

  it.each(sizes)('order %i: entries +-1, columns orthogonal', (dim) => {
    const columns = hadamardColumns(dim);
    expect(columns.flat().every((v) => Math.abs(v) === 1)).toBe(true);
    const skew = columns.flatMap((a, i) => columns.slice(0, i).filter((b) => dot(a, b) !== 0));
    expect(skew).toEqual([]);
  });

  it.each([12, 20, 28])('order %i is the Williamson array of its circulants', (dim) => {
    const width = dim / 4;
    const [A, B, C, D] = WILLIAMSON[dim].map(circulant);
    const array: [number, number[][]][][] = [
      [
        [1, A],
        [1, B],
        [1, C],
        [1, D],
      ],
      [
        [-1, B],
        [1, A],
        [-1, D],
        [1, C],
      ],
      [
        [-1, C],
        [1, D],
        [1, A],
        [-1, B],
      ],
      [
        [-1, D],
        [-1, C],
        [1, B],
        [1, A],
      ],
    ];
    hadamardColumns(dim).forEach((column, j) => {
      column.forEach((v, i) => {
        const [sign, block] = array[Math.floor(i / width)][Math.floor(j / width)];
        expect(v, `entry ${i}, ${j}`).toBe(sign * block[i % width][j % width]);
      });
    });
  });
});
