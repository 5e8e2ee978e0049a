// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/decode.inl.h: the row pipeline of every codec, back. */
import type { Columns } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { codeCount } from '../codec/section.ts';
import { coordinateDraws, lookupDraws } from './dither.ts';
import { scaleRow } from './fwht.ts';
import { lookupCodewords } from './nearest.ts';
import { unpack } from './pack.ts';
import { sumSignedRows } from './project.ts';
import { lookup } from './quantize.ts';
import { absPattern, rangeShift, scaleSaturating, unrotateRow } from './rotation.ts';
import { DRAW_SHIFT, type Scratch, scratchFor, strideOr, viewOf } from './row.ts';
import { products } from './sums.ts';

const f = Math.fround;
const SCALE_LOW = -60;
const SCALE_HIGH = 60;

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
        sumSignedRows(plan, codes, spare);
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
