// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/sums.inl.h: sums in 16 lanes and blocks of 1024, and what is built on them. */
import { MAX_FLOAT32 } from '../check.ts';
import type { RowMoments } from '../transform/rounds.ts';
import { ROTATE_HIGH, rangeShift, rowMaxAbs } from './rotation.ts';

const f = Math.fround;
const BLOCK = 1024;

/** Folds sixteen float32 lanes 8-4-2-1; on the way adds the sums of lanes l mod block to residues[l]. */
function fold(lanes: Float32Array, block = 0, residues?: Float64Array): number {
  for (let half = 8; half; half >>= 1) {
    for (let l = 0; l < half; l++) lanes[l] += lanes[l + half];
    if (residues && half === block) for (let l = 0; l < block; l++) residues[l] += lanes[l];
  }
  return lanes[0];
}

const lanesA = new Float32Array(16);
const lanesB = new Float32Array(16);
const lanesC = new Float32Array(16);
const lanesD = new Float32Array(16);

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

export interface PowerSums {
  /** sum x^2, sum |x|^3, sum x^4 */
  s2: number;
  s3: number;
  s4: number;
  /** block * sum of squares of the energies of aligned blocks; 0 for block 1. */
  blocks: number;
  /** Energies of the coordinates r mod block. */
  residues: Float64Array;
}

/** Sums over x[0 .. n) for blocks of 1, 2, 4 or 8 coordinates. */
export function powerSums(x: Float32Array, n: number, block: number): PowerSums {
  const sums: PowerSums = { s2: 0, s3: 0, s4: 0, blocks: 0, residues: new Float64Array(block) };
  for (let start = 0; start < n; start += BLOCK) {
    for (const lanes of [lanesA, lanesB, lanesC, lanesD]) lanes.fill(0);
    const end = Math.min(start + BLOCK, n);
    for (let i = start; i < end; i++) {
      const square = f(x[i] * x[i]);
      const lane = i & 15;
      lanesA[lane] += square;
      lanesB[lane] += f(square * Math.abs(x[i]));
      lanesC[lane] += f(square * square);
    }
    if (block > 1) addBlockEnergies(x, start, end, block);
    sums.s2 += fold(lanesA, block, block > 1 ? sums.residues : undefined);
    sums.s3 += fold(lanesB);
    sums.s4 += fold(lanesC);
    if (block > 1) sums.blocks += fold(lanesD);
  }
  return sums;
}

const energies = new Float32Array(8);

/** Adds the square of a block's energy to the lane of each of its coordinates, those of the pad included. */
function addBlockEnergies(x: Float32Array, start: number, end: number, block: number): void {
  for (let first = start; first < end; first += block) {
    for (let t = 0; t < block; t++) energies[t] = first + t < end ? x[first + t] * x[first + t] : 0;
    for (let step = 1; step < block; step *= 2) {
      for (let t = 0; t < block; t += 2 * step) energies[t] += energies[t + step];
    }
    const square = f(energies[0] * energies[0]);
    for (let t = 0; t < block; t++) lanesD[(first + t) & 15] += square;
  }
}

/** The moments of a row from its sums. */
export function rowMoments({ s2, s3, s4, blocks, residues }: PowerSums, block: number): RowMoments {
  const square = s2 * s2;
  const l3 = s3 / (s2 * Math.sqrt(s2));
  const l4 = s4 / square;
  if (block === 1) return { l3, l4, r1: 0, r2: 0 };
  let r1 = 0;
  for (let c = 1; c < block; c++) {
    let covariance = 0;
    for (let r = 0; r < block; r++) {
      const odd = ((c & r) ^ ((c & r) >> 1) ^ ((c & r) >> 2)) & 1;
      covariance += odd ? -residues[r] : residues[r];
    }
    covariance /= s2;
    r1 += covariance * covariance;
  }
  return { l3, l4, r1, r2: (2 * (blocks / block - s4)) / square };
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

export function moments(x: Float32Array, dim: number, block: number, out: Float64Array): void {
  const scratch = new Float32Array(dim);
  for (let start = 0, o = 0; start < x.length; start += dim, o += 6) {
    const { max, shift } = loadRow(x, start, dim, scratch);
    if (max === 0) {
      out.fill(0, o, o + 6);
      continue;
    }
    const sums = powerSums(scratch, dim, block);
    const { l3, l4, r1, r2 } = rowMoments(sums, block);
    const norm = Math.sqrt(sums.s2);
    out[o] = norm * 2 ** -shift;
    out[o + 1] = l3;
    out[o + 2] = l4;
    out[o + 3] = (max * 2 ** shift) / norm;
    out[o + 4] = r1;
    out[o + 5] = r2;
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
