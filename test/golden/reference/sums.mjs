// SPDX-License-Identifier: Apache-2.0
/** Sums over a row in the order of the contract: 16 float32 lanes, blocks of 1024, folded 8-4-2-1 into a float64. */
import { maxAbs, rangeShift, scaled } from './range.mjs';

const f = Math.fround;

/** terms: float32 values in index order; `width` sums (a power of two), of the terms whose index is 0 .. width - 1 mod width. */
function residueSums(terms, width) {
  const totals = new Array(width).fill(0);
  for (let block = 0; block < terms.length; block += 1024) {
    let lanes = new Array(16).fill(0);
    for (let i = block; i < Math.min(block + 1024, terms.length); i++) lanes[i % 16] = f(lanes[i % 16] + terms[i]);
    while (lanes.length > width) {
      const half = lanes.length / 2;
      lanes = lanes.slice(0, half).map((v, i) => f(v + lanes[i + half]));
    }
    lanes.forEach((v, r) => {
      totals[r] += v;
    });
  }
  return totals;
}

export const laneSum = (terms) => residueSums(terms, 1)[0];

export function powerSums(row) {
  const squares = row.map((v) => f(v * v));
  return {
    s2: laneSum(squares),
    s3: laneSum(squares.map((q, i) => f(q * Math.abs(row[i])))),
    s4: laneSum(squares.map((q) => f(q * q))),
  };
}

/** A row brought into the range where its fourth powers can be summed. */
export function loadRow(row) {
  const max = maxAbs(row);
  const shift = rangeShift(max, -20, 20);
  return { max, shift, y: shift ? scaled(row, shift) : [...row] };
}

/** a + b for 2 values, (a + b) + (c + d) for 4, and so on. */
function treeSum(values) {
  if (values.length === 1) return values[0];
  const half = values.length / 2;
  return f(treeSum(values.slice(0, half)) + treeSum(values.slice(half)));
}

const ones = (n) => n.toString(2).split('1').length - 1;

/** What is left of correlation inside blocks of `block` coordinates after one and after two transforms. */
export function blockMoments(y, { s2, s4 }, block) {
  const squares = y.map((v) => f(v * v));
  while (squares.length % block) squares.push(0);
  const energies = residueSums(squares, block);
  let r1 = 0;
  for (let s = 1; s < block; s++) {
    const a = energies.reduce((sum, e, r) => (ones(s & r) % 2 ? sum - e : sum + e), 0);
    const share = a / s2;
    r1 += share * share;
  }
  const fourths = squares.map((_, i) => {
    const first = i - (i % block);
    const energy = treeSum(squares.slice(first, first + block));
    return f(energy * energy);
  });
  return { r1, r2: (2 * (laneSum(fourths) / block - s4)) / (s2 * s2) };
}

/** norm, l3, l4, max, r1, r2 of a row. */
export function momentsRow(row, block) {
  const { max, shift, y } = loadRow(row);
  if (max === 0) return [0, 0, 0, 0, 0, 0];
  const sums = powerSums(y);
  const { s2, s3, s4 } = sums;
  const norm = Math.sqrt(s2);
  const { r1, r2 } = blockMoments(y, sums, block);
  return [norm * 2 ** -shift, s3 / (s2 * norm), s4 / (s2 * s2), (max * 2 ** shift) / norm, r1, r2];
}
