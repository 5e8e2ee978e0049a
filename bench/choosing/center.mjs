// SPDX-License-Identifier: Apache-2.0
/** What `center: 'mean'` changes: for cosine, and for Euclidean distance between the same vectors divided by their norm. */
import { measureRecall, SEEDS, searchSets } from './sets.mjs';

export const id = 'center';
export const title = 'center';

const NAMES = { 'use-512': 'USE-512', 'glove-100': 'GloVe-100', 'mnist-784': 'MNIST-784' };
const WIDTHS = [1, 2, 4, 8];
const DRAWN = [1, 2, 4];
/** For vectors of length 1 both metrics have the same order. */
const WAYS = {
  cosine: { metric: 'cosine' },
  cosineMean: { metric: 'cosine', center: 'mean' },
  l2Mean: { metric: 'l2', center: 'mean' },
};

/** |mean|^2 of the vectors of length 1: 0 where they are centred, 1 where they are all the same. */
function shareOfMean({ x, corpus: { rows, dim } }) {
  const sum = new Float64Array(dim);
  for (let r = 0, at = 0; r < rows; r++) for (let i = 0; i < dim; i++, at++) sum[i] += x[at];
  return sum.reduce((total, value) => total + (value / rows) ** 2, 0);
}

function measure(set, bits) {
  const ways = Object.entries(WAYS).map(([way, options]) => [
    way,
    measureRecall(set, set.x, set.y, { bits, ...options }),
  ]);
  return { bits, ...Object.fromEntries(ways) };
}

export async function run(progress) {
  const { sets, missing } = await searchSets(Object.keys(NAMES), (part, doing) => progress(0.3 * part, doing));
  if (missing) return { missing };
  const numbers = {};
  sets.forEach((set, i) => {
    const widths = WIDTHS.map((bits, w) => {
      progress(0.3 + (0.7 * (i + w / WIDTHS.length)) / sets.length, `${NAMES[set.name]}, ${bits} bits`);
      return measure(set, bits);
    });
    numbers[set.name] = {
      rows: set.corpus.rows,
      queries: set.queries.rows,
      rotations: SEEDS.length,
      shareOfMean: shareOfMean(set),
      widths,
    };
  });
  return { numbers, figures: [figure(numbers)] };
}

function figure(numbers) {
  const cells = Object.entries(numbers).flatMap(([set, { widths }]) =>
    widths.filter(({ bits }) => DRAWN.includes(bits)).map((cell) => ({ set, ...cell })),
  );
  const gain = (way) => cells.map((cell) => cell[way].recall - cell.cosine.recall);
  return {
    name: 'center',
    plots: [
      {
        type: 'dots',
        title: "Recall@10 gained by center: 'mean'",
        caption:
          'Recall at 10 with the center at the mean, less that without one, for eden at 1, 2 and 4 bits; mean of three rotations.',
        value: { label: 'recall@10, less that without a center', scale: 'linear' },
        categories: cells.map(({ set, bits }) => `${NAMES[set]}, ${bits} bit${bits === 1 ? '' : 's'}`),
        series: [
          { name: 'cosine', values: gain('cosineMean') },
          { name: 'l2 of unit vectors', values: gain('l2Mean') },
        ],
        references: [{ name: 'no center', value: 0 }],
      },
    ],
  };
}
