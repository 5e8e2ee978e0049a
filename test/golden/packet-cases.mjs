// SPDX-License-Identifier: Apache-2.0
/** The cases of gradient packets: every codec, width, tail and seed; `senders` of them, numbered from `client` on. */
import { large, range } from './record-cases.mjs';

const packet = {
  length: 231,
  chunk: 100,
  codec: 'eden',
  bits: 2,
  scale: 'unbiased',
  rounds: 'auto',
  seed: '7',
  round: 3,
  client: 0,
  senders: 2,
  private: '11',
  kind: 'plain',
  input: 1,
};

const families = [
  { codec: 'eden', widths: [0.5, 1, 1.3, 1.5, 2, 2.75, 3, 4, 5, 6, 7, 8], few: [1.3, 4], scale: 'unbiased' },
  { codec: 'drive', widths: [1], few: [1], scale: 'unbiased' },
  { codec: 'quicfl', widths: range(1, 6), few: [1, 3], scale: 'fixed' },
  { codec: 'dithered', widths: range(1, 8), few: [1, 4], scale: 'fixed' },
  { codec: 'f32', widths: [32], few: [32], scale: 'fixed' },
];

export const packets = families.flatMap(({ widths, few, ...family }) => {
  const base = { ...packet, ...family };
  return [
    ...widths.map((bits) => ({ ...base, bits })),
    ...few.flatMap((bits) => [
      // one chunk, a chunk and one more, chunks of a transform size, chunks of one
      ...[
        [1, 1],
        [7, 128],
        [128, 128],
        [129, 128],
        [5, 1],
        [320, 160],
      ].map(([length, chunk]) => ({ ...base, bits, length, chunk, input: length })),
      // seeds, rounds and senders at the ends of their ranges
      { ...base, bits, seed: large, round: 9007199254740991, client: 4294967294, private: large },
      { ...base, bits, seed: '0', round: 0, client: 4294967, senders: 3 },
      ...[1, 2, 3].map((rounds) => ({ ...base, bits, rounds, length: 150 })),
      ...['wide', 'few', 'huge', 'tiny', 'onehot', 'zero'].map((kind) => ({ ...base, bits, kind })),
    ]),
    ...(family.scale === 'unbiased' ? few.map((bits) => ({ ...base, bits, scale: 'mse' })) : []),
  ];
});
