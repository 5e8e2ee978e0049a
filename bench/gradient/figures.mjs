#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The figures of docs/gradients.md: bytes and errors by codec, error feedback, and lost packets (times: npm run bench -- --only
// gradient). Usage: node bench/gradient/figures.mjs
import { readFileSync } from 'node:fs';
import { GradientAggregator, GradientCompressor } from '../../dist/gradient/index.js';

const SIZE = 2 ** 20;
const SENDERS = 16;
const CODECS = [
  ['eden', 1],
  ['eden', 2],
  ['eden', 4],
  ['drive', 1],
  ['quicfl', 1],
  ['quicfl', 2],
  ['quicfl', 4],
  ['dithered', 1],
  ['dithered', 2],
  ['dithered', 4],
  ['f32', undefined],
];

/** Row 1 of test/fixtures/gradients.npy: step 30 of a training. */
function recorded() {
  const bytes = readFileSync(new URL('../../test/fixtures/gradients.npy', import.meta.url));
  const start = 10 + bytes.readUInt16LE(8);
  const size = (bytes.length - start) / 12;
  return Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(start + 4 * (size + i)));
}

/** The recorded gradient over and over, to a length. */
function tiled(length) {
  const row = recorded();
  return Float32Array.from({ length }, (_, i) => row[i % row.length]);
}

function relativeError(x, y) {
  let [error, square] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    error += (x[i] - y[i]) ** 2;
    square += x[i] ** 2;
  }
  return error / square;
}

const digits = (v) => Number(v.toPrecision(3));

function table(title, rows) {
  console.log(`\n${title}`);
  console.table(rows);
}

const x = tiled(SIZE);
const rows = {};
for (const [codec, bits] of CODECS) {
  const compressor = new GradientCompressor({ length: SIZE, codec, ...(bits ? { bits } : {}), privateSeed: 0 });
  const aggregator = new GradientAggregator({ length: SIZE });
  const packets = compressor.compress(x, { round: 0 });
  for (const packet of packets) aggregator.add(packet);
  rows[`${codec} ${bits ?? ''}`] = {
    'bytes a packet': packets[0].length,
    smaller: digits((4 * SIZE) / packets.reduce((sum, packet) => sum + packet.length, 0)),
    'error expected': digits(compressor.expectedError),
    measured: digits(relativeError(x, aggregator.mean())),
  };
}
table(`${SIZE} coordinates of a recorded gradient`, rows);

const g = recorded();
const feedback = {};
for (const [codec, bits] of [
  ['eden', 0.5],
  ['eden', 1],
  ['eden', 2],
  ['quicfl', 2],
  ['dithered', 2],
]) {
  const row = {};
  for (const errorFeedback of [false, true]) {
    const compressor = new GradientCompressor({ length: g.length, codec, bits, errorFeedback, privateSeed: 1 });
    const aggregator = new GradientAggregator({ length: g.length });
    const sum = new Float64Array(g.length);
    for (let round = 0; round < 100; round++) {
      aggregator.reset(round);
      for (const packet of compressor.compress(g, { round })) aggregator.add(packet);
      aggregator.mean().forEach((v, i) => {
        sum[i] += v / 100;
      });
      if (round === 0 || round === 9 || round === 99) {
        const scale = 100 / (round + 1);
        row[`${errorFeedback ? 'with' : 'without'}, ${round + 1}`] = digits(
          relativeError(
            g,
            sum.map((v) => v * scale),
          ),
        );
      }
    }
  }
  feedback[`${codec} ${bits}`] = row;
}
table('One sender, the same gradient again and again: error of the mean of 1, 10 and 100 rounds', feedback);

const losses = {};
for (const share of [0, 0.01, 0.1, 0.5]) {
  const row = {};
  for (const [codec, bits] of [
    ['eden', 1],
    ['quicfl', 1],
    ['eden', 4],
  ]) {
    const chunk = 1024;
    const options = { length: g.length, chunk, codec, bits };
    const senders = Array.from(
      { length: SENDERS },
      (_, clientId) => new GradientCompressor({ ...options, clientId, privateSeed: clientId }),
    );
    const aggregator = new GradientAggregator({ length: g.length, chunk });
    let [total, state] = [0, 1];
    for (let round = 0; round < 50; round++) {
      aggregator.reset(round);
      for (const sender of senders) {
        for (const packet of sender.compress(g, { round })) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          if (state / 2 ** 32 >= share) aggregator.add(packet);
        }
      }
      total += relativeError(g, aggregator.mean());
    }
    row[`${codec} ${bits}`] = digits((SENDERS * total) / 50);
  }
  losses[`${100 * share} % lost`] = row;
}
table(
  `${SENDERS} times the error of the mean of ${SENDERS} senders of one gradient, chunks of 1024, mean of 50 rounds`,
  losses,
);
