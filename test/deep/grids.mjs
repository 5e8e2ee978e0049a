// SPDX-License-Identifier: Apache-2.0
// The grids of the codec `vq` on samples 32 times those of test/grids.test.ts: the listed errors, the condition that
// every point is the mean of its cell, and that Lloyd's algorithm finds nothing more.
import { GRID_NAMES, GRIDS } from '../../dist/codec/grids.js';

const SAMPLES = 1 << 22;

/** sfc32 and the method of Box and Muller: a batch of `count` normal numbers at each call. */
function normals(seed, count) {
  let [a, b, c, d] = [seed, 0x51ed270b, 0x2545f491, 1];
  const word = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 20; i++) word();
  const batch = new Float64Array(count);
  return () => {
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((word() + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * word()) / 2 ** 32;
      batch[i] = radius * Math.cos(angle);
      batch[i + 1] = radius * Math.sin(angle);
    }
    return batch;
  };
}

/** Counts, first and second moments of the cells, the error a coordinate and its standard error. */
function cellsOf(points, block, seed) {
  const size = points.length / block;
  const flat = Float64Array.from(points);
  const half = Float64Array.from({ length: size }, (_, i) =>
    flat.subarray(i * block, (i + 1) * block).reduce((sum, v) => sum + (v * v) / 2, 0),
  );
  const counts = new Float64Array(size);
  const sums = new Float64Array(points.length);
  const squares = new Float64Array(points.length);
  let [total, totalSquares] = [0, 0];
  const next = normals(seed, 1024 * block);
  for (let done = 0; done < SAMPLES; done += 1024) {
    const x = next();
    for (let s = 0; s < x.length; s += block) {
      let best = Number.NEGATIVE_INFINITY;
      let code = 0;
      for (let i = 0, p = 0; i < size; i++) {
        let score = -half[i];
        for (let j = 0; j < block; j++, p++) score += x[s + j] * flat[p];
        if (score > best) {
          best = score;
          code = i;
        }
      }
      counts[code]++;
      let error = 0;
      for (let j = 0, k = code * block; j < block; j++, k++) {
        const off = x[s + j] - flat[k];
        sums[k] += off;
        squares[k] += off * off;
        error += (off * off) / block;
      }
      total += error;
      totalSquares += error * error;
    }
  }
  const error = total / SAMPLES;
  return { counts, sums, squares, error, standardError: Math.sqrt((totalSquares / SAMPLES - error ** 2) / SAMPLES) };
}

function check(name) {
  const { block, points, error } = GRIDS[name];
  const cells = cellsOf(points, block, 1);
  const deviation = (cells.error - error) / cells.standardError;
  if (Math.abs(deviation) > 4) throw new Error(`measured ${cells.error}, ${deviation.toFixed(1)} standard errors off`);

  const statistics = points.map((_, k) => {
    const count = cells.counts[Math.floor(k / block)];
    return cells.sums[k] / Math.sqrt(cells.squares[k] - cells.sums[k] ** 2 / count);
  });
  const worst = Math.max(...statistics.map(Math.abs));
  const chi = statistics.reduce((sum, t) => sum + t * t, 0) / statistics.length;
  // as in the short test, with room for offsets of a tenth of the sampling error: rounding to 4 decimals, training
  if (worst > 6 || Math.abs(chi - 1) > 0.05 + 4 * Math.sqrt(2 / statistics.length)) {
    throw new Error(
      `cells whose means are elsewhere: at most ${worst.toFixed(1)} standard errors, chi^2 ${chi.toFixed(3)}`,
    );
  }

  const moved = points.map((value, k) => value + cells.sums[k] / cells.counts[Math.floor(k / block)]);
  const gain = 1 - cellsOf(moved, block, 2).error / cellsOf(points, block, 2).error;
  // fitting this sample costs a relative 6e-5
  if (gain > 1e-4) throw new Error(`a step of Lloyd lowers the error by a fraction of ${gain}`);
  const measured = `${cells.error.toFixed(6)} +- ${cells.standardError.toFixed(6)}`;
  return `${measured}, chi^2 ${chi.toFixed(3)}, a step gains ${gain.toExponential(1)}`;
}

export const checks = GRID_NAMES.map((name) => ({ name: `grid ${name}`, run: () => check(name) }));
