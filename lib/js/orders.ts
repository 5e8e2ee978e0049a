// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/orders.inl.h: Hadamard matrices of order 12, 20 and 28 as Williamson arrays, with the same grouping
 * of every sum. Each step takes one column, `order` values h apart, in four blocks whose i-th values are read and written
 * together: a column needs no array of its own.
 */

const f = Math.fround;

function columns12(v: Float32Array, start: number, h: number, scale: number, transpose: boolean): void {
  for (let j = start; j < start + h; j++) {
    const s0 = f(f(v[j] + v[j + h]) + v[j + 2 * h]);
    const s1 = f(f(v[j + 3 * h] + v[j + 4 * h]) + v[j + 5 * h]);
    const s2 = f(f(v[j + 6 * h] + v[j + 7 * h]) + v[j + 8 * h]);
    const s3 = f(f(v[j + 9 * h] + v[j + 10 * h]) + v[j + 11 * h]);
    const a = f(s0 - s1);
    const b = f(s2 + s3);
    const c = f(s0 + s1);
    const d = f(s2 - s3);
    for (let i = j; i < j + 3 * h; i += h) {
      const x1 = v[i];
      const x2 = v[i + 3 * h];
      const x3 = v[i + 6 * h];
      const x4 = v[i + 9 * h];
      if (transpose) {
        v[i] = f(f(c + b) - 2 * f(x2 + f(x3 + x4))) * scale;
        v[i + 3 * h] = f(2 * f(f(x1 + x3) - x4) - f(a + d)) * scale;
        v[i + 6 * h] = f(f(d - a) + 2 * f(f(x1 - x2) + x4)) * scale;
        v[i + 9 * h] = f(f(b - c) + 2 * f(f(x1 + x2) - x3)) * scale;
      } else {
        v[i] = f(f(a - b) + 2 * f(x2 + f(x3 + x4))) * scale;
        v[i + 3 * h] = f(f(c + d) + 2 * f(f(x4 - x3) - x1)) * scale;
        v[i + 6 * h] = f(f(a + b) + 2 * f(f(x2 - x1) - x4)) * scale;
        v[i + 9 * h] = f(f(c - d) + 2 * f(x3 - f(x1 + x2))) * scale;
      }
    }
  }
}

/** Sums and differences of the four blocks of a column, each twice: value i + k of a circle of n is at i + k, k < n. */
const p = new Float64Array(14);
const m = new Float64Array(14);
const r = new Float64Array(14);
const s = new Float64Array(14);

function combine(v: Float32Array, j: number, h: number, width: number): void {
  const block = width * h;
  for (let i = 0, at = j; i < width; i++, at += h) {
    const x1 = v[at];
    const x2 = v[at + block];
    const x3 = v[at + 2 * block];
    const x4 = v[at + 3 * block];
    p[i] = p[i + width] = f(x1 + x2);
    m[i] = m[i + width] = f(x1 - x2);
    r[i] = r[i + width] = f(x3 + x4);
    s[i] = s[i + width] = f(x3 - x4);
  }
}

const sum5 = (t: Float64Array) => f(f(f(t[0] + t[1]) + f(t[2] + t[3])) + t[4]);
const around = (t: Float64Array, i: number) => f(t[i + 1] + t[i + 4]);

function columns20(v: Float32Array, start: number, h: number, scale: number, transpose: boolean): void {
  const block = 5 * h;
  for (let j = start; j < start + h; j++) {
    combine(v, j, h, 5);
    const sp = sum5(p);
    const sm = sum5(m);
    const sr = sum5(r);
    const ss = sum5(s);
    for (let i = 0, at = j; i < 5; i++, at += h) {
      const x1 = v[at];
      const x2 = v[at + block];
      const x3 = v[at + 2 * block];
      const x4 = v[at + 3 * block];
      if (transpose) {
        v[at] = f(2 * f(f(x1 + around(p, i)) + r[i]) - f(sp + sr)) * scale;
        v[at + block] = f(f(sm + ss) + 2 * f(f(x2 - around(m, i)) - s[i])) * scale;
        v[at + 2 * block] = f(f(sm - ss) + 2 * f(f(x3 + around(s, i)) - m[i])) * scale;
        v[at + 3 * block] = f(f(sp - sr) + 2 * f(f(x4 + around(r, i)) - p[i])) * scale;
      } else {
        v[at] = f(f(sr - sm) + 2 * f(f(x1 + around(m, i)) - r[i])) * scale;
        v[at + block] = f(2 * f(f(x2 + around(p, i)) + s[i]) - f(sp + ss)) * scale;
        v[at + 2 * block] = f(2 * f(f(x3 + around(r, i)) + m[i]) - f(sm + sr)) * scale;
        v[at + 3 * block] = f(f(ss - sp) + 2 * f(f(x4 + p[i]) - around(s, i))) * scale;
      }
    }
  }
}

const sum7 = (t: Float64Array) => f(f(f(t[0] + t[1]) + f(t[2] + t[3])) + f(f(t[4] + t[5]) + t[6]));
const e2 = (t: Float64Array, i: number) => f(t[i + 2] + t[i + 5]);
const e3 = (t: Float64Array, i: number) => f(t[i + 3] + t[i + 4]);

function columns28(v: Float32Array, start: number, h: number, scale: number, transpose: boolean): void {
  const block = 7 * h;
  for (let j = start; j < start + h; j++) {
    combine(v, j, h, 7);
    const sp = sum7(p);
    const sm = sum7(m);
    const sr = sum7(r);
    const ss = sum7(s);
    for (let i = 0, at = j; i < 7; i++, at += h) {
      const x1 = v[at];
      const x2 = v[at + block];
      const x3 = v[at + 2 * block];
      const x4 = v[at + 3 * block];
      if (transpose) {
        v[at] = f(f(sm - ss) + 2 * f(f(e2(s, i) - x4) - e3(m, i))) * scale;
        v[at + block] = f(f(sp - sr) + 2 * f(f(x3 + e2(r, i)) - e3(p, i))) * scale;
        v[at + 2 * block] = f(f(sp + sr) - 2 * f(f(x2 + e2(p, i)) + e3(r, i))) * scale;
        v[at + 3 * block] = f(2 * f(f(x1 + e2(m, i)) + e3(s, i)) - f(sm + ss)) * scale;
      } else {
        v[at] = f(f(sp + ss) + 2 * f(f(x4 - e2(s, i)) - e3(p, i))) * scale;
        v[at + block] = f(f(sr - sm) + 2 * f(f(e3(m, i) - x3) - e2(r, i))) * scale;
        v[at + 2 * block] = f(f(ss - sp) + 2 * f(f(x2 + e2(p, i)) - e3(s, i))) * scale;
        v[at + 3 * block] = f(f(sm + sr) - 2 * f(f(x1 + e2(m, i)) + e3(r, i))) * scale;
      }
    }
  }
}

/** B_order (or its transpose) across the `order` blocks of h values from v[start], times `scale`. */
export function orderStage(
  v: Float32Array,
  start: number,
  order: number,
  h: number,
  scale: number,
  transpose: boolean,
): void {
  if (order === 12) columns12(v, start, h, scale, transpose);
  else if (order === 20) columns20(v, start, h, scale, transpose);
  else columns28(v, start, h, scale, transpose);
}
