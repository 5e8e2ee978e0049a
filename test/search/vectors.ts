// SPDX-License-Identifier: Apache-2.0
/** Seeded data: every test that draws numbers says its seed, so a failure comes again. */

/** Uniform numbers in [0, 1) (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** rows x dim standard normal numbers (Box-Muller), each row times `scale` and moved by `shift`. */
export function normals(seed: number, rows: number, dim: number, scale = 1, shift = 0): Float32Array {
  const next = uniform(seed);
  const x = new Float32Array(rows * dim);
  for (let i = 0; i < x.length; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    x[i] = scale * (radius * Math.cos(2 * Math.PI * next()) + shift);
  }
  return x;
}

/** Row `i` of rows of `dim`. */
export function row(x: Float32Array, dim: number, i: number): Float32Array {
  return x.subarray(i * dim, (i + 1) * dim);
}

/** The rows `which` of rows of `dim`, one after the other. */
export function rowsOf(x: Float32Array, dim: number, which: readonly number[]): Float32Array {
  const out = new Float32Array(which.length * dim);
  which.forEach((i, at) => {
    out.set(row(x, dim, i), at * dim);
  });
  return out;
}
