#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Error of the mean of n senders that hold the same gradient, times n: it stays what one sender has if errors average out.
// Synthetic gradients, and real ones: those of bench/data where they have been made, or
// with --gradients those in the .npy files of a folder, such as examples/federated-mnist records.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GradientAggregator, GradientCompressor } from '../../dist/gradient/index.js';
import { backend } from '../../dist/index.js';
import { printTable } from '../table.mjs';
import { firstRows } from '../vectors.mjs';

const CASES = [
  ['eden', 1],
  ['drive', 1],
  ['eden', 2],
  ['eden', 4],
  ['quicfl', 1],
  ['quicfl', 2],
  ['quicfl', 4],
  ['dithered', 1],
  ['dithered', 2],
  ['dithered', 4],
];
const SENDERS = [1, 4, 16, 64];
/** One draw of a dithered codec shifts a whole chunk: the error of one round says little. */
const FEWEST_ROUNDS = 64;

const { values: options } = parseArgs({
  options: {
    length: { type: 'string', default: '65536' },
    trials: { type: 'string', default: '256' },
    gradients: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log('usage: node bench/gradient/errors.mjs [--length 65536] [--trials 256] [--gradients folder] [--json]');
  console.log(
    'Prints n * |mean - gradient|^2 / |gradient|^2 for n = 1, 4, 16, 64 senders; --trials: estimates of single senders, at least; 64 rounds in any case.',
  );
  process.exit(0);
}
const length = Number(options.length);
const trials = Number(options.trials);

function gaussian() {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

async function inputs() {
  const made = {
    gaussian: gaussian(),
    'one-hot': Float32Array.from({ length }, (_, i) => (i === 5 ? 1 : 0)),
    'power law': Float32Array.from({ length }, (_, i) => (i % 2 ? -1 : 1) / (i + 1)),
  };
  if (options.gradients) {
    for (const name of readdirSync(options.gradients).filter((file) => file.endsWith('.npy'))) {
      made[name.slice(0, -4)] = (await firstRows(path.join(options.gradients, name), 1)).data;
    }
    return made;
  }
  const cached = fileURLToPath(new URL('../data/cache/gradients-101770.npy', import.meta.url));
  if (existsSync(cached)) {
    const { data, dim, rows } = await firstRows(cached);
    for (const row of [0, rows >> 1, rows - 1]) made[`real, ${row + 1}`] = data.slice(row * dim, (row + 1) * dim);
  } else {
    console.error(
      'real gradients are left out: `npm --prefix bench/data ci && npm --prefix bench/data run make` makes them',
    );
  }
  return made;
}

/** n |mean - grad|^2 / |grad|^2, over as many rounds as give `trials` estimates of single senders. */
function errorOfMean(grad, codec, bits, senders) {
  const aggregator = new GradientAggregator({ length: grad.length });
  const energy = grad.reduce((sum, v) => sum + v * v, 0);
  const compressors = Array.from(
    { length: senders },
    (_, clientId) => new GradientCompressor({ length: grad.length, codec, bits, clientId, privateSeed: clientId }),
  );
  const rounds = Math.max(FEWEST_ROUNDS, Math.round(trials / senders));
  let total = 0;
  for (let round = 0; round < rounds; round++) {
    aggregator.reset(round);
    for (const compressor of compressors) {
      for (const packet of compressor.compress(grad, { round })) aggregator.add(packet);
    }
    const mean = aggregator.mean();
    for (let i = 0; i < grad.length; i++) total += (mean[i] - grad[i]) ** 2;
  }
  return (senders * total) / rounds / energy;
}

const rows = [];
for (const [input, grad] of Object.entries(await inputs())) {
  for (const [codec, bits] of CASES) {
    const errors = SENDERS.map((senders) => errorOfMean(grad, codec, bits, senders));
    const { expectedError } = new GradientCompressor({ length: grad.length, codec, bits });
    rows.push({ input, codec, bits, expected: expectedError, errors });
    console.error(`${input}, ${codec} ${bits}`);
  }
}
if (options.json) {
  console.log(JSON.stringify({ backend, length, trials, senders: SENDERS, rows }, null, 2));
} else {
  printTable([
    ['gradient', 'codec', 'bits', 'expected', ...SENDERS.map((n) => `n = ${n}`)],
    ...rows.map(({ input, codec, bits, expected, errors }) => [
      input,
      codec,
      String(bits),
      expected.toPrecision(3),
      ...errors.map((e) => e.toPrecision(3)),
    ]),
  ]);
}
