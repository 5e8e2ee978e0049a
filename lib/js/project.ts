// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/project.inl.h: signs of a dense projection. */
import type { CodecPlan } from '../codec/codec.ts';
import { products } from './sums.ts';

const matrixOf = (plan: CodecPlan): Float32Array => (plan.projection as () => Float32Array)();

/** out = matrix times v. */
export function project(plan: CodecPlan, v: Float32Array, out: Float32Array): void {
  const matrix = matrixOf(plan);
  for (let i = 0; i < v.length; i++) out[i] = products(matrix, i * v.length, v, v.length)[0];
}

/** codes[i] = 1 where <row i, v> >= 0. */
export function projectSigns(plan: CodecPlan, v: Float32Array, codes: Uint8Array): void {
  const matrix = matrixOf(plan);
  for (let i = 0; i < v.length; i++) codes[i] = products(matrix, i * v.length, v, v.length)[0] >= 0 ? 1 : 0;
}

/** out = sum of the rows, those with code 0 negated, one after the other. */
export function sumSignedRows(plan: CodecPlan, codes: Uint8Array, out: Float32Array): void {
  const matrix = matrixOf(plan);
  const dim = out.length;
  out.fill(0);
  for (let i = 0, at = 0; i < dim; i++, at += dim) {
    if (codes[i]) for (let j = 0; j < dim; j++) out[j] += matrix[at + j];
    else for (let j = 0; j < dim; j++) out[j] -= matrix[at + j];
  }
}
