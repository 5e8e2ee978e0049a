// SPDX-License-Identifier: Apache-2.0
/** Error of an estimated cosine by bytes, for every codec. */
import { Quantizer } from '../../dist/index.js';
import { Random } from '../reproduce/random.mjs';
import { Mean } from '../reproduce/stats.mjs';

export const id = 'codec';
export const title = 'codec';

const DIM = 768;
const COSINE = 0.5;
const ROTATIONS = 25;
const ROWS = 400;
/** Widths measured; those up to 4 bits are drawn. */
const WIDTHS = {
  eden: [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  vq: [1, 2, 4],
  'vq, 2x16': [2],
  uniform: [1, 2, 3, 4, 6, 8],
  quicfl: [1, 2, 3, 4, 6],
  dithered: [1, 2, 3, 4, 6, 8],
  drive: [1],
  'turboquant-mse': [1, 2, 3, 4, 6, 8],
  'turboquant-prod': [2, 3, 4],
};
/** What a name means, if it is not that of a codec. */
const OPTIONS = { 'vq, 2x16': { codec: 'vq', grid: '2x16' } };
const DRAWN_WIDTHS = [1, 2, 3, 4];
/** The share of vectors whose errors are larger than `rare`. */
const RARE = 0.001;
const DRAWN = ['eden', 'vq', 'uniform', 'quicfl', 'dithered', 'turboquant-prod', 'turboquant-mse'];

function unitNormals(random) {
  const x = Float64Array.from({ length: DIM }, () => random.normal());
  const norm = Math.hypot(...x);
  return x.map((value) => value / norm);
}

/** A query of length 1, and rows of length 1 at the given cosine to it. */
function pairs(rotation) {
  const random = new Random('choosing', 'codec', rotation);
  const query = unitNormals(random);
  const rows = new Float32Array(ROWS * DIM);
  for (let r = 0; r < ROWS; r++) {
    const other = unitNormals(random);
    const along = other.reduce((sum, value, i) => sum + value * query[i], 0);
    const across = Math.sqrt((1 - COSINE ** 2) / (1 - along ** 2));
    for (let i = 0; i < DIM; i++) rows[r * DIM + i] = COSINE * query[i] + across * (other[i] - along * query[i]);
  }
  return { query: Float32Array.from(query), rows };
}

function measure(name, bits, data) {
  const options = OPTIONS[name] ?? { codec: name };
  const square = new Mean();
  const bias = new Mean();
  const errors = [];
  let bytes = 0;
  data.forEach(({ query, rows }, rotation) => {
    const seeds = { seed: rotation, ...(name === 'quicfl' ? { privateSeed: rotation } : {}) };
    const quantizer = new Quantizer({ dim: DIM, bits, ...options, ...seeds });
    const codes = quantizer.encode(rows, { firstIndex: rotation * ROWS });
    bytes += codes.length / ROWS / data.length;
    for (const estimate of quantizer.innerProducts(query, codes)) {
      square.add((estimate - COSINE) ** 2);
      bias.add(estimate - COSINE);
    }
    const back = quantizer.decode(codes);
    for (let r = 0; r < ROWS; r++) {
      let sum = 0;
      for (let i = r * DIM; i < (r + 1) * DIM; i++) sum += (back[i] - rows[i]) ** 2;
      errors.push(sum);
    }
  });
  errors.sort((a, b) => a - b);
  return {
    bits,
    bytes,
    rms: Math.sqrt(square.mean),
    bias: bias.mean,
    nmse: errors.reduce((a, b) => a + b, 0) / errors.length,
    rare: errors[Math.ceil((1 - RARE) * errors.length) - 1],
    largest: errors[errors.length - 1],
  };
}

export function run(progress) {
  const data = Array.from({ length: ROTATIONS }, (_, rotation) => pairs(rotation));
  const jobs = Object.entries(WIDTHS).flatMap(([codec, widths]) => widths.map((bits) => ({ codec, bits })));
  const codecs = Object.fromEntries(Object.keys(WIDTHS).map((codec) => [codec, []]));
  jobs.forEach(({ codec, bits }, i) => {
    progress(i / jobs.length, `${codec}, ${bits} bits`);
    codecs[codec].push(measure(codec, bits, data));
  });
  return { numbers: { dim: DIM, cosine: COSINE, pairs: ROTATIONS * ROWS, codecs }, figures: [figure(codecs)] };
}

function figure(codecs) {
  const series = DRAWN.map((codec) => ({
    name: codec,
    points: codecs[codec]
      .filter(({ bits }) => DRAWN_WIDTHS.includes(bits))
      .map(({ bytes, rms }) => ({ x: bytes, y: rms })),
  }));
  return {
    name: 'codec',
    plots: [
      {
        type: 'line',
        title: 'Error of an estimated cosine of 0.5, 768 dimensions',
        caption: 'Root mean squared error by bytes a vector, 1 to 4 bits a coordinate, for each codec.',
        x: { label: 'bytes a vector', scale: 'linear', ticks: [100, 200, 300, 400], format: 'd' },
        y: {
          label: 'rms error',
          scale: 'log',
          min: 0.0024,
          max: 0.07,
          ticks: [0.003, 0.005, 0.01, 0.02, 0.05],
          format: 's1',
        },
        series,
      },
    ],
  };
}
