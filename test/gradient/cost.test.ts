// SPDX-License-Identifier: Apache-2.0
/** What a mean costs in kernel calls: codecs that share a rotation are rotated back once a chunk, however many senders there are. */
import { afterEach, expect, it } from 'vitest';
import { kernels, useBackend } from '../../lib/backend.ts';
import { GradientAggregator, GradientCompressor } from '../../lib/gradient/index.ts';
import { restoreBackend } from '../backends.ts';
import { gaussians } from '../codec-cases.ts';

afterEach(restoreBackend);

const LENGTH = 1000;
const CHUNK = 256;
const CHUNKS = 4;

/** Calls of the kernels that rotate back, while `senders` packets a chunk are averaged. */
function countCalls(codec: 'eden' | 'drive' | 'quicfl' | 'dithered', senders: number) {
  const counts = { unrotate: 0, decoded: 0, rotated: 0 };
  const { unrotate, accumulate, ...rest } = kernels();
  const packets = Array.from({ length: senders }, (_, clientId) =>
    new GradientCompressor({ length: LENGTH, chunk: CHUNK, codec, bits: 1, clientId }).compress(
      gaussians(LENGTH, clientId + 1),
      { round: 0 },
    ),
  ).flat();
  useBackend({
    ...rest,
    unrotate(...args) {
      counts.unrotate++;
      unrotate(...args);
    },
    accumulate(plan, input, rotated, sums) {
      counts[rotated ? 'rotated' : 'decoded']++;
      return accumulate(plan, input, rotated, sums);
    },
  });
  const aggregator = new GradientAggregator({ length: LENGTH, chunk: CHUNK });
  for (const packet of packets) expect(aggregator.add(packet).accepted).toBe(true);
  aggregator.mean();
  restoreBackend();
  return counts;
}

it.each(['quicfl', 'dithered'] as const)('%s: one inverse rotation a chunk for all senders', (codec) => {
  for (const senders of [1, 7, 20]) {
    expect(countCalls(codec, senders)).toEqual({ unrotate: CHUNKS, decoded: 0, rotated: senders * CHUNKS });
  }
});

it.each(['eden', 'drive'] as const)('%s: each packet is decoded with its own rotation', (codec) => {
  for (const senders of [1, 7]) {
    expect(countCalls(codec, senders)).toEqual({ unrotate: 0, decoded: senders * CHUNKS, rotated: 0 });
  }
});
