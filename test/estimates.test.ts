// SPDX-License-Identifier: Apache-2.0
/** innerProducts, squaredDistances, cosines and errorBounds agree with the decoded vectors and with their definitions. */
import { expect, it } from 'vitest';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { random } from './random-inputs.ts';

const gaussians = (n: number, seed: number) => {
  const r = random(seed);
  return Float32Array.from({ length: n }, () => r.gaussian());
};
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const norm = (a: Float32Array) => Math.sqrt(dot(a, a));

forEachBackend('estimates', () => {
  it('are those of the decoded vectors, whatever their rounds', () => {
    for (const [dim, bits] of [
      [1, 1],
      [7, 2],
      [100, 4],
      [128, 1.5],
      [300, 0.5],
      [1024, 8],
    ]) {
      for (const scale of ['unbiased', 'mse'] as const) {
        const q = new Quantizer({ dim, bits, scale });
        const x = new Float32Array(4 * dim);
        x.set(gaussians(2 * dim, 1));
        x[2 * dim] = 3; // one-hot: takes more rounds than the Gaussian rows
        x.fill(0.5, 3 * dim);
        const query = gaussians(dim, 2);
        const codes = q.encode(x);
        const decoded = q.decode(codes);
        const [ip, l2, cos] = [
          q.innerProducts(query, codes),
          q.squaredDistances(query, codes),
          q.cosines(query, codes),
        ];
        for (let r = 0; r < 4; r++) {
          const [row, back] = [x, decoded].map((v) => v.subarray(r * dim, (r + 1) * dim));
          const size = norm(query) * norm(back);
          // float32 rotations and sums on both sides
          expect(Math.abs(ip[r] - dot(query, back))).toBeLessThan(3e-6 * size);
          const distance = norm(query) ** 2 + norm(row) ** 2 - 2 * ip[r];
          expect(Math.abs(l2[r] - distance)).toBeLessThan(3e-6 * (norm(query) ** 2 + norm(row) ** 2 + size));
          const cosine = Math.max(-1, Math.min(1, ip[r] / (norm(query) * norm(row))));
          expect(Math.abs(cos[r] - cosine)).toBeLessThan(3e-6);
        }
      }
    }
  });

  it('errorBounds hold for about 95 % of estimates at 2 sigmas, and grow with sigmas', () => {
    for (const bits of [1, 2, 4]) {
      const dim = 256;
      const rows = 1000;
      let [inside, all] = [0, 0];
      for (let seed = 0; seed < 5; seed++) {
        const q = new Quantizer({ dim, bits, seed });
        const x = gaussians(rows * dim, seed + 1);
        const query = gaussians(dim, 100 + seed);
        const codes = q.encode(x);
        const estimate = q.innerProducts(query, codes);
        const bound = q.errorBounds(query, codes);
        const wide = q.errorBounds(query, codes, { sigmas: 3 });
        for (let r = 0; r < rows; r++) {
          all++;
          if (Math.abs(estimate[r] - dot(query, x.subarray(r * dim, (r + 1) * dim))) <= bound[r]) inside++;
          expect(Math.abs(wide[r] / bound[r] - 1.5)).toBeLessThan(1e-6);
        }
      }
      // two-sided normal law at 2 sigmas: 95.45 %; 5000 draws have a standard error of 0.3 %
      expect(inside / all).toBeGreaterThan(0.9445);
      expect(inside / all).toBeLessThan(0.9645);
    }
  });

  it('errorBounds are not 0 for a row that was lost altogether', () => {
    // One round turns e0 + e32 (of 64) into a row whose first or second half is zero, depending on a sign; at 0.5 bits only
    // the first half has codes, so for some seeds nothing is left of the row but its norm.
    const dim = 64;
    const x = Float32Array.from({ length: dim }, (_, i) => (i % 32 === 0 ? 1 : 0));
    for (let seed = 0; seed < 8; seed++) {
      const q = new Quantizer({ dim, bits: 0.5, rounds: 1, seed });
      const codes = q.encode(x);
      const error = Math.abs(q.innerProducts(x, codes)[0] - 2);
      // the estimate is 0 and the truth 2: a bound of 0 claims certainty
      if (error > 1) expect(q.errorBounds(x, codes)[0], `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
