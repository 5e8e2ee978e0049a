// SPDX-License-Identifier: Apache-2.0
/** Encode and decode one row with a scalar codec, and estimate inner products: DESIGN section 4 and the contract, naively. */
import { codeOf, packed, sectionsOf } from './codes.mjs';
import { rangeShift, saturated, scaled, scaledSaturating } from './range.mjs';
import { laneSum, loadRow, powerSums } from './sums.mjs';
import { rotateRow, transformSize } from './transform.mjs';

const f = Math.fround;

function roundsFor({ dim, bits, rounds }, { s2, s3, s4 }) {
  const least = transformSize(dim).span === dim ? 1 : 2;
  if (rounds !== 'auto') return Math.max(rounds, least);
  const l3 = s3 / (s2 * Math.sqrt(s2));
  const l4 = s4 / (s2 * s2);
  const whole = Math.ceil(bits);
  let k = l3 <= Math.max(0.02, 2.5 / Math.sqrt(dim)) ? 1 : 2;
  if (l4 < 1.04 * (l3 * l3)) {
    if (k === 1 && l4 > 0.5 * 4 ** -whole) k = 2;
    if (k === 2 && l4 * dim > 4 && dim < 4 ** (whole + 1)) k = 3;
  }
  return Math.max(k, least);
}

/** @returns {{ codes: number[][], scale: number, norm: number, rounds: number, record: Uint8Array }} */
export function encodeRow(options, row) {
  const { dim, bits, codec, scale: rule, seed } = options;
  const sections = sectionsOf(dim, bits, codec);
  const { max, shift, y } = loadRow(row);
  let norm = 0;
  let scale = 0;
  let rounds = roundsFor(options, { s2: 1, s3: 0, s4: 1 });
  let codes = sections.map((s) => new Array(s.count).fill(0));
  if (max !== 0) {
    const sums = powerSums(y);
    rounds = roundsFor(options, sums);
    norm = Math.sqrt(sums.s2);
    const toUnit = f(Math.sqrt(dim) / norm);
    const z = rotateRow(y, seed, rounds).map((v) => f(v * toUnit));
    codes = sections.map((s) => z.slice(s.first, s.first + s.count).map((v) => codeOf(s.book, v)));
    const q = sections.flatMap((s, i) => codes[i].map((c) => s.book.levels32[c]));
    const zq = laneSum(q.map((v, i) => f(z[i] * v)));
    const qq = laneSum(q.map((v) => f(v * v)));
    const root = Math.sqrt(dim);
    const alpha = rule === 'mse' ? (norm / root) * (zq / qq) : (norm * root) / zq;
    if (zq > 0) scale = f(saturated(alpha * 2 ** -shift));
    norm = f(saturated(norm * 2 ** -shift));
  }
  const trailer = new DataView(new ArrayBuffer(9));
  trailer.setFloat32(0, scale, true);
  trailer.setFloat32(4, norm, true);
  trailer.setUint8(8, rounds);
  const record = [...sections.flatMap((s, i) => packed(codes[i], s.bits)), ...new Uint8Array(trailer.buffer)];
  return { codes, scale, norm, rounds, record: Uint8Array.from(record) };
}

export function decodeRow({ dim, bits, codec, seed }, { codes, scale, rounds }) {
  if (scale === 0) return new Array(dim).fill(0);
  const shift = rangeShift(Math.abs(scale), -60, 60);
  const factor = f(scale * 2 ** shift);
  const levels = sectionsOf(dim, bits, codec).flatMap((s, i) => codes[i].map((c) => f(s.book.levels32[c] * factor)));
  while (levels.length < dim) levels.push(0);
  const x = rotateRow(levels, seed, rounds, true);
  return shift ? scaledSaturating(x, -shift) : x;
}

/** A row rotated with control of its range, as Rotation does. */
export function rotateInRange(row, seed, rounds, inverse) {
  const shift = rangeShift(
    row.reduce((m, v) => Math.max(m, Math.abs(v)), 0),
    -60,
    60,
  );
  const y = rotateRow(shift ? scaled(row, shift) : row, seed, rounds, inverse);
  return shift ? scaledSaturating(y, -shift) : y;
}

/** scale * <query rotated as the row was, levels of the row>, a float32. */
export function innerProduct({ bits, codec, dim, seed }, { codes, scale, rounds }, query) {
  const form = rotateInRange(query, seed, rounds, false);
  const q = sectionsOf(dim, bits, codec).flatMap((s, i) => codes[i].map((c) => s.book.levels32[c]));
  return f(scale * laneSum(q.map((v, i) => f(form[i] * v))));
}
