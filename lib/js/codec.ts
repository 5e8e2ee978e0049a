// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/codec.inl.h: the row pipeline of every codec. */

import type { Columns, Outliers } from '../backend.ts';
import { MAX_FLOAT32 } from '../check.ts';
import type { ThresholdAlphabet } from '../codec/alphabet.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { codeCount, type Section } from '../codec/section.ts';
import { chooseRoundsFor } from '../transform/rounds.ts';
import { coordinateDraws, ditheredCodes, lookupDraws, type RowDraw, rowDraw, rowThresholds } from './dither.ts';
import { scaleRow } from './fwht.ts';
import { lookupCodewords, nearestCodewords } from './nearest.ts';
import { pack, unpack } from './pack.ts';
import { projectSigns, sumSignedRows } from './project.ts';
import { bucketize, countThresholds, lookup } from './quantize.ts';
import { absPattern, bitsOf, rangeShift, rotateRow, rowMaxAbs, scaleSaturating, unrotateRow } from './rotation.ts';
import { loadRow, powerSums, products, rowMoments, sumSquares, usable } from './sums.ts';

const f = Math.fround;
const SCALE_LOW = -60;
const SCALE_HIGH = 60;
const ROOT_HALF_PI = 1.2533141373155003;
const DRAW_SHIFT = 2;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const strideOr = (columns: Columns, own: number) => columns.stride || own;
const NO_OUTLIERS: Outliers = {
  starts: new Uint32Array(0),
  coordinates: new Uint32Array(0),
  values: new Float32Array(0),
};

/** Arrays for one row. */
interface Scratch {
  readonly values: Float32Array;
  readonly levels: Float32Array;
  readonly codes: Uint8Array;
  readonly spare: Float32Array;
}

function scratchFor(plan: CodecPlan): Scratch {
  const { dim } = plan.rotation;
  return {
    values: new Float32Array(dim),
    levels: new Float32Array(dim),
    codes: new Uint8Array(dim),
    spare: new Float32Array(plan.projection ? dim : 0),
  };
}

function codeByThresholds(section: Section, gain: number, { values, levels, codes }: Scratch): void {
  const { first, count } = section;
  const { book, levels: table } = section.alphabet as ThresholdAlphabet;
  bucketize(book, values, first, gain, count, codes);
  lookup(table, 0, codes, count, levels, first);
}

/** The factor that turns the row's codes nearest to its own direction. */
function bestFactor(plan: CodecPlan, scratch: Scratch): number {
  let best = plan.factors[0];
  let highest = -1;
  for (const factor of plan.factors) {
    for (const section of plan.sections) codeByThresholds(section, factor, scratch);
    const [zq, qq] = products(scratch.values, 0, scratch.levels, plan.coded);
    const fit = (zq * zq) / qq;
    if (fit > highest) {
      highest = fit;
      best = factor;
    }
  }
  return best;
}

/**
 * Codes scratch.values, packs them at out[at], and leaves their levels in scratch.levels (not those of dithered codes, whose
 * scale needs none); |z - levels| and outliers.
 */
function codeRow(
  plan: CodecPlan,
  scratch: Scratch,
  draw: RowDraw,
  index: number,
  out: Uint8Array,
  at: number,
  outliers: Outliers,
  firstOutlier: number,
): { residual: number; used: number } {
  const { values, levels, codes, spare } = scratch;
  const gain = plan.factors.length ? bestFactor(plan, scratch) : 1;
  let residual = 0;
  let used = firstOutlier;
  for (const section of plan.sections) {
    const { first, count, alphabet } = section;
    switch (alphabet.coding) {
      case 'thresholds':
        codeByThresholds(section, gain, scratch);
        break;
      case 'dither':
        if (plan.dither === 'row') {
          const thresholds = rowThresholds(alphabet, draw);
          countThresholds(thresholds, thresholds.length, values, first, 1, count, codes);
        } else {
          const draws = coordinateDraws(plan, index);
          used = ditheredCodes(plan, alphabet, values, count, draws, index, codes, outliers, used);
        }
        break;
      case 'nearest':
        nearestCodewords(alphabet, values, first, count, codes);
        lookupCodewords(alphabet, codes, count, levels, first);
        break;
      case 'projected':
        for (let i = 0; i < count; i++) spare[i] = values[i] - levels[i];
        residual = Math.sqrt(sumSquares(spare, count));
        projectSigns(plan.projection as Float32Array, spare, codes);
        break;
    }
    pack(codes, codeCount(section), alphabet.bits, out, at + section.codeOffset);
  }
  return { residual, used };
}

