// SPDX-License-Identifier: Apache-2.0
/** Seeded random laws, and the inputs of the statistical tests: extreme, structured, heavy-tailed, and like real data. */

export interface Random {
  /** From 0 to 1, neither of them. */
  uniform(): number;
  /** 0 .. n - 1. */
  below(n: number): number;
  gaussian(): number;
  laplace(): number;
}

/** Marsaglia's xorshift32 made 53 bits long by two words; good enough for sums of thousands, and the same everywhere. */
export function random(seed: number): Random {
  let s = (seed * 2654435761 + 0x9e3779b9) >>> 0 || 1;
  const word = () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s;
  };
  for (let i = 0; i < 20; i++) word();
  const uniform = () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6) + 0.5) / 2 ** 53;
  return {
    uniform,
    below: (n) => Math.floor(uniform() * n),
    gaussian: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    laplace: () => (uniform() < 0.5 ? 1 : -1) * -Math.log(uniform()),
  };
}

const make = (dim: number, value: (i: number) => number) => Float32Array.from({ length: dim }, (_, i) => value(i));

/** `count` ones at random places. */
export function hot(dim: number, count: number, r: Random): Float32Array {
  const x = new Float32Array(dim);
  for (let left = count; left; ) {
    const i = r.below(dim);
    if (x[i] === 0) left--;
    x[i] = 1;
  }
  return x;
}

/** Student's t with two degrees of freedom, by its quantile function. */
function studentT2(r: Random): number {
  const p = r.uniform();
  return (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
}

function layered(dim: number, r: Random): Float32Array {
  const scale = make(Math.ceil(dim / 16), () => Math.exp(1.5 * r.gaussian()));
  return make(dim, (i) => {
    const value = r.laplace() * scale[i >> 4];
    return r.uniform() < 0.5 ? 0 : value;
  });
}

/** A fresh vector of each family. */
export const FAMILIES: Readonly<Record<string, (dim: number, r: Random) => Float32Array>> = {
  'one-hot': (d) => make(d, (i) => (i === 3 ? 1 : 0)),
  'two-hot adj (e0+e1)': (d) => make(d, (i) => (i < 2 ? 1 : 0)),
  'two-hot 1:0.9': (d) => make(d, (i) => (i === 0 ? 1 : i === 5 ? 0.9 : 0)),
  'three-hot': (d, r) => hot(d, 3, r),
  '8-hot': (d, r) => hot(d, 8, r),
  '8-hot contiguous': (d) => make(d, (i) => (i < 8 ? 1 : 0)),
  '32-hot': (d, r) => hot(d, 32, r),
  const: (d) => make(d, () => 1),
  'half-block const': (d) => make(d, (i) => (i < d >> 1 ? 1 : 0)),
  'every 8th': (d) => make(d, (i) => (i % 8 === 0 ? 1 : 0)),
  'geometric 0.5^i': (d) => make(d, (i) => 0.5 ** i),
  'power 1/i': (d) => make(d, (i) => 1 / (i + 1)),
  gaussian: (d, r) => make(d, () => r.gaussian()),
  laplace: (d, r) => make(d, () => r.laplace()),
  'lognormal(0,1)': (d, r) => make(d, () => Math.exp(r.gaussian())),
  'student-t2': (d, r) => make(d, () => studentT2(r)),
  'embedding w/ 2 outliers': (d, r) => make(d, (i) => r.gaussian() * 0.04 + (i === 7 ? 0.35 : i === 100 ? -0.25 : 0)),
  'sparse layered gradient': layered,
};
