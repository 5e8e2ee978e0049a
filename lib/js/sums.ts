// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/sums.inl.h: sums in 16 lanes and blocks of 1024, and what is built on them. */
import { MAX_FLOAT32 } from '../check.ts';
import { ROTATE_HIGH, rangeShift, rowMaxAbs } from './rotation.ts';

const f = Math.fround;
const BLOCK = 1024;

/** Folds sixteen float32 lanes 8-4-2-1. */
function fold(lanes: Float32Array): number {
  for (let half = 8; half; half >>= 1) {
    for (let l = 0; l < half; l++) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

const lanesA = new Float32Array(16);
const lanesB = new Float32Array(16);
const lanesC = new Float32Array(16);

/** sum of x^2 over x[0 .. n). */
export function sumSquares(x: Float32Array, n: number): number {
  let total = 0;
  for (let block = 0; block < n; block += BLOCK) {
    lanesA.fill(0);
    const end = Math.min(block + BLOCK, n);
    for (let i = block; i < end; i++) lanesA[i & 15] += f(x[i] * x[i]);
    total += fold(lanesA);
  }
  return total;
}

/** [sum x^2, sum |x|^3, sum x^4] over x[0 .. n). */
export function powerSums(x: Float32Array, n: number): [number, number, number] {
  const totals: [number, number, number] = [0, 0, 0];
  for (let block = 0; block < n; block += BLOCK) {
    lanesA.fill(0);
    lanesB.fill(0);
    lanesC.fill(0);
    const end = Math.min(block + BLOCK, n);
    for (let i = block; i < end; i++) {
      const square = f(x[i] * x[i]);
      const lane = i & 15;
      lanesA[lane] += square;
      lanesB[lane] += f(square * Math.abs(x[i]));
      lanesC[lane] += f(square * square);
    }
    totals[0] += fold(lanesA);
    totals[1] += fold(lanesB);
    totals[2] += fold(lanesC);
  }
  return totals;
}

/** [sum a q, sum q^2] over n elements, a from offset `at`. */
export function products(a: Float32Array, at: number, q: Float32Array, n: number): [number, number] {
  const totals: [number, number] = [0, 0];
  for (let block = 0; block < n; block += BLOCK) {
    lanesA.fill(0);
    lanesB.fill(0);
    const end = Math.min(block + BLOCK, n);
    for (let i = block; i < end; i++) {
      const lane = i & 15;
      lanesA[lane] += f(a[at + i] * q[i]);
      lanesB[lane] += f(q[i] * q[i]);
    }
    totals[0] += fold(lanesA);
    totals[1] += fold(lanesB);
  }
  return totals;
}

const SUMS_LOW = -20;
const SUMS_HIGH = 20;

/** Copies a row into `scratch`, brought into range; the row is scratch * 2^-shift. */
export function loadRow(
  x: Float32Array,
  start: number,
  n: number,
  scratch: Float32Array,
): { max: number; shift: number } {
  const max = rowMaxAbs(x, start, n);
  const shift = rangeShift(max, SUMS_LOW, SUMS_HIGH);
  const factor = 2 ** shift;
  for (let i = 0; i < n; i++) scratch[i] = x[start + i] * factor;
  return { max, shift };
}

export function moments(x: Float32Array, dim: number, out: Float64Array): void {
  const scratch = new Float32Array(dim);
  for (let start = 0, o = 0; start < x.length; start += dim, o += 4) {
    const { max, shift } = loadRow(x, start, dim, scratch);
    if (max === 0) {
      out.fill(0, o, o + 4);
      continue;
    }
    const [s2, s3, s4] = powerSums(scratch, dim);
    const norm = Math.sqrt(s2);
    out[o] = norm * 2 ** -shift;
    out[o + 1] = s3 / (s2 * norm);
    out[o + 2] = s4 / (s2 * s2);
    out[o + 3] = (max * 2 ** shift) / norm;
  }
}

export function firstUnusableRow(x: Float32Array, dim: number): number {
  for (let start = 0; start < x.length; start += dim) {
    const max = rowMaxAbs(x, start, dim);
    if (!Number.isFinite(max)) return start / dim;
    if (max < 2 ** ROTATE_HIGH) continue;
    const scratch = new Float32Array(dim);
    const { shift } = loadRow(x, start, dim, scratch);
    if (Math.sqrt(sumSquares(scratch, dim)) * 2 ** -shift > MAX_FLOAT32) return start / dim;
  }
  return -1;
}

export function centerRows(
  x: Float32Array,
  dim: number,
  center: Float32Array | null,
  normalize: boolean,
  out: Float32Array,
): void {
  const scratch = new Float32Array(dim);
  for (let start = 0; start < x.length; start += dim) {
    const { max, shift } = loadRow(x, start, dim, scratch);
    let factor = 2 ** -shift;
    if (normalize) factor = max ? f(1 / Math.sqrt(sumSquares(scratch, dim))) : 0;
    for (let i = 0; i < dim; i++) {
      const v = f(scratch[i] * factor);
      out[start + i] = center ? v - center[i] : v;
    }
  }
}