export function encode(plan: CodecPlan, x: Float32Array, firstIndex: number, out: Columns): number {
  const { rotation, rule, codeBytes, coded, scaling } = plan;
  const { dim } = rotation;
  const scratch = scratchFor(plan);
  const y = scratch.values;
  const bits = bitsOf(x);
  const scales = viewOf(out.scales);
  const norms = out.norms && viewOf(out.norms);
  const residuals = out.residuals && viewOf(out.residuals);
  const nonces = out.nonces && viewOf(out.nonces);
  const outliers = out.outliers ?? NO_OUTLIERS;
  const rootDim = Math.sqrt(dim);
  let used = 0;
  outliers.starts[0] = 0;
  for (let start = 0, r = 0; start < x.length; start += dim, r++) {
    const index = plan.dither === 'coordinate' ? (firstIndex + r) % 2 ** 32 : firstIndex + r;
    const draw = rowDraw(plan, index);
    const packed = r * strideOr(out, codeBytes);
    const max = rowMaxAbs(bits, start, dim);
    const shift = loadRow(x, start, dim, y, max);
    if (!usable(y, dim, max, shift)) return r;
    let rounds = rule.fixed || rule.least;
    let scale = 0;
    let residual = 0;
    let norm = 0;
    if (max === 0) {
      out.codes.fill(0, packed, packed + codeBytes);
    } else {
      let square: number;
      if (rule.fixed) {
        square = sumSquares(y, dim);
      } else {
        const sums = powerSums(y, dim, rule.block);
        square = sums.s2;
        rounds = chooseRoundsFor(rule, rowMoments(sums, rule.block));
      }
      norm = Math.sqrt(square);
      rotateRow(rotation, y, 0, 0, rounds);
      scaleRow(y, 0, dim, f(rootDim / norm));
      const row = codeRow(plan, scratch, draw, index, out.codes, packed, outliers, used);
      used = row.used;
      const restore = 2 ** -shift;
      if (scaling === 'fixed') {
        let alpha = norm / rootDim;
        if (plan.dither === 'row') alpha *= plan.drawScales[draw.h];
        scale = Math.min(alpha * restore, MAX_FLOAT32);
        residual = Math.min(alpha * restore * ((ROOT_HALF_PI * row.residual) / dim), MAX_FLOAT32);
      } else {
        const [zq, qq] = products(y, 0, scratch.levels, coded);
        const alpha = scaling === 'mse' ? (norm / rootDim) * (zq / qq) : (norm * rootDim) / zq;
        if (zq > 0) scale = Math.min(alpha * restore, MAX_FLOAT32);
      }
      norm *= restore;
    }
    scales.setFloat32(r * strideOr(out, 4), scale, true);
    norms?.setFloat32(r * strideOr(out, 4), Math.min(norm, MAX_FLOAT32), true);
    out.tags[r * strideOr(out, 1)] = rounds | (draw.h << DRAW_SHIFT);
    residuals?.setFloat32(r * strideOr(out, 4), residual, true);
    nonces?.setUint32(r * strideOr(out, 4), index, true);
    outliers.starts[r + 1] = used;
  }
  return -1;
}

interface Trailer {
  readonly scale: number;
  readonly residual: number;
  readonly rounds: number;
  readonly draw: number;
}

/** The decoded fields of row r, or undefined if no encoder wrote them. */
function rowTrailer(
  plan: CodecPlan,
  input: Columns,
  scales: DataView,
  residuals: DataView | null,
  r: number,
): Trailer | undefined {
  const scale = scales.getFloat32(r * strideOr(input, 4), true);
  const residual = residuals ? residuals.getFloat32(r * strideOr(input, 4), true) : 0;
  const tag = input.tags[r * strideOr(input, 1)];
  const rounds = tag & 3;
  const draw = tag >> DRAW_SHIFT;
  const draws = plan.dither === 'row' ? plan.draws : 1;
  // an encoder's residual is at most sqrt(pi / 2) of the scale; beyond 4 times it, levels could overflow
  const possible = residual >= 0 && residual <= 4 * Math.max(Math.abs(scale), 2 ** -126);
  const fine = Number.isFinite(scale) && possible && rounds >= 1 && draw < draws;
  return fine ? { scale, residual, rounds, draw } : undefined;
}

