// SPDX-License-Identifier: Apache-2.0
/**
 * Queries in the form the scan reads: rotated once, twice and three times (rows choose by their number of rounds), each
 * form rounded to int8 with its own step, coordinates in the order in which packed codes meet them.
 */
import { kernels } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { isDirect, pad64, planeBytes, type Section } from '../codec/section.ts';
import { MAX_ROUNDS } from '../transform/rotation-plan.ts';
import type { IndexConfig } from './config.ts';

export interface QueryBlock {
  /** queries x 3 x formBytes */
  readonly forms: Int8Array;
  /** Added to every key of a query. */
  readonly bias: Float64Array;
  /** queries x 3 x 2: what one integer step is worth, before the row's scale, and before its residual. */
  readonly gains: Float64Array;
  /** What the reach of a row (how far an estimate may be off for a query of length 1) is multiplied by. */
  readonly slacks: Float64Array;
}

/** @param queries rows x dim, usable rows. @param maxRounds the largest number of rounds that a stored row has */
export function queryBlock(config: IndexConfig, plan: CodecPlan, queries: Float32Array, maxRounds: number): QueryBlock {
  const { dim, metric, center } = config;
  const rows = queries.length / dim;
  const { main, projected } = formOffsets(plan);
  const block = {
    forms: new Int8Array(rows * MAX_ROUNDS * plan.formBytes),
    bias: new Float64Array(rows),
    gains: new Float64Array(rows * MAX_ROUNDS * 2),
    slacks: new Float64Array(rows),
  };
  const rotated = new Float32Array(queries.length);
  const squares = new Float64Array(rows);
  // l2 compares x - c with q - c; the others split <q, x> = <q, c> + <q, x - c>
  kernels().centerRows(queries, dim, metric === 'l2' ? center : null, metric === 'cosine', rotated);
  for (let q = 0; q < rows; q++) {
    const vector = rotated.subarray(q * dim, (q + 1) * dim);
    const square = dot(vector, vector);
    squares[q] = square;
    if (metric === 'l2') block.bias[q] = -square;
    else if (center) block.bias[q] = dot(vector, center);
  }
  const factor = metric === 'l2' ? 2 : 1;
  const steps = new Float64Array(rows);
  const image = new Float32Array(plan.projection ? dim : 0);
  for (let f = 0; f < maxRounds; f++) {
    kernels().rotate(plan.rotation, rotated, rotated, f, f + 1);
    for (let q = 0; q < rows; q++) {
      const at = q * MAX_ROUNDS + f;
      const form = block.forms.subarray(at * plan.formBytes, (at + 1) * plan.formBytes);
      const vector = rotated.subarray(q * dim, (q + 1) * dim);
      const step = toInt8(vector.subarray(0, plan.coded), main, form);
      block.gains[2 * at] = factor * step * plan.levelUnits[0];
      steps[q] = Math.max(steps[q], step);
      if (!projected) continue;
      kernels().project(plan, vector, image);
      block.gains[2 * at + 1] = factor * toInt8(image, projected, form) * plan.levelUnits[1];
    }
  }
  // Rounding adds step^2 / 12 a coordinate to the query, which meets all of a decoded row, 1 + error, and not only its error
  const share = (plan.coded / 12) * (1 + 1 / Math.max(plan.relativeError, Number.EPSILON));
  for (let q = 0; q < rows; q++) block.slacks[q] = factor * Math.sqrt(squares[q] + share * steps[q] ** 2);
  return block;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Added and taken away again, it leaves the nearest whole number, half to even: beside it float64 has no others. */
const WHOLE = 1.5 * 2 ** 52;

/** Rounds to multiples of max/127; gives that step (0 for a zero vector). */
function toInt8(vector: Float32Array, offsets: Uint32Array, out: Int8Array): number {
  let max = 0;
  for (let i = 0; i < vector.length; i++) {
    const magnitude = Math.abs(vector[i]);
    if (magnitude > max) max = magnitude;
  }
  if (max === 0) return 0;
  const step = max / 127;
  for (let i = 0; i < vector.length; i++) out[offsets[i]] = vector[i] / step + WHOLE - WHOLE;
  return step;
}

/** Where the coordinates of a rotated query, and of its projection, stand in a form. */
interface FormOffsets {
  readonly main: Uint32Array;
  readonly projected: Uint32Array | null;
}

const offsetsOf = new WeakMap<CodecPlan, FormOffsets>();

function formOffsets(plan: CodecPlan): FormOffsets {
  let offsets = offsetsOf.get(plan);
  if (offsets) return offsets;
  offsets = {
    main: new Uint32Array(plan.coded),
    projected: plan.projection ? new Uint32Array(plan.rotation.dim) : null,
  };
  for (const section of plan.sections) {
    const { main, projected } = offsets;
    placeSection(section, section.alphabet.coding === 'projected' && projected ? projected : main);
  }
  offsetsOf.set(plan, offsets);
  return offsets;
}

function placeSection({ first, count, alphabet, queryOffset }: Section, offsets: Uint32Array): void {
  const direct = isDirect(alphabet);
  const fields = direct ? 8 / alphabet.bits : 1;
  const stride = direct ? pad64(planeBytes(count, alphabet.bits)) : 0;
  for (let i = 0; i < count; i++) {
    offsets[first + i] = queryOffset + (i % fields) * stride + Math.floor(i / fields);
  }
}
