// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/orders.inl.h: Hadamard matrices of order 12, 20 and 28 as Williamson arrays, with the same grouping
 * of every sum. Each step takes one column: `order` values h apart.
 */

const f = Math.fround;

/** Sums and differences of the four blocks of a column; reused from column to column. */
const x = new Float32Array(28);
const y = new Float32Array(28);
const p = new Float32Array(7);
const m = new Float32Array(7);
const r = new Float32Array(7);
const s = new Float32Array(7);

function combine(width: number): void {
  for (let i = 0; i < width; i++) {
    const x1 = x[i];
    const x2 = x[width + i];
    const x3 = x[2 * width + i];
    const x4 = x[3 * width + i];
    p[i] = x1 + x2;
    m[i] = x1 - x2;
    r[i] = x3 + x4;
    s[i] = x3 - x4;
  }
}

function order12(transpose: boolean): void {
  const s0 = f(f(x[0] + x[1]) + x[2]);
  const s1 = f(f(x[3] + x[4]) + x[5]);
  const s2 = f(f(x[6] + x[7]) + x[8]);
  const s3 = f(f(x[9] + x[10]) + x[11]);
  const a = f(s0 - s1);
  const b = f(s2 + s3);
  const c = f(s0 + s1);
  const d = f(s2 - s3);
  for (let i = 0; i < 3; i++) {
    const x1 = x[i];
    const x2 = x[3 + i];
    const x3 = x[6 + i];
    const x4 = x[9 + i];
    if (transpose) {
      y[i] = f(c + b) - 2 * f(x2 + f(x3 + x4));
      y[3 + i] = 2 * f(f(x1 + x3) - x4) - f(a + d);
      y[6 + i] = f(d - a) + 2 * f(f(x1 - x2) + x4);
      y[9 + i] = f(b - c) + 2 * f(f(x1 + x2) - x3);
    } else {
      y[i] = f(a - b) + 2 * f(x2 + f(x3 + x4));
      y[3 + i] = f(c + d) + 2 * f(f(x4 - x3) - x1);
      y[6 + i] = f(a + b) + 2 * f(f(x2 - x1) - x4);
      y[9 + i] = f(c - d) + 2 * f(x3 - f(x1 + x2));
    }
  }
}

const sum5 = (v: Float32Array) => f(f(f(v[0] + v[1]) + f(v[2] + v[3])) + v[4]);
const around = (v: Float32Array, i: number) => f(v[(i + 1) % 5] + v[(i + 4) % 5]);

function order20(transpose: boolean): void {
  combine(5);
  const sp = sum5(p);
  const sm = sum5(m);
  const sr = sum5(r);
  const ss = sum5(s);
  for (let i = 0; i < 5; i++) {
    const x1 = x[i];
    const x2 = x[5 + i];
    const x3 = x[10 + i];
    const x4 = x[15 + i];
    if (transpose) {
      y[i] = 2 * f(f(x1 + around(p, i)) + r[i]) - f(sp + sr);
      y[5 + i] = f(sm + ss) + 2 * f(f(x2 - around(m, i)) - s[i]);
      y[10 + i] = f(sm - ss) + 2 * f(f(x3 + around(s, i)) - m[i]);
      y[15 + i] = f(sp - sr) + 2 * f(f(x4 + around(r, i)) - p[i]);
    } else {
      y[i] = f(sr - sm) + 2 * f(f(x1 + around(m, i)) - r[i]);
      y[5 + i] = 2 * f(f(x2 + around(p, i)) + s[i]) - f(sp + ss);
      y[10 + i] = 2 * f(f(x3 + around(r, i)) + m[i]) - f(sm + sr);
      y[15 + i] = f(ss - sp) + 2 * f(f(x4 + p[i]) - around(s, i));
    }
  }
}

const sum7 = (v: Float32Array) => f(f(f(v[0] + v[1]) + f(v[2] + v[3])) + f(f(v[4] + v[5]) + v[6]));
const e2 = (v: Float32Array, i: number) => f(v[(i + 2) % 7] + v[(i + 5) % 7]);
const e3 = (v: Float32Array, i: number) => f(v[(i + 3) % 7] + v[(i + 4) % 7]);

function order28(transpose: boolean): void {
  combine(7);
  const sp = sum7(p);
  const sm = sum7(m);
  const sr = sum7(r);
  const ss = sum7(s);
  for (let i = 0; i < 7; i++) {
    const x1 = x[i];
    const x2 = x[7 + i];
    const x3 = x[14 + i];
    const x4 = x[21 + i];
    if (transpose) {
      y[i] = f(sm - ss) + 2 * f(f(e2(s, i) - x4) - e3(m, i));
      y[7 + i] = f(sp - sr) + 2 * f(f(x3 + e2(r, i)) - e3(p, i));
      y[14 + i] = f(sp + sr) - 2 * f(f(x2 + e2(p, i)) + e3(r, i));
      y[21 + i] = 2 * f(f(x1 + e2(m, i)) + e3(s, i)) - f(sm + ss);
    } else {
      y[i] = f(sp + ss) + 2 * f(f(x4 - e2(s, i)) - e3(p, i));
      y[7 + i] = f(sr - sm) + 2 * f(f(e3(m, i) - x3) - e2(r, i));
      y[14 + i] = f(ss - sp) + 2 * f(f(x2 + e2(p, i)) - e3(s, i));
      y[21 + i] = f(sm + sr) - 2 * f(f(x1 + e2(m, i)) + e3(r, i));
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
  const step = order === 12 ? order12 : order === 20 ? order20 : order28;
  for (let j = start; j < start + h; j++) {
    for (let k = 0; k < order; k++) x[k] = v[j + k * h];
    step(transpose);
    for (let k = 0; k < order; k++) v[j + k * h] = y[k] * scale;
  }
}
