// How many rows each output has; the shuffle and the word order fix which ones.
export const USE = { dim: 512, corpus: 20000, queries: 500 };
export const GLOVE = { dim: 100, corpus: 100000, queries: 500 };
export const FIXTURE = { rows: 2400 };
