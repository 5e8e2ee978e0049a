// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/sums.inl.h: sums in 16 lanes and blocks of 1024, and what is built on them.
 *
 * Loops take a few lanes at a time, those that fit into registers, and pass over the block (4 KiB) once for each few.
 */
import { MAX_FLOAT32 } from '../check.ts';
import type { RowMoments } from '../transform/rounds.ts';
import { scaleRow } from './fwht.ts';
import { bitsOf, floatOf, ROTATE_HIGH, rangeShift, rowMaxAbs } from './rotation.ts';

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

/** The lanes of x^2 over x[start .. end), at most a block, in lanesA. */
function squareLanes(x: Float32Array, start: number, end: number): void {
  const whole = end - ((end - start) & 15);
  for (let l = 0; l < 16; l += 8) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let i = start + l; i < whole; i += 16) {
      s0 = f(s0 + f(x[i] * x[i]));
      s1 = f(s1 + f(x[i + 1] * x[i + 1]));
      s2 = f(s2 + f(x[i + 2] * x[i + 2]));
      s3 = f(s3 + f(x[i + 3] * x[i + 3]));
      s4 = f(s4 + f(x[i + 4] * x[i + 4]));
      s5 = f(s5 + f(x[i + 5] * x[i + 5]));
      s6 = f(s6 + f(x[i + 6] * x[i + 6]));
      s7 = f(s7 + f(x[i + 7] * x[i + 7]));
    }
    lanesA[l] = s0;
    lanesA[l + 1] = s1;
    lanesA[l + 2] = s2;
    lanesA[l + 3] = s3;
    lanesA[l + 4] = s4;
    lanesA[l + 5] = s5;
    lanesA[l + 6] = s6;
    lanesA[l + 7] = s7;
  }
  for (let i = whole; i < end; i++) lanesA[i & 15] += f(x[i] * x[i]);
}

