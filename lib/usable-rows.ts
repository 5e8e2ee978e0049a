// SPDX-License-Identifier: Apache-2.0
import { kernels } from './backend.ts';
import { unusableRow } from './check.ts';

/**
 * Nothing, or the RangeError that names the first row that cannot be used: it holds a NaN or an infinity, or its norm is
 * beyond float32.
 * @param firstRow number of the first row in what the caller was given, for the message
 */
export function requireUsableRows(name: string, x: Float32Array, dim: number, firstRow = 0): void {
  refuseUnusableRow(name, x, dim, kernels().firstUnusableRow(x, dim), firstRow);
}

/** The same by what a kernel says that went through the rows anyhow: `bad` is its first unusable row, or -1. */
export function refuseUnusableRow(name: string, x: Float32Array, dim: number, bad: number, firstRow = 0): void {
  if (bad >= 0) throw unusableRow(name, x, dim, bad, firstRow);
}
