// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/encode.inl.h: the row pipeline of every codec, forth. */
import type { Columns, Outliers } from '../backend.ts';
import { MAX_FLOAT32 } from '../check.ts';
import type { ThresholdAlphabet } from '../codec/alphabet.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { codeCount, type Section } from '../codec/section.ts';
import { chooseRoundsFor } from '../transform/rounds.ts';
import { coordinateDraws, ditheredCodes, type RowDraw, rowDraw, rowThresholds } from './dither.ts';
import { scaleRow } from './fwht.ts';
import { lookupCodewords, nearestCodewords } from './nearest.ts';
import { pack } from './pack.ts';
import { projectSigns } from './project.ts';
import { bucketize, countThresholds, lookup } from './quantize.ts';
import { bitsOf, rotateRow, rowMaxAbs } from './rotation.ts';
import { DRAW_SHIFT, type Scratch, scratchFor, strideOr, viewOf } from './row.ts';
import { loadRow, powerSums, products, rowMoments, sumSquares, usable } from './sums.ts';

const f = Math.fround;
const ROOT_HALF_PI = 1.2533141373155003;
const NO_OUTLIERS: Outliers = {
  starts: new Uint32Array(0),
  coordinates: new Uint32Array(0),
  values: new Float32Array(0),
};

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
        projectSigns(plan, spare, codes);
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
