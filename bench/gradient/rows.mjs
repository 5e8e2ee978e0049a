// SPDX-License-Identifier: Apache-2.0
/** Compressing and averaging gradients on one thread, as their users call it, against a copy of the gradient. */
import { GradientAggregator, GradientCompressor } from '../../dist/gradient/index.js';
import { measure, processorClock } from '../stats.mjs';

/** 16 MiB: more than stays in caches of one core, and what a model of four million parameters sends. */
const LENGTH = 2 ** 22;
const BYTES = 4 * LENGTH;
const CASES = [
  ['eden', 1],
  ['eden', 1, 'feedback'],
  ['eden', 4],
  ['drive', 1],
  ['quicfl', 1],
  ['quicfl', 2],
  ['quicfl', 4],
  ['dithered', 4],
];

/** Sums of three uniform numbers: bell-shaped, and the same in every run. */
function gradient() {
  let state = 1;
  const uniform = () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state / 2 ** 31;
  };
  return Float32Array.from({ length: LENGTH }, () => uniform() + uniform() + uniform());
}

function repeat(once) {
  return (calls) => {
    for (let i = 0; i < calls; i++) once();
  };
}

/** @param {(row: { id: string, ours: number[], anchors: number[][] }) => void} onRow samples in nanoseconds a byte */
export function runGradientRows({ rounds, only }, onRow) {
  const ids = ([codec, bits, feedback]) => {
    const name = [codec, bits, feedback].filter(Boolean).join('/');
    return { compress: `gradient/compress/${name}`, add: `gradient/add/${name}` };
  };
  if (!CASES.some((c) => Object.values(ids(c)).some((id) => id.includes(only)))) return;
  const grad = gradient();
  const copy = new Float32Array(LENGTH);
  const anchor = repeat(() => copy.set(grad));
  for (const [codec, bits, feedback] of CASES) {
    const { compress, add } = ids([codec, bits, feedback]);
    const emit = (id, run) => {
      if (!id.includes(only)) return;
      // a quarter of the rounds: a call takes milliseconds
      const [ours, copied] = measure([run, anchor], Math.ceil(rounds / 4), processorClock);
      const perByte = (list) => list.map((ns) => ns / BYTES);
      onRow({ id, ours: perByte(ours), anchors: [perByte(copied)] });
    };
    const compressor = new GradientCompressor({ length: LENGTH, codec, bits, errorFeedback: Boolean(feedback) });
    let round = 0;
    emit(
      compress,
      repeat(() => void compressor.compress(grad, { round: round++ })),
    );
    if (feedback) continue; // its packets are like the others
    const packets = compressor.compress(grad, { round: 0 });
    const aggregator = new GradientAggregator({ length: LENGTH });
    const addAll = () => {
      aggregator.reset(0);
      for (const packet of packets) {
        const { accepted, message } = aggregator.add(packet);
        if (!accepted) throw new Error(message);
      }
    };
    emit(add, repeat(addAll));
  }
}
