// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/fwht.inl.h: the same tree of sums as the plain loop h = 1, 2, 4, ..., in passes that do three or two
 * values of h while eight or four elements are in registers.
 *
 * Float32Array and Float64Array have functions of their own, so that engines compile each for one type of array. JavaScript
 * adds in float64: a float32 sum costs a narrowing and a widening as well, in a register (Math.fround) as in memory, and
 * those are what a transform of a Float32Array spends its time on.
 */

type Floats = Float32Array | Float64Array;

const f = Math.fround;

/** Three values of h in x[start .. end). */
function eights32(x: Float32Array, start: number, end: number, h: number): void {
  for (let b = start; b < end; b += 8 * h) {
    for (let i = b; i < b + h; i++) {
      const a0 = x[i];
      const a1 = x[i + h];
      const a2 = x[i + 2 * h];
      const a3 = x[i + 3 * h];
      const a4 = x[i + 4 * h];
      const a5 = x[i + 5 * h];
      const a6 = x[i + 6 * h];
      const a7 = x[i + 7 * h];
      const b0 = f(a0 + a1);
      const b1 = f(a0 - a1);
      const b2 = f(a2 + a3);
      const b3 = f(a2 - a3);
      const b4 = f(a4 + a5);
      const b5 = f(a4 - a5);
      const b6 = f(a6 + a7);
      const b7 = f(a6 - a7);
      const c0 = f(b0 + b2);
      const c1 = f(b1 + b3);
      const c2 = f(b0 - b2);
      const c3 = f(b1 - b3);
      const c4 = f(b4 + b6);
      const c5 = f(b5 + b7);
      const c6 = f(b4 - b6);
      const c7 = f(b5 - b7);
      x[i] = c0 + c4;
      x[i + h] = c1 + c5;
      x[i + 2 * h] = c2 + c6;
      x[i + 3 * h] = c3 + c7;
      x[i + 4 * h] = c0 - c4;
      x[i + 5 * h] = c1 - c5;
      x[i + 6 * h] = c2 - c6;
      x[i + 7 * h] = c3 - c7;
    }
  }
}

/** Two values of h. */
function fours32(x: Float32Array, start: number, end: number, h: number): void {
  for (let b = start; b < end; b += 4 * h) {
    for (let i = b; i < b + h; i++) {
      const a0 = x[i];
      const a1 = x[i + h];
      const a2 = x[i + 2 * h];
      const a3 = x[i + 3 * h];
      const b0 = f(a0 + a1);
      const b1 = f(a0 - a1);
      const b2 = f(a2 + a3);
      const b3 = f(a2 - a3);
      x[i] = b0 + b2;
      x[i + h] = b1 + b3;
      x[i + 2 * h] = b0 - b2;
      x[i + 3 * h] = b1 - b3;
    }
  }
}

function eights64(x: Float64Array, start: number, end: number, h: number): void {
  for (let b = start; b < end; b += 8 * h) {
    for (let i = b; i < b + h; i++) {
      const a0 = x[i];
      const a1 = x[i + h];
      const a2 = x[i + 2 * h];
      const a3 = x[i + 3 * h];
      const a4 = x[i + 4 * h];
      const a5 = x[i + 5 * h];
      const a6 = x[i + 6 * h];
      const a7 = x[i + 7 * h];
      const b0 = a0 + a1;
      const b1 = a0 - a1;
      const b2 = a2 + a3;
      const b3 = a2 - a3;
      const b4 = a4 + a5;
      const b5 = a4 - a5;
      const b6 = a6 + a7;
      const b7 = a6 - a7;
      const c0 = b0 + b2;
      const c1 = b1 + b3;
      const c2 = b0 - b2;
      const c3 = b1 - b3;
      const c4 = b4 + b6;
      const c5 = b5 + b7;
      const c6 = b4 - b6;
      const c7 = b5 - b7;
      x[i] = c0 + c4;
      x[i + h] = c1 + c5;
      x[i + 2 * h] = c2 + c6;
      x[i + 3 * h] = c3 + c7;
      x[i + 4 * h] = c0 - c4;
      x[i + 5 * h] = c1 - c5;
      x[i + 6 * h] = c2 - c6;
      x[i + 7 * h] = c3 - c7;
    }
  }
}

function fours64(x: Float64Array, start: number, end: number, h: number): void {
  for (let b = start; b < end; b += 4 * h) {
    for (let i = b; i < b + h; i++) {
      const a0 = x[i];
      const a1 = x[i + h];
      const a2 = x[i + 2 * h];
      const a3 = x[i + 3 * h];
      const b0 = a0 + a1;
      const b1 = a0 - a1;
      const b2 = a2 + a3;
      const b3 = a2 - a3;
      x[i] = b0 + b2;
      x[i + h] = b1 + b3;
      x[i + 2 * h] = b0 - b2;
      x[i + 3 * h] = b1 - b3;
    }
  }
}

/** One value of h, 1: blocks of two. */
function pairs(x: Floats, start: number, end: number): void {
  for (let i = start; i < end; i += 2) {
    const a = x[i];
    const b = x[i + 1];
    x[i] = a + b;
    x[i + 1] = a - b;
  }
}

