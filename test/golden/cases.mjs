// SPDX-License-Identifier: Apache-2.0
/** The cases of every golden file, as the keys of its blocks; generate.mjs adds the answers. */

import { large, range } from './record-cases.mjs';

export { packets } from './packet-cases.mjs';
export { codecs, records } from './record-cases.mjs';

export const fwht = [
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 32768].flatMap((dim) =>
    ['f32', 'f64'].flatMap((type) =>
      [0, 1].map((normalize) => ({
        type,
        dim,
        rows: dim < 1000 ? 3 : 1,
        normalize,
        kind: 'plain',
        seed: dim + normalize,
      })),
    ),
  ),
  // beyond the second blocking limit (2^18 elements)
  { type: 'f32', dim: 524288, rows: 1, normalize: 1, kind: 'plain', seed: 5 },
  ...['wide', 'few', 'tiny', 'onehot', 'zero'].flatMap((kind) =>
    ['f32', 'f64'].map((type) => ({ type, dim: 64, rows: 5, normalize: 1, kind, seed: 77 })),
  ),
];

const rotationDims = [
  ...range(1, 28),
  40,
  48,
  56,
  96,
  100,
  112,
  160,
  224,
  300,
  384,
  640,
  768,
  896,
  1000,
  1024,
  1536,
  3072,
  8192,
  10240,
];
export const rotation = [
  ...rotationDims.flatMap((dim) =>
    [1, 2, 3].flatMap((rounds) =>
      ['apply', 'invert'].map((direction) => ({
        dim,
        rounds,
        direction,
        rows: dim < 1000 ? 2 : 1,
        kind: 'plain',
        input: dim,
        seed: '42',
      })),
    ),
  ),
  ...['wide', 'few', 'huge', 'tiny', 'onehot', 'zero'].flatMap((kind) =>
    [100, 96, 128].flatMap((dim) =>
      ['apply', 'invert'].map((direction) => ({
        dim,
        rounds: 2,
        direction,
        rows: 2,
        kind,
        input: 9,
        seed: '18364758544493064720',
      })),
    ),
  ),
];

export const moments = [1, 2, 4, 8].flatMap((block) => [
  ...[1, 2, 15, 16, 17, 100, 1023, 1024, 1025, 4100].map((dim) => ({ dim, block, rows: 2, kind: 'plain', input: dim })),
  ...['wide', 'few', 'huge', 'tiny', 'onehot', 'comb', 'zero'].map((kind) => ({
    dim: 300,
    block,
    rows: 4,
    kind,
    input: 3,
  })),
]);

/** Values are 6 times the input, rounded to float32. */
export const codes = range(1, 8).map((bits) => ({ bits, count: 2003, kind: 'plain', input: bits }));

export const pack = range(1, 8).flatMap((bits) =>
  [...range(1, 17), 63, 64, 65, 100, 1001].map((count) => ({ bits, count, input: 100 * bits + count })),
);

export const levels = [
  ...range(1, 8).map((bits) => ({ codec: 'eden', bits, dim: 100 })),
  { codec: 'drive', bits: 1, dim: 100 },
  ...range(1, 8).map((bits) => ({ codec: 'uniform', bits, dim: 100 })),
  ...[1, 2, 3, 7, 20, 63, 100].flatMap((dim) => range(1, 8).map((bits) => ({ codec: 'turboquant-mse', bits, dim }))),
  ...[0, 9007199254740000].flatMap((first) =>
    range(1, 8).map((bits) => ({ codec: 'dithered', bits, dim: 100, seed: '7', first })),
  ),
  ...range(1, 6).map((bits) => ({ codec: 'quicfl', bits, dim: 100 })),
  { codec: 'vq', bits: 1, dim: 100, grid: '8x256' },
  { codec: 'vq', bits: 2, dim: 100, grid: '4x256' },
  { codec: 'vq', bits: 4, dim: 100, grid: '2x256' },
  { codec: 'vq', bits: 2, dim: 100, grid: '2x16' },
];

export const gaussian = ['0', '7', '9007199254740991', large].flatMap((seed) =>
  [19, 0].flatMap((stream) => [1, 2, 7, 1000].map((count) => ({ seed, stream, count }))),
);

const scanBits = [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 6.5, 7, 8];
const search = { rows: 70, distinct: 40, firstRow: 0, k: 10, queries: 3, norms: 0, allowed: 0, input: 31 };
export const scan = [
  ...[7, 100, 130, 768].flatMap((dim) => scanBits.map((bits) => ({ ...search, dim, bits }))),
  ...[1, 4, 7].flatMap((bits) => [
    { ...search, dim: 100, bits, norms: 1, allowed: 1, firstRow: 3, queries: 5 },
    { ...search, dim: 100, bits, k: 100, allowed: 1 },
    { ...search, dim: 100, bits, k: 1, norms: 1 },
  ]),
  // more code bytes a row than one chunk of 32-bit sums (8192)
  { ...search, dim: 70000, bits: 1, rows: 5, distinct: 5, queries: 2, k: 3 },
  { ...search, dim: 20000, bits: 8, rows: 5, distinct: 5, queries: 2, k: 3 },
];

export const crc32c = [...range(0, 20), 63, 64, 65, 1000, 4097].map((length) => ({
  length,
  split: length >> 1,
  input: 11,
}));

export const splitmix = ['0', '1', '42', '9007199254740991', '18364758544493064720'].flatMap((seed) =>
  [0, 1, 5, 16].map((stream) => ({ seed, stream })),
);
