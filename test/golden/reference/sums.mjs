// SPDX-License-Identifier: Apache-2.0
/** Sums over a row in the order of the contract: 16 float32 lanes, blocks of 1024, folded 8-4-2-1 into a float64. */
import { maxAbs, rangeShift, scaled } from './range.mjs';

const f = Math.fround;

/** terms: float32 values in index order. */
export function laneSum(terms) {
  let total = 0;
  for (let block = 0; block < terms.length; block += 1024) {
    let lanes = new Array(16).fill(0);
    for (let i = block; i < Math.min(block + 1024, terms.length); i++) lanes[i % 16] = f(lanes[i % 16] + terms[i]);
    while (lanes.length > 1) {
      const half = lanes.length / 2;
      lanes = lanes.slice(0, half).map((v, i) => f(v + lanes[i + half]));
    }
    total += lanes[0];
  }
  return total;
}

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

/** norm, l3, l4, max of a row. */
export function momentsRow(row) {
  const { max, shift, y } = loadRow(row);
  if (max === 0) return [0, 0, 0, 0];
  const { s2, s3, s4 } = powerSums(y);
  const norm = Math.sqrt(s2);
  return [norm * 2 ** -shift, s3 / (s2 * norm), s4 / (s2 * s2), (max * 2 ** shift) / norm];
}
