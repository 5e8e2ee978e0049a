// SPDX-License-Identifier: Apache-2.0
/** Scale 'unbiased' against 'mse': one decoded vector, the mean of many, and inner products. */
import { Quantizer } from '../../dist/index.js';
import { librarySeed, Random } from '../reproduce/random.mjs';
import { Mean } from '../reproduce/stats.mjs';

export const id = 'scale';
export const title = 'scale';

const DIM = 1024;
const ROWS = 8;
const TRIALS = 20;
const MOST = 64;
const COUNTS = [1, 2, 4, 8, 16, 32, 64];
const WIDTHS = { eden: [1, 2, 3, 4, 8], vq: [1, 2, 4] };
const DRAWN = [1, 2, 4];
const SCALES = ['unbiased', 'mse'];
/** Streams of library seeds, as in bench/reproduce: one for each place that draws some. */
const STREAM = 3000;

function rows() {
  const random = new Random('choosing', 'scale');
  return Float32Array.from({ length: ROWS * DIM }, () => random.normal());
}

/** NMSE of the mean of n decoded vectors, each under a rotation of its own; <x, decoded> over <x, x> of a single one. */
function measure(codec, bits, scale, x) {
  const errors = COUNTS.map(() => new Mean());
  const gain = new Mean();
  const sums = new Float64Array(ROWS * DIM);
  const norms = Array.from({ length: ROWS }, (_, r) =>
    x.subarray(r * DIM, (r + 1) * DIM).reduce((sum, value) => sum + value * value, 0),
  );
  for (let trial = 0; trial < TRIALS; trial++) {
    sums.fill(0);
    for (let n = 1; n <= MOST; n++) {
      const quantizer = new Quantizer({ dim: DIM, bits, codec, scale, seed: librarySeed(STREAM, trial * MOST + n) });
      const decoded = quantizer.decode(quantizer.encode(x));
      for (let i = 0; i < sums.length; i++) sums[i] += decoded[i];
      const mean = errors[COUNTS.indexOf(n)];
      for (let r = 0; r < ROWS; r++) {
        let error = 0;
        let product = 0;
        for (let i = r * DIM; i < (r + 1) * DIM; i++) {
          error += (sums[i] / n - x[i]) ** 2;
          product += decoded[i] * x[i];
        }
        mean?.add(error / norms[r]);
        gain.add(product / norms[r]);
      }
    }
  }
  return { codec, bits, scale, gain: gain.mean, nmse: COUNTS.map((n, i) => ({ n, nmse: errors[i].mean })) };
}

export function run(progress) {
  const x = rows();
  const jobs = Object.entries(WIDTHS).flatMap(([codec, widths]) =>
    widths.flatMap((bits) => SCALES.map((scale) => ({ codec, bits, scale }))),
  );
  const cells = jobs.map(({ codec, bits, scale }, i) => {
    progress(i / jobs.length, `${codec}, ${bits} bits, ${scale}`);
    return measure(codec, bits, scale, x);
  });
  return { numbers: { dim: DIM, cells }, figures: [figure(cells)] };
}

function figure(cells) {
  const drawn = cells.filter(({ codec, bits }) => codec === 'eden' && DRAWN.includes(bits));
  return {
    name: 'scale',
    plots: [
      {
        type: 'line',
        title: 'Error of the mean of n decodings, own rotations',
        caption: 'NMSE of the mean of n decoded vectors for eden at 1, 2 and 4 bits, with each scale.',
        x: { label: 'n, decodings averaged', scale: 'log', ticks: COUNTS, format: 'd' },
        y: { label: 'NMSE of the mean', scale: 'log' },
        series: drawn.map(({ bits, scale, nmse }) => ({
          name: `${bits} bit${bits === 1 ? '' : 's'}, ${scale}`,
          points: nmse.map(({ n, nmse: y }) => ({ x: n, y })),
        })),
      },
    ],
  };
}
