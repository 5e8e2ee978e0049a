// SPDX-License-Identifier: Apache-2.0
/**
 * Hadamard matrices of order 12, 20 and 28 applied to one column, in float32, with the grouping of sums that the
 * arithmetic contract fixes (text: cpp/kernels/orders.inl.h). Every output is a sum k shared by a block, and twice a
 * short sum u of its own: k + 2u, k - 2u or 2u - k.
 */
const f = Math.fround;
const add = (a, b) => f(a + b);
const sub = (a, b) => f(a - b);
const twice = (a) => f(2 * a);
const blocks = (x, width) => [0, 1, 2, 3].map((b) => x.slice(b * width, (b + 1) * width));
const zip = (op, a, b) => a.map((value, i) => op(value, b[i]));

function order12(x, transpose) {
  const X = blocks(x, 3);
  const [s1, s2, s3, s4] = X.map(([p, q, r]) => add(add(p, q), r));
  const minus12 = sub(s1, s2);
  const plus34 = add(s3, s4);
  const plus12 = add(s1, s2);
  const minus34 = sub(s3, s4);
  const Y = [[], [], [], []];
  for (let i = 0; i < 3; i++) {
    const [a, b, c, d] = X.map((block) => block[i]);
    if (transpose) {
      Y[0][i] = sub(add(plus12, plus34), twice(add(b, add(c, d))));
      Y[1][i] = sub(twice(sub(add(a, c), d)), add(minus12, minus34));
      Y[2][i] = add(sub(minus34, minus12), twice(add(sub(a, b), d)));
      Y[3][i] = add(sub(plus34, plus12), twice(sub(add(a, b), c)));
    } else {
      Y[0][i] = add(sub(minus12, plus34), twice(add(b, add(c, d))));
      Y[1][i] = add(add(plus12, minus34), twice(sub(sub(d, c), a)));
      Y[2][i] = add(add(minus12, plus34), twice(sub(sub(b, a), d)));
      Y[3][i] = add(sub(plus12, minus34), twice(sub(c, add(a, b))));
    }
  }
  return Y.flat();
}

/** P = X1 + X2, M = X1 - X2, R = X3 + X4, S = X3 - X4 and their sums over the block. */
function pairs(X, total) {
  const P = zip(add, X[0], X[1]);
  const M = zip(sub, X[0], X[1]);
  const R = zip(add, X[2], X[3]);
  const S = zip(sub, X[2], X[3]);
  return { P, M, R, S, p: total(P), m: total(M), r: total(R), s: total(S) };
}

function order20(x, transpose) {
  const X = blocks(x, 5);
  const total = (v) => add(add(add(v[0], v[1]), add(v[2], v[3])), v[4]);
  const { P, M, R, S, p, m, r, s } = pairs(X, total);
  const around = (v, i) => add(v[(i + 1) % 5], v[(i + 4) % 5]);
  const Y = [[], [], [], []];
  for (let i = 0; i < 5; i++) {
    const [a, b, c, d] = X.map((block) => block[i]);
    if (transpose) {
      Y[0][i] = sub(twice(add(add(a, around(P, i)), R[i])), add(p, r));
      Y[1][i] = add(add(m, s), twice(sub(sub(b, around(M, i)), S[i])));
      Y[2][i] = add(sub(m, s), twice(sub(add(c, around(S, i)), M[i])));
      Y[3][i] = add(sub(p, r), twice(sub(add(d, around(R, i)), P[i])));
    } else {
      Y[0][i] = add(sub(r, m), twice(sub(add(a, around(M, i)), R[i])));
      Y[1][i] = sub(twice(add(add(b, around(P, i)), S[i])), add(p, s));
      Y[2][i] = sub(twice(add(add(c, around(R, i)), M[i])), add(m, r));
      Y[3][i] = add(sub(s, p), twice(sub(add(d, P[i]), around(S, i))));
    }
  }
  return Y.flat();
}

function order28(x, transpose) {
  const X = blocks(x, 7);
  const total = (v) => add(add(add(v[0], v[1]), add(v[2], v[3])), add(add(v[4], v[5]), v[6]));
  const { P, M, R, S, p, m, r, s } = pairs(X, total);
  const e2 = (v, i) => add(v[(i + 2) % 7], v[(i + 5) % 7]);
  const e3 = (v, i) => add(v[(i + 3) % 7], v[(i + 4) % 7]);
  const Y = [[], [], [], []];
  for (let i = 0; i < 7; i++) {
    const [a, b, c, d] = X.map((block) => block[i]);
    if (transpose) {
      Y[0][i] = add(sub(m, s), twice(sub(sub(e2(S, i), d), e3(M, i))));
      Y[1][i] = add(sub(p, r), twice(sub(add(c, e2(R, i)), e3(P, i))));
      Y[2][i] = sub(add(p, r), twice(add(add(b, e2(P, i)), e3(R, i))));
      Y[3][i] = sub(twice(add(add(a, e2(M, i)), e3(S, i))), add(m, s));
    } else {
      Y[0][i] = add(add(p, s), twice(sub(sub(d, e2(S, i)), e3(P, i))));
      Y[1][i] = add(sub(r, m), twice(sub(sub(e3(M, i), c), e2(R, i))));
      Y[2][i] = add(sub(s, p), twice(sub(add(b, e2(P, i)), e3(S, i))));
      Y[3][i] = sub(add(m, r), twice(add(add(a, e2(M, i)), e3(R, i))));
    }
  }
  return Y.flat();
}

/** B_order (or its transpose) times the column x of `order` float32 values. */
export function orderColumn(x, order, transpose) {
  return { 12: order12, 20: order20, 28: order28 }[order](x, transpose);
}
