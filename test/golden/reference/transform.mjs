// SPDX-License-Identifier: Apache-2.0
/** Walsh-Hadamard transform and k-fold randomized Hadamard rotation of one row, by the textbook. */
import { orderColumn } from './orders.mjs';
import { signs } from './prng.mjs';

/** Recursion on the last stage: H (a, b) = (H a + H b, H a - H b), sums rounded by `round`. */
function butterflies(x, round) {
  if (x.length === 1) return x;
  const half = x.length / 2;
  const a = butterflies(x.slice(0, half), round);
  const b = butterflies(x.slice(half), round);
  return [...a.map((v, i) => round(v + b[i])), ...a.map((v, i) => round(v - b[i]))];
}

export function fwhtRow(row, normalize, round) {
  const scale = normalize ? round(1 / Math.sqrt(row.length)) : 1;
  return butterflies([...row], round).map((v) => round(v * scale));
}

/** The largest m * 2^j <= dim, m = 1, 12, 20 or 28. */
export function transformSize(dim) {
  let best = { span: 1, order: 1 };
  for (const order of [1, 12, 20, 28]) {
    for (let span = order; span <= dim; span *= 2) if (span > best.span) best = { span, order };
  }
  return best;
}

/** H = B_order (x) S_(span / order) or its transpose, divided by sqrt(span), on a list of float32 values. */
function hadamard(x, order, transpose) {
  const scale = Math.fround(1 / Math.sqrt(x.length));
  const h = x.length / order;
  const y = [];
  for (let b = 0; b < order; b++) y.push(...butterflies(x.slice(b * h, (b + 1) * h), Math.fround));
  if (order > 1) {
    for (let j = 0; j < h; j++) {
      const column = orderColumn(
        Array.from({ length: order }, (_, b) => y[b * h + j]),
        order,
        transpose,
      );
      column.forEach((v, b) => {
        y[b * h + j] = v;
      });
    }
  }
  return y.map((v) => Math.fround(v * scale));
}

const signCache = new Map();
function signsOf(seed, stream, n) {
  const name = `${seed} ${stream} ${n}`;
  if (!signCache.has(name)) signCache.set(name, signs(seed, stream, n));
  return signCache.get(name);
}

/** The transforms of rounds 0 .. rounds - 1, in order: where each begins and the stream of its signs. */
function steps(dim, span, rounds) {
  const list = [];
  for (let r = 0; r < rounds; r++) {
    if (span === dim) list.push({ start: 0, stream: r });
    else list.push({ start: 0, stream: 2 * r }, { start: dim - span, stream: 2 * r + 1 });
  }
  return list;
}

/** A row (list of float32) rotated or rotated back, without control of its range. */
export function rotateRow(row, seed, rounds, inverse = false) {
  const dim = row.length;
  const { span, order } = transformSize(dim);
  let y = [...row];
  const list = steps(dim, span, rounds);
  for (const { start, stream } of inverse ? list.reverse() : list) {
    const sign = signsOf(seed, stream, span);
    const part = y.slice(start, start + span);
    const done = inverse
      ? hadamard(part, order, true).map((v, i) => v * sign[i])
      : hadamard(
          part.map((v, i) => v * sign[i]),
          order,
          false,
        );
    y = [...y.slice(0, start), ...done, ...y.slice(start + span)];
  }
  return y;
}
