// SPDX-License-Identifier: Apache-2.0
/** The mean of many senders' vectors: which errors average out. */
import { Quantizer } from '../../dist/index.js';
import { input, squaredNorm } from '../reproduce/inputs.mjs';
import { librarySeed, Random } from '../reproduce/random.mjs';
import { Mean } from '../reproduce/stats.mjs';

export const id = 'senders';
export const title = 'many senders';

const DIM = 1024;
const INPUT = 'sparse gradient';
const COUNTS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const TRIALS = 60;
const STREAM = 3020;
const BITS = 2;
/** All codecs that average, at more widths, for the table; with 64 senders. */
const WIDTHS = [1, 2, 3, 4, 6];
const TABLE_SENDERS = 64;

/** Every sender has the vector itself, or a vector of its own at a cosine of 0.5 to every other. */
const SAME = () => input(INPUT, DIM);
function alike(trial, sender) {
  const common = new Random('choosing', 'senders', 'common', trial);
  const own = new Random('choosing', 'senders', trial, sender);
  return Float32Array.from({ length: DIM }, () => common.normal() + own.normal());
}

/** Ways to send: the options of each sender's quantizer and encode call. */
const WAYS = {
  quicfl: (trial, sender) => [{ codec: 'quicfl', seed: trial, privateSeed: trial }, sender],
  dithered: (trial, sender) => [{ codec: 'dithered', seed: trial }, sender],
  'eden, own seeds': (trial, sender) => [{ codec: 'eden', seed: librarySeed(STREAM + trial, sender) }, 0],
  'eden, one seed': (trial) => [{ codec: 'eden', seed: trial }, 0],
  'quicfl, one firstIndex': (trial, sender) => [
    { codec: 'quicfl', seed: trial, privateSeed: librarySeed(STREAM + trial, sender) },
    0,
  ],
  'dithered, one firstIndex': (trial) => [{ codec: 'dithered', seed: trial }, 0],
};
const DRAWN = ['quicfl', 'dithered', 'eden, own seeds', 'eden, one seed'];

/** n times |mean of the decoded - mean of the sent|^2 / mean |sent|^2, for each count n. */
function measure(way, bits, vectorOf, counts, trials) {
  const most = counts[counts.length - 1];
  const errors = counts.map(() => new Mean());
  let bytes = 0;
  for (let trial = 0; trial < trials; trial++) {
    const difference = new Float64Array(DIM);
    let energy = 0;
    let quantizer;
    let made;
    for (let sender = 0; sender < most; sender++) {
      const [options, firstIndex] = WAYS[way](trial, sender);
      const key = JSON.stringify(options);
      if (key !== made) quantizer = new Quantizer({ dim: DIM, bits, ...options });
      made = key;
      const x = vectorOf(trial, sender);
      const codes = quantizer.encode(x, { firstIndex });
      const decoded = quantizer.decode(codes);
      bytes += codes.length;
      energy += squaredNorm(x);
      for (let i = 0; i < DIM; i++) difference[i] += decoded[i] - x[i];
      const n = sender + 1;
      // |sum / n|^2 / (energy / n) times n
      errors[counts.indexOf(n)]?.add(squaredNorm(difference) / energy);
    }
  }
  return {
    way,
    bits,
    bytes: bytes / (trials * most),
    points: counts.map((n, i) => ({ n, nTimesNmse: errors[i].mean, error: errors[i].error })),
  };
}

export function run(progress) {
  const ways = Object.keys(WAYS);
  const same = ways.map((way, i) => {
    progress((0.6 * i) / ways.length, `${way}, same vector`);
    return measure(way, BITS, SAME, COUNTS, TRIALS);
  });
  progress(0.6, 'vectors at a cosine of 0.5');
  const similar = ways
    .slice(0, DRAWN.length)
    .map((way) => measure(way, BITS, alike, [1, 4, 16, TABLE_SENDERS], TRIALS / 4));
  const widths = DRAWN.slice(0, 3).flatMap((way, i) =>
    WIDTHS.map((bits) => {
      progress(0.7 + 0.1 * i, `${way}, ${bits} bits`);
      const { bytes, points } = measure(way, bits, SAME, [TABLE_SENDERS], TRIALS / 2);
      return { way, bits, bytes, ...points[0] };
    }),
  );
  const numbers = { dim: DIM, input: INPUT, trials: TRIALS, same, similar, widths };
  return { numbers, figures: [figure(same)] };
}

function figure(same) {
  return {
    name: 'senders',
    plots: [
      {
        type: 'line',
        title: 'Mean of n senders of one vector, 2 bits',
        caption: 'A flat line means that errors average out; a rising one that they do not.',
        x: { label: 'n, senders', scale: 'log', ticks: [1, 4, 16, 64, 256], format: 'd' },
        y: { label: 'n × NMSE of the mean', scale: 'log' },
        series: DRAWN.map((way) => {
          const { points } = same.find((cell) => cell.way === way);
          return { name: way, points: points.map(({ n, nTimesNmse }) => ({ x: n, y: nTimesNmse })) };
        }),
      },
    ],
  };
}
