// SPDX-License-Identifier: Apache-2.0
// Codecs and vectors that the seeds of targets are made of.

export const CODECS = [
  ...[0.5, 1, 1.5, 2, 4, 7].map((bits) => ({ codec: 'eden', bits })),
  { codec: 'drive', bits: 1 },
  ...[1, 2, 6].map((bits) => ({ codec: 'quicfl', bits })),
  ...[1, 4].map((bits) => ({ codec: 'dithered', bits })),
  { codec: 'turboquant-mse', bits: 3 },
  { codec: 'turboquant-prod', bits: 3 },
  { codec: 'uniform', bits: 8 },
  { codec: 'vq', bits: 2 },
  { codec: 'vq', bits: 4 },
];

/** Smooth numbers, a few of them large. */
export function vectors(rows, dim, seed) {
  return Float32Array.from({ length: rows * dim }, (_, i) => Math.sin((i + seed) ** 2 + 1) * (i % 17 === 3 ? 5 : 1));
}