/** Transforms the n-long blocks of x[start .. end) in place, from the values h on; n a power of two. */
export function fwht32(x: Float32Array, start: number, end: number, n: number, h = 1): void {
  if (n === 2 * h) pairs(x, start, end);
  // never one value of h alone: its loads and stores would cost as much as its sums
  while (n > 2 * h) {
    if (n === 4 * h || n === 16 * h) {
      fours32(x, start, end, h);
      h <<= 2;
    } else {
      eights32(x, start, end, h);
      h <<= 3;
    }
  }
}

function fwht64(x: Float64Array, start: number, end: number, n: number): void {
  if (n === 2) pairs(x, start, end);
  for (let h = 1; n > 2 * h; ) {
    if (n === 4 * h || n === 16 * h) {
      fours64(x, start, end, h);
      h <<= 2;
    } else {
      eights64(x, start, end, h);
      h <<= 3;
    }
  }
}

/** What a sign bit multiplies by. */
const SIGN = Float64Array.of(1, -1);

/** The first three values of h, and before them the signs of bits `signs` from byte `at` on; 1 is minus. */
function signedEights32(x: Float32Array, start: number, end: number, signs: Uint8Array, at: number): void {
  for (let i = start; i < end; i += 8, at++) {
    const s = signs[at];
    const a0 = x[i] * SIGN[s & 1];
    const a1 = x[i + 1] * SIGN[(s >> 1) & 1];
    const a2 = x[i + 2] * SIGN[(s >> 2) & 1];
    const a3 = x[i + 3] * SIGN[(s >> 3) & 1];
    const a4 = x[i + 4] * SIGN[(s >> 4) & 1];
    const a5 = x[i + 5] * SIGN[(s >> 5) & 1];
    const a6 = x[i + 6] * SIGN[(s >> 6) & 1];
    const a7 = x[i + 7] * SIGN[s >> 7];
    const b0 = f(a0 + a1);
    const b1 = f(a0 - a1);
    const b2 = f(a2 + a3);
    const b3 = f(a2 - a3);
    const b4 = f(a4 + a5);
    const b5 = f(a4 - a5);
    const b6 = f(a6 + a7);
    const b7 = f(a6 - a7);
    const c0 = f(b0 + b2);
    const c1 = f(b1 + b3);
    const c2 = f(b0 - b2);
    const c3 = f(b1 - b3);
    const c4 = f(b4 + b6);
    const c5 = f(b5 + b7);
    const c6 = f(b4 - b6);
    const c7 = f(b5 - b7);
    x[i] = c0 + c4;
    x[i + 1] = c1 + c5;
    x[i + 2] = c2 + c6;
    x[i + 3] = c3 + c7;
    x[i + 4] = c0 - c4;
    x[i + 5] = c1 - c5;
    x[i + 6] = c2 - c6;
    x[i + 7] = c3 - c7;
  }
}

/** x *= sign * scale, over x[start .. start + n). */
export function scaleSigned(
  x: Float32Array,
  start: number,
  n: number,
  scale: number,
  signs: Uint8Array,
  at: number,
): void {
  const whole = start + n - (n & 7);
  let i = start;
  for (; i < whole; i += 8, at++) {
    const s = signs[at];
    x[i] *= SIGN[s & 1] * scale;
    x[i + 1] *= SIGN[(s >> 1) & 1] * scale;
    x[i + 2] *= SIGN[(s >> 2) & 1] * scale;
    x[i + 3] *= SIGN[(s >> 3) & 1] * scale;
    x[i + 4] *= SIGN[(s >> 4) & 1] * scale;
    x[i + 5] *= SIGN[(s >> 5) & 1] * scale;
    x[i + 6] *= SIGN[(s >> 6) & 1] * scale;
    x[i + 7] *= SIGN[s >> 7] * scale;
  }
  for (let k = 0; i + k < start + n; k++) x[i + k] *= SIGN[(signs[at] >> k) & 1] * scale;
}

/** x *= factor, over x[start .. start + n). */
export function scaleRow(x: Float32Array, start: number, n: number, factor: number): void {
  const end = start + n;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    x[i] *= factor;
    x[i + 1] *= factor;
    x[i + 2] *= factor;
    x[i + 3] *= factor;
  }
  for (; i < end; i++) x[i] *= factor;
}

/** The same as fwht32 of D x, D the diagonal of signs. */
export function signedFwht32(
  x: Float32Array,
  start: number,
  end: number,
  n: number,
  signs: Uint8Array,
  at: number,
): void {
  if (n < 8 || n === 16) {
    scaleSigned(x, start, end - start, 1, signs, at);
    fwht32(x, start, end, n);
  } else {
    signedEights32(x, start, end, signs, at);
    fwht32(x, start, end, n, 8);
  }
}

export function fwht(x: Floats, dim: number, scale: number): void {
  if (x.BYTES_PER_ELEMENT === 4) rows32(x as Float32Array, dim, f(scale));
  else rows64(x as Float64Array, dim, scale);
}

function rows32(x: Float32Array, dim: number, scale: number): void {
  for (let start = 0; start < x.length; start += dim) {
    fwht32(x, start, start + dim, dim);
    if (scale !== 1) scaleRow(x, start, dim, scale);
  }
}

function rows64(x: Float64Array, dim: number, scale: number): void {
  for (let start = 0; start < x.length; start += dim) fwht64(x, start, start + dim, dim);
  if (scale !== 1) for (let i = 0; i < x.length; i++) x[i] *= scale;
}