/** sum of x^2 over x[0 .. n). */
export function sumSquares(x: Float32Array, n: number): number {
  let total = 0;
  for (let block = 0; block < n; block += BLOCK) {
    squareLanes(x, block, Math.min(block + BLOCK, n));
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

/** The lanes of x^2, |x|^3 and x^4 in lanesA, lanesB and lanesC. */
function powerLanes(x: Float32Array, start: number, end: number): void {
  const whole = end - ((end - start) & 15);
  for (let l = 0; l < 16; l += 4) {
    let a0 = 0;
    let a1 = 0;
    let a2 = 0;
    let a3 = 0;
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    let c0 = 0;
    let c1 = 0;
    let c2 = 0;
    let c3 = 0;
    for (let i = start + l; i < whole; i += 16) {
      const x0 = x[i];
      const x1 = x[i + 1];
      const x2 = x[i + 2];
      const x3 = x[i + 3];
      const q0 = f(x0 * x0);
      const q1 = f(x1 * x1);
      const q2 = f(x2 * x2);
      const q3 = f(x3 * x3);
      a0 = f(a0 + q0);
      a1 = f(a1 + q1);
      a2 = f(a2 + q2);
      a3 = f(a3 + q3);
      b0 = f(b0 + f(q0 * Math.abs(x0)));
      b1 = f(b1 + f(q1 * Math.abs(x1)));
      b2 = f(b2 + f(q2 * Math.abs(x2)));
      b3 = f(b3 + f(q3 * Math.abs(x3)));
      c0 = f(c0 + f(q0 * q0));
      c1 = f(c1 + f(q1 * q1));
      c2 = f(c2 + f(q2 * q2));
      c3 = f(c3 + f(q3 * q3));
    }
    lanesA[l] = a0;
    lanesA[l + 1] = a1;
    lanesA[l + 2] = a2;
    lanesA[l + 3] = a3;
    lanesB[l] = b0;
    lanesB[l + 1] = b1;
    lanesB[l + 2] = b2;
    lanesB[l + 3] = b3;
    lanesC[l] = c0;
    lanesC[l + 1] = c1;
    lanesC[l + 2] = c2;
    lanesC[l + 3] = c3;
  }
  for (let i = whole; i < end; i++) {
    const square = f(x[i] * x[i]);
    lanesA[i & 15] += square;
    lanesB[i & 15] += f(square * Math.abs(x[i]));
    lanesC[i & 15] += f(square * square);
  }
}

/** Sums over x[0 .. n) for blocks of 1, 2, 4 or 8 coordinates. */
export function powerSums(x: Float32Array, n: number, block: number): PowerSums {
  const sums: PowerSums = { s2: 0, s3: 0, s4: 0, blocks: 0, residues: new Float64Array(block) };
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(start + BLOCK, n);
    powerLanes(x, start, end);
    sums.s2 += fold(lanesA, block, block > 1 ? sums.residues : undefined);
    sums.s3 += fold(lanesB);
    sums.s4 += fold(lanesC);
    if (block === 1) continue;
    blockLanes(x, start, end, block);
    sums.blocks += fold(lanesD);
  }
  return sums;
}

const energies = new Float32Array(8);

/** The lanes of the square of the energy of each coordinate's block, those of the pad included, in lanesD. */
function blockLanes(x: Float32Array, start: number, end: number, block: number): void {
  lanesD.fill(0);
  for (let first = start; first < end; first += block) {
    for (let t = 0; t < block; t++) energies[t] = first + t < end ? x[first + t] * x[first + t] : 0;
    for (let step = 1; step < block; step *= 2) {
      for (let t = 0; t < block; t += 2 * step) energies[t] += energies[t + step];
    }
    lanesD[first & 15] += f(energies[0] * energies[0]);
  }
  // the lanes of a block are equal
  for (let l = 0; l < 16; l++) lanesD[l] = lanesD[l - (l & (block - 1))];
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

/** The lanes of a q and q^2 over q[start .. end), a from offset `at`, in lanesA and lanesB. */
function productLanes(a: Float32Array, at: number, q: Float32Array, start: number, end: number): void {
  const whole = end - ((end - start) & 15);
  for (let l = 0; l < 16; l += 4) {
    let a0 = 0;
    let a1 = 0;
    let a2 = 0;
    let a3 = 0;
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    for (let i = start + l; i < whole; i += 16) {
      const q0 = q[i];
      const q1 = q[i + 1];
      const q2 = q[i + 2];
      const q3 = q[i + 3];
      a0 = f(a0 + f(a[at + i] * q0));
      a1 = f(a1 + f(a[at + i + 1] * q1));
      a2 = f(a2 + f(a[at + i + 2] * q2));
      a3 = f(a3 + f(a[at + i + 3] * q3));
      b0 = f(b0 + f(q0 * q0));
      b1 = f(b1 + f(q1 * q1));
      b2 = f(b2 + f(q2 * q2));
      b3 = f(b3 + f(q3 * q3));
    }
    lanesA[l] = a0;
    lanesA[l + 1] = a1;
    lanesA[l + 2] = a2;
    lanesA[l + 3] = a3;
    lanesB[l] = b0;
    lanesB[l + 1] = b1;
    lanesB[l + 2] = b2;
    lanesB[l + 3] = b3;
  }
  for (let i = whole; i < end; i++) {
    lanesA[i & 15] += f(a[at + i] * q[i]);
    lanesB[i & 15] += f(q[i] * q[i]);
  }
}

/** [sum a q, sum q^2] over n elements, a from offset `at`. */
export function products(a: Float32Array, at: number, q: Float32Array, n: number): [number, number] {
  let product = 0;
  let square = 0;
  for (let block = 0; block < n; block += BLOCK) {
    productLanes(a, at, q, block, Math.min(block + BLOCK, n));
    product += fold(lanesA);
    square += fold(lanesB);
  }
  return [product, square];
}

/** Bit pattern of infinity; those of NaN are above. */
const INFINITE = 0x7f800000;
const SUMS_LOW = -20;
const SUMS_HIGH = 20;

/** Copies a row into `scratch`, brought into range by its largest magnitude; the row is scratch * 2^-(what this gives). */
export function loadRow(x: Float32Array, start: number, n: number, scratch: Float32Array, maxPattern: number): number {
  const shift = rangeShift(maxPattern, SUMS_LOW, SUMS_HIGH);
  scratch.set(x.subarray(start, start + n));
  if (shift) scaleRow(scratch, 0, n, 2 ** shift);
  return shift;
}

export function moments(x: Float32Array, dim: number, block: number, out: Float64Array): void {
  const scratch = new Float32Array(dim);
  const bits = bitsOf(x);
  for (let start = 0, o = 0; start < x.length; start += dim, o += 6) {
    const max = rowMaxAbs(bits, start, dim);
    const shift = loadRow(x, start, dim, scratch, max);
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
    out[o + 3] = (floatOf(max) * 2 ** shift) / norm;
    out[o + 4] = r1;
    out[o + 5] = r2;
  }
}

/** No norm of finite floats is beyond float32 while the largest of them is below 2^60. */
const surelyUsable = (maxPattern: number) => floatOf(maxPattern) < 2 ** ROTATE_HIGH;

/** Whether a loaded row can be coded: no NaN, no infinity, a norm within float32. */
export function usable(scratch: Float32Array, n: number, maxPattern: number, shift: number): boolean {
  if (surelyUsable(maxPattern)) return true;
  if (maxPattern >= INFINITE) return false;
  return Math.sqrt(sumSquares(scratch, n)) * 2 ** -shift <= MAX_FLOAT32;
}

export function firstUnusableRow(x: Float32Array, dim: number): number {
  const bits = bitsOf(x);
  for (let start = 0; start < x.length; start += dim) {
    const max = rowMaxAbs(bits, start, dim);
    if (surelyUsable(max)) continue;
    const scratch = new Float32Array(dim);
    const shift = loadRow(x, start, dim, scratch, max);
    if (!usable(scratch, dim, max, shift)) return start / dim;
  }
  return -1;
}

export function centerRows(
  x: Float32Array,
  dim: number,
  center: Float32Array | null,
  normalize: boolean,
  out: Float32Array,
): number {
  const scratch = new Float32Array(dim);
  const bits = bitsOf(x);
  let bad = -1;
  for (let start = 0; start < x.length; start += dim) {
    const max = rowMaxAbs(bits, start, dim);
    const shift = loadRow(x, start, dim, scratch, max);
    if (bad < 0 && !usable(scratch, dim, max, shift)) bad = start / dim;
    let factor = 2 ** -shift;
    if (normalize) factor = max ? f(1 / Math.sqrt(sumSquares(scratch, dim))) : 0;
    scaleRow(scratch, 0, dim, factor);
    out.set(scratch, start);
    if (center) for (let i = 0; i < dim; i++) out[start + i] -= center[i];
  }
  return bad;
}