/** The levels of row r in units of its scale. */
function rowLevels(
  plan: CodecPlan,
  input: Columns,
  r: number,
  { scale, residual, draw }: Trailer,
  { codes, spare }: Scratch,
  levels: Float32Array,
): void {
  const packed = r * strideOr(input, plan.codeBytes);
  for (const section of plan.sections) {
    const { first, count, alphabet, codeOffset } = section;
    unpack(input.codes, packed + codeOffset, codeCount(section), alphabet.bits, codes);
    switch (alphabet.coding) {
      case 'thresholds':
        lookup(alphabet.levels, 0, codes, count, levels, first);
        break;
      case 'dither':
        if (plan.dither === 'row') {
          lookup(alphabet.levels, draw << alphabet.bits, codes, count, levels, first);
        } else {
          const nonce = viewOf(input.nonces as Uint8Array).getUint32(r * strideOr(input, 4), true);
          lookupDraws(alphabet, coordinateDraws(plan, nonce), codes, count, levels);
        }
        break;
      case 'nearest':
        lookupCodewords(alphabet, codes, count, levels, first);
        break;
      case 'projected': {
        sumSignedRows(plan.projection as Float32Array, codes, spare);
        const ratio = scale === 0 ? 0 : f(residual / scale);
        for (let i = 0; i < count; i++) levels[i] += f(spare[i] * ratio);
        break;
      }
    }
  }
  if (!input.outliers) return;
  const { starts, coordinates, values } = input.outliers;
  for (let i = starts[r]; i < starts[r + 1]; i++) levels[coordinates[i]] = values[i];
}

/** Calls `each` for every row, or gives the index of the first that cannot be decoded without calling it at all. */
function forRows(plan: CodecPlan, input: Columns, rows: number, each: (r: number, trailer: Trailer) => void): number {
  const scales = viewOf(input.scales);
  const residuals = plan.projection && input.residuals ? viewOf(input.residuals) : null;
  for (let r = 0; r < rows; r++) if (!rowTrailer(plan, input, scales, residuals, r)) return r;
  for (let r = 0; r < rows; r++) {
    // a row can still turn bad if its memory is shared
    const trailer = rowTrailer(plan, input, scales, residuals, r);
    if (!trailer) return r;
    each(r, trailer);
  }
  return -1;
}

/** A row as it was encoded, or its rotated coordinates, in scratch.values. */
function rowValues(plan: CodecPlan, input: Columns, r: number, trailer: Trailer, scratch: Scratch, rotated: boolean) {
  const { scale, rounds } = trailer;
  const y = scratch.values;
  const shift = rangeShift(absPattern(scale), SCALE_LOW, SCALE_HIGH);
  rowLevels(plan, input, r, trailer, scratch, y);
  scaleRow(y, 0, plan.coded, f(scale * 2 ** shift));
  y.fill(0, plan.coded);
  if (!rotated) unrotateRow(plan.rotation, y, 0, 0, rounds);
  if (shift) scaleSaturating(y, 0, plan.rotation.dim, -shift);
  return y;
}

export function decode(plan: CodecPlan, input: Columns, x: Float32Array): number {
  const { dim } = plan.rotation;
  const scratch = scratchFor(plan);
  return forRows(plan, input, x.length / dim, (r, trailer) => {
    if (trailer.scale === 0) x.fill(0, r * dim, (r + 1) * dim);
    else x.set(rowValues(plan, input, r, trailer, scratch, false), r * dim);
  });
}

export function accumulate(plan: CodecPlan, input: Columns, rotated: boolean, sums: Float64Array): number {
  const { dim } = plan.rotation;
  const scratch = scratchFor(plan);
  return forRows(plan, input, sums.length / dim, (r, trailer) => {
    if (trailer.scale === 0) return;
    const y = rowValues(plan, input, r, trailer, scratch, rotated);
    const first = r * dim;
    for (let i = 0; i < dim; i++) sums[first + i] += y[i];
  });
}

export function estimate(
  plan: CodecPlan,
  query: Float32Array,
  input: Columns,
  out: Float64Array,
  energy: Float64Array | null,
): number {
  const { dim } = plan.rotation;
  const scratch = scratchFor(plan);
  return forRows(plan, input, out.length, (r, trailer) => {
    const { scale, rounds } = trailer;
    rowLevels(plan, input, r, trailer, scratch, scratch.levels);
    const [dot, square] = products(query, (rounds - 1) * dim, scratch.levels, plan.coded);
    out[r] = scale * dot;
    if (energy) energy[r] = scale * scale * square;
  });
}
