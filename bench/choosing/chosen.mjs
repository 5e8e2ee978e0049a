// SPDX-License-Identifier: Apache-2.0
/** How many rounds 'auto' takes on real data. */
import { chooseRounds } from '../../dist/index.js';
import { filesOf } from './sets.mjs';

export const id = 'chosen';
export const title = "rounds of 'auto'";

const SETS = ['use-512.corpus', 'glove-100.corpus', 'mnist-784', 'weights-256', 'weights-512', 'weights-1536'];
const ROWS = 2000;
/** vq codes blocks of 8 coordinates at 1 bit, of 2 at 4 bits. */
const CODECS = [
  { codec: 'eden', bits: 4, block: 1 },
  { codec: 'vq', bits: 4, block: 2 },
  { codec: 'vq', bits: 1, block: 8 },
];

export async function run() {
  const { files, missing } = await filesOf(SETS, ROWS);
  if (missing) return { missing };
  const numbers = files.flatMap(({ data, dim }, i) =>
    CODECS.map(({ codec, bits, block }) => {
      const rounds = chooseRounds(data, { dim, bits, block });
      const share = (wanted) => rounds.filter((r) => r === wanted).length / rounds.length;
      return { set: SETS[i].replace('.corpus', ''), dim, codec, bits, one: share(1), two: share(2), three: share(3) };
    }),
  );
  return { numbers, figures: [] };
}
