// SPDX-License-Identifier: Apache-2.0
// How many rows each output has; the shuffle and the word order fix which ones.
export const USE = { dim: 512, corpus: 20000, queries: 500 };
export const GLOVE = { dim: 100, corpus: 100000, queries: 500 };
export const MNIST = { dim: 784, rows: 10000 };
export const WEIGHTS = { dims: [256, 512, 1536] };
export const GRADIENTS = { dim: 101770, rows: 64 };
export const FIXTURE = { rows: 2400 };
