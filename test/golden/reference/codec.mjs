// SPDX-License-Identifier: Apache-2.0
/** Encode and decode one row, and estimate inner products: the arithmetic contract, naively. A codec is one of CODECS. */
import { dithered } from './dither.mjs';
import { vq } from './grid.mjs';
import { quicfl } from './quicfl.mjs';
import { rangeShift, saturated, scaled, scaledSaturating } from './range.mjs';
import { recordBytes } from './record.mjs';
import { roundsFor } from './rounds.mjs';
import { drive, eden, turboquantMse } from './scalar.mjs';
import { turboquantProd } from './sketch.mjs';
import { laneSum, loadRow, powerSums } from './sums.mjs';
import { rotateRow } from './transform.mjs';
import { uniform } from './uniform.mjs';

const f = Math.fround;

/**
 * layout(options): sections { count, bits }; scale: 'fixed', or as options say; ofRow(options, index): draw or nonce;
 * encode(options, z, index): codes of every section, and levels, outliers or residualRatio;
 * levels(options, row): the numbers that the codes of an encoded row stand for.
 */
const CODECS = {
  eden,
  drive,
  quicfl,
  dithered,
  'turboquant-mse': turboquantMse,
  'turboquant-prod': turboquantProd,
  uniform,
  vq,
};

/** What the levels are multiplied by, before the range of the row is undone. */
function alphaOf(rule, norm, z, levels) {
  const root = Math.sqrt(z.length);
  if (rule === 'fixed') return norm / root;
  const zq = laneSum(levels.map((v, i) => f(z[i] * v)));
  const qq = laneSum(levels.map((v) => f(v * v)));
  if (!(zq > 0)) return 0;
  return rule === 'mse' ? (norm / root) * (zq / qq) : (norm * root) / zq;
}

/** @returns {{ codes: number[][], scale: number, norm: number, rounds: number, record: Uint8Array }} and draw, nonce, ... */
export function encodeRow(options, row, index = 0n) {
  const { dim, seed } = options;
  const codec = CODECS[options.codec];
  const { max, shift, y } = loadRow(row);
  const sums = max === 0 ? { s2: 1, s3: 0, s4: 1 } : powerSums(y);
  const out = {
    codes: codec.layout(options).map((s) => new Array(s.count).fill(0)),
    scale: 0,
    norm: 0,
    rounds: roundsFor(options, y, sums),
    residual: 0,
    outliers: [],
    ...codec.ofRow?.(options, index),
  };
  if (max !== 0) {
    const norm = Math.sqrt(sums.s2);
    const toUnit = f(Math.sqrt(dim) / norm);
    const z = rotateRow(y, seed, out.rounds).map((v) => f(v * toUnit));
    const coded = codec.encode(options, z, index);
    const alpha = alphaOf(codec.scale ?? options.scale, norm, z, coded.levels);
    out.codes = coded.codes;
    out.scale = f(saturated(alpha * 2 ** -shift));
    out.norm = f(saturated(norm * 2 ** -shift));
    if (coded.outliers) out.outliers = coded.outliers;
    if (coded.residualRatio) out.residual = f(saturated(alpha * 2 ** -shift * coded.residualRatio));
  }
  return { ...out, record: recordBytes(codec.layout(options), options.codec, out) };
}

const levelsOf = (options, row) => CODECS[options.codec].levels(options, row);

function decoded(options, row, restore) {
  const { dim } = options;
  const { scale } = row;
  if (scale === 0) return new Array(dim).fill(0);
  const shift = rangeShift(Math.abs(scale), -60, 60);
  const factor = f(scale * 2 ** shift);
  const levels = levelsOf(options, row).map((v) => f(v * factor));
  while (levels.length < dim) levels.push(0);
  const x = restore(levels);
  return shift ? scaledSaturating(x, -shift) : x;
}

export function decodeRow(options, row) {
  return decoded(options, row, (levels) => rotateRow(levels, options.seed, row.rounds, true));
}

/** A decoded row before its rotation is undone. */
export function rotatedRow(options, row) {
  return decoded(options, row, (levels) => levels);
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
export function innerProduct(options, row, query) {
  const form = rotateInRange(query, options.seed, row.rounds, false);
  return f(row.scale * laneSum(levelsOf(options, row).map((v, i) => f(form[i] * v))));
}
