// SPDX-License-Identifier: Apache-2.0
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { normals } from './vectors.ts';

export const SAMPLE_DIM = 5;
export const SAMPLE_ROWS = 6;

/** A small index whose file has every section: center, codes, scales, norms, rounds, ids. */
export function sampleIndex(): FlatIndex {
  const index = new FlatIndex({ dim: SAMPLE_DIM, bits: 3, metric: 'l2', center: 'mean', seed: 0xfedcba9876543210n });
  index.add(normals(81, SAMPLE_ROWS, SAMPLE_DIM), [40, 7, 2 ** 40, 0, 12, 13]);
  return index;
}
