// SPDX-License-Identifier: Apache-2.0
/** How many transforms a row gets: as asked for, or by its moments. */
import { vqBlock } from './grid.mjs';
import { blockMoments } from './sums.mjs';
import { transformSize } from './transform.mjs';

/** y: a loaded row (sums.mjs) with its power sums; a zero row counts as { s2: 1, s3: 0, s4: 1 }. */
export function roundsFor(options, y, { s2, s3, s4 }) {
  const { dim, bits, codec, rounds } = options;
  const least = transformSize(dim).span === dim ? 1 : 2;
  if (rounds !== 'auto') return Math.max(rounds, least);
  if (codec === 'dithered' || codec === 'quicfl') return least;
  const l3 = s3 / (s2 * Math.sqrt(s2));
  const l4 = s4 / (s2 * s2);
  let k = l3 <= Math.max(0.02, 2.5 / Math.sqrt(dim)) ? 1 : 2;
  if (l4 < 1.04 * (l3 * l3)) k++;
  if (bits >= 6) k = Math.max(k, 2);
  k = Math.max(k, least);
  if (codec === 'vq') {
    const block = vqBlock(options);
    const { r1, r2 } = blockMoments(y, { s2, s4 }, block);
    if (k === 1 && r1 > 0.01 * block) k = 2;
    if (k === 2 && r2 > 0.01 * block) k = 3;
  }
  return k;
}
