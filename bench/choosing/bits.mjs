// SPDX-License-Identifier: Apache-2.0
/** Recall@10 of an index by bytes and codec; and how many results are certain. */
import { FlatIndex } from '../../dist/index.js';
import { fitLine } from '../reproduce/stats.mjs';
import { hitsOf, K, measureRecall, SEEDS, searchSets } from './sets.mjs';

export const id = 'bits';
export const title = 'bits';

const NAMES = { 'use-512': 'USE-512', 'glove-100': 'GloVe-100' };
const WIDTHS = {
  eden: [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  vq: [1, 2, 4],
  uniform: [2, 4],
  dithered: [2, 4],
  'turboquant-mse': [2, 4],
  'turboquant-prod': [2, 4],
};
const DRAWN = ['eden', 'vq'];
const DRAWN_FROM = 1;
const CERTIFIED = [2, 4, 6, 8];
const SIGMAS = [2, 3];

const share = (flags) => flags.filter(Boolean).length / flags.length;

function measure(set, codec, bits) {
  const seeds = DRAWN.includes(codec) ? SEEDS : SEEDS.slice(0, 1);
  const options = { codec, bits, center: 'mean' };
  return { codec, bits, ...measureRecall(set, set.corpus.data, set.queries.data, options, seeds) };
}

/** Shares of the queries that are certain, that are right, and of the certain ones that are right. */
function certainty(set, bits) {
  const index = new FlatIndex({ dim: set.corpus.dim, bits, center: 'mean' });
  index.add(set.corpus.data);
  return SIGMAS.map((sigmas) => {
    const { ids, certain } = index.search(set.queries.data, { k: K, certify: true, sigmas });
    const right = hitsOf(set, ids).map((hits) => hits === K);
    const sure = right.filter((_, q) => certain[q]);
    return {
      bits,
      sigmas,
      certain: sure.length / right.length,
      right: share(right),
      rightIfCertain: sure.length ? share(sure) : null,
    };
  });
}

/** Bytes that eden would need for the same recall, by interpolation between its widths. */
function edenBytes(eden, wanted) {
  const above = eden.findIndex(({ recall }) => recall >= wanted);
  const [low, high] = [eden[above - 1], eden[above]];
  const { slope, intercept } = fitLine([low.recall, high.recall], [low.bytes, high.bytes]);
  return intercept + slope * wanted;
}

function measureSet(set, progress) {
  const jobs = Object.entries(WIDTHS).flatMap(([codec, widths]) => widths.map((bits) => ({ codec, bits })));
  const index = jobs.map(({ codec, bits }, i) => {
    progress(i / jobs.length, `${NAMES[set.name]}, ${codec}, ${bits} bits`);
    return measure(set, codec, bits);
  });
  const of = (wanted) => index.filter(({ codec }) => codec === wanted);
  return {
    rows: set.corpus.rows,
    dim: set.corpus.dim,
    queries: set.queries.rows,
    index,
    vqAsEden: of('vq').map(({ bits, bytes, recall }) => ({ bits, bytes, edenBytes: edenBytes(of('eden'), recall) })),
    certify: CERTIFIED.flatMap((bits) => certainty(set, bits)),
  };
}

export async function run(progress) {
  const { sets, missing } = await searchSets(Object.keys(NAMES), (part, doing) => progress(0.2 * part, doing));
  if (missing) return { missing };
  const numbers = {};
  sets.forEach((set, i) => {
    numbers[set.name] = measureSet(set, (part, doing) => progress(0.2 + 0.4 * (i + part), doing));
  });
  return { numbers, figures: [figure(numbers)] };
}

function figure(numbers) {
  const line = (set, wanted) => ({
    name: `${NAMES[set]}, ${wanted}`,
    points: numbers[set].index
      .filter(({ codec, bits }) => codec === wanted && bits >= DRAWN_FROM)
      .map(({ bytes, recall }) => ({ x: bytes, y: recall })),
  });
  return {
    name: 'bits',
    plots: [
      {
        type: 'line',
        title: 'Recall@10 by bytes: eden 1 to 8 bits, vq 1, 2, 4',
        caption:
          'Recall at 10 against exact cosine search, index with its center at the mean, 500 queries, three rotations.',
        x: { label: 'bytes a vector, everything counted', scale: 'log', ticks: [20, 50, 100, 200, 500], format: 'd' },
        y: { label: 'recall@10', scale: 'linear', max: 1, ticks: [0.4, 0.6, 0.8, 1], format: 'f1' },
        series: Object.keys(NAMES).flatMap((set) => DRAWN.map((codec) => line(set, codec))),
      },
    ],
  };
}
