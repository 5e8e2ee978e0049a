// SPDX-License-Identifier: Apache-2.0
import { platform } from '#platform';
import { chunkView } from '../async.ts';
import { kernels } from '../backend.ts';
import { trueLength } from '../check.ts';
import { chunkRows } from '../codec/quantizer.ts';
import { requireUsableRows } from '../usable-rows.ts';
import type { Metric } from './metric.ts';

/** The mean of rows (for cosine: of the normalised rows), added up in float64 in the order they come. */
export class RowMean {
  readonly #dim: number;
  readonly #normalize: boolean;
  readonly #sums: Float64Array;
  #rows = 0;

  constructor(dim: number, metric: Metric) {
    this.#dim = dim;
    this.#normalize = metric === 'cosine';
    this.#sums = new Float64Array(dim);
  }

  /** @param x rows x dim, usable rows */
  add(x: Float32Array): void {
    const dim = this.#dim;
    const step = chunkRows(dim) * dim;
    const unit = this.#normalize ? new Float32Array(Math.min(step, x.length)) : undefined;
    const sums = this.#sums;
    for (let at = 0; at < x.length; at += step) {
      let part = x.subarray(at, at + step);
      if (unit) {
        const target = unit.subarray(0, part.length);
        kernels().centerRows(part, dim, null, true, target);
        part = target;
      }
      for (let row = 0; row < part.length; row += dim) {
        for (let i = 0; i < dim; i++) sums[i] += part[row + i];
      }
    }
    this.#rows += x.length / dim;
  }

  mean(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => (this.#rows ? sum / this.#rows : 0));
  }
}

/**
 * The mean of all rows, between turns of the event loop: threads would have to add up in another order.
 * @throws RangeError that names the first row that cannot be used; the signal's reason
 */
export async function meanAsync(
  name: string,
  x: Float32Array,
  dim: number,
  metric: Metric,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const length = trueLength(x);
  const mean = new RowMean(dim, metric);
  const step = chunkRows(dim) * dim;
  for (let at = 0; at < length; at += step) {
    signal?.throwIfAborted();
    const chunk = chunkView(name, x, length, at, Math.min(at + step, length));
    requireUsableRows(name, chunk, dim, at / dim);
    mean.add(chunk);
    await platform.turn();
  }
  return mean.mean();
}
