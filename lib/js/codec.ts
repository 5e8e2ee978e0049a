// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/codec.inl.h: the row pipeline of every scalar codec. */

import type { Columns } from '../backend.ts';
import { MAX_FLOAT32 } from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { chooseRoundsFor } from '../transform/rounds.ts';
import { pack, unpack } from './pack.ts';
import { bucketize, lookup } from './quantize.ts';
import { rangeShift, rotateRow, scaleSaturating, unrotateRow } from './rotation.ts';
import { loadRow, powerSums, products, sumSquares } from './sums.ts';

const f = Math.fround;
const SCALE_LOW = -60;
const SCALE_HIGH = 60;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const strideOr = (columns: Columns, own: number) => columns.stride || own;

export function encode(plan: CodecPlan, x: Float32Array, out: Columns): void {
  const { rotation, rule, sections, codeBytes, coded, mse } = plan;
  const { dim } = rotation;
  const y = new Float32Array(dim);
  const levels = new Float32Array(dim);
  const codes = new Uint8Array(dim);
  const scales = viewOf(out.scales);
  const norms = out.norms && viewOf(out.norms);
  const rootDim = Math.sqrt(dim);
  for (let start = 0, r = 0; start < x.length; start += dim, r++) {
    const packed = r * strideOr(out, codeBytes);
    const { max, shift } = loadRow(x, start, dim, y);
    let rounds = rule.fixed || rule.least;
    let scale = 0;
    let norm = 0;
    if (max === 0) {
      out.codes.fill(0, packed, packed + codeBytes);
    } else {
      let square: number;
      if (rule.fixed) {
        square = sumSquares(y, dim);
      } else {
        const [s2, s3, s4] = powerSums(y, dim);
        square = s2;
        rounds = chooseRoundsFor(rule, s3 / (s2 * Math.sqrt(s2)), s4 / (s2 * s2), dim);
      }
      norm = Math.sqrt(square);
      rotateRow(rotation, y, 0, 0, rounds);
      const toUnit = f(rootDim / norm);
      for (let i = 0; i < dim; i++) y[i] *= toUnit;
      for (const { first, count, book, codeOffset } of sections) {
        bucketize(book, y, first, count, codes);
        pack(codes, count, book.bits, out.codes, packed + codeOffset);
        lookup(book, codes, count, levels, first);
      }
      const [zq, qq] = products(y, 0, levels, coded);
      const alpha = mse ? (norm / rootDim) * (zq / qq) : (norm * rootDim) / zq;
      const restore = 2 ** -shift;
      if (zq > 0) scale = Math.min(alpha * restore, MAX_FLOAT32);
      norm *= restore;
    }
    scales.setFloat32(r * strideOr(out, 4), scale, true);
    norms?.setFloat32(r * strideOr(out, 4), Math.min(norm, MAX_FLOAT32), true);
    if (out.rounds) out.rounds[r * strideOr(out, 1)] = rounds;
  }
}

/** The decoded fields of row r: its scale and rounds, or undefined if no encoder wrote them. */
function trailer(
  plan: CodecPlan,
  input: Columns,
  scales: DataView,
  r: number,
): { scale: number; rounds: number } | undefined {
  const scale = scales.getFloat32(r * strideOr(input, 4), true);
  const rounds = input.rounds ? input.rounds[r * strideOr(input, 1)] : plan.rule.fixed;
  return Number.isFinite(scale) && rounds >= 1 && rounds <= 3 ? { scale, rounds } : undefined;
}

function rowLevels(plan: CodecPlan, input: Columns, r: number, codes: Uint8Array, levels: Float32Array): void {
  const packed = r * strideOr(input, plan.codeBytes);
  for (const { first, count, book, codeOffset } of plan.sections) {
    unpack(input.codes, packed + codeOffset, count, book.bits, codes);
    lookup(book, codes, count, levels, first);
  }
}

/** Calls `each` for every row, or gives the index of the first that cannot be decoded without calling it at all. */
function forRows(
  plan: CodecPlan,
  input: Columns,
  rows: number,
  each: (r: number, scale: number, rounds: number) => void,
): number {
  const scales = viewOf(input.scales);
  for (let r = 0; r < rows; r++) if (!trailer(plan, input, scales, r)) return r;
  for (let r = 0; r < rows; r++) {
    // a row can still turn bad if its memory is shared
    const found = trailer(plan, input, scales, r);
    if (!found) return r;
    each(r, found.scale, found.rounds);
  }
  return -1;
}

export function decode(plan: CodecPlan, input: Columns, x: Float32Array): number {
  const { dim } = plan.rotation;
  const y = new Float32Array(dim);
  const codes = new Uint8Array(dim);
  return forRows(plan, input, x.length / dim, (r, scale, rounds) => {
    if (scale === 0) {
      x.fill(0, r * dim, (r + 1) * dim);
      return;
    }
    const shift = rangeShift(Math.abs(scale), SCALE_LOW, SCALE_HIGH);
    const factor = f(scale * 2 ** shift);
    rowLevels(plan, input, r, codes, y);
    for (let i = 0; i < plan.coded; i++) y[i] *= factor;
    y.fill(0, plan.coded);
    unrotateRow(plan.rotation, y, 0, 0, rounds);
    if (shift) scaleSaturating(y, 0, dim, -shift);
    x.set(y, r * dim);
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
  const levels = new Float32Array(dim);
  const codes = new Uint8Array(dim);
  return forRows(plan, input, out.length, (r, scale, rounds) => {
    rowLevels(plan, input, r, codes, levels);
    const [dot, square] = products(query, (rounds - 1) * dim, levels, plan.coded);
    out[r] = scale * dot;
    if (energy) energy[r] = scale * scale * square;
  });
}
