// SPDX-License-Identifier: Apache-2.0
/**
 * Whether the k results of a query are certain: whether no other row could be among the k best if every estimate is
 * within its error bound. A row's bound is |query| times its reach; the upper bounds of all rows take a second scan, and
 * the results are certain if none of the others exceeds the lowest lower bound of the results.
 */
import { kernels } from '../backend.ts';
import { errorSpread } from '../codec/error-bound.ts';
import type { IndexConfig } from './config.ts';
import { type Found, NO_ROW } from './found.ts';
import type { Store } from './store.ts';

/** How far an estimate may be off for a query of length 1, by row: computed once for each number of sigmas. */
export interface Reaches {
  readonly sigmas: number;
  /** Rows done so far. */
  rows: number;
  values: Float32Array;
}

/** Makes room for the reaches of every row of the store; those there already stay. */
export function prepareReaches(store: Store, sigmas: number): Reaches {
  const { cache, size } = store;
  let reaches = cache.reaches;
  if (!reaches || reaches.sigmas !== sigmas) {
    reaches = { sigmas, rows: 0, values: new Float32Array(size) };
    cache.reaches = reaches;
  }
  if (reaches.values.length < size) {
    const grown = new Float32Array(size);
    grown.set(reaches.values);
    reaches.values = grown;
  }
  return reaches;
}

/** Fills in the reaches of the next rows, at most `count` of them. */
export function addReaches(config: IndexConfig, store: Store, reaches: Reaches, count: number): void {
  const { plan } = store;
  const first = reaches.rows;
  const last = Math.min(first + count, store.size);
  const energies = new Float64Array(last - first);
  const query = new Float32Array(3 * config.dim);
  kernels().estimate(plan, query, store.columns(first, last), new Float64Array(last - first), energies);
  for (let row = first; row < last; row++) {
    reaches.values[row] = reachOf(config, store, row, energies[row - first], reaches.sigmas);
  }
  reaches.rows = last;
}

function reachOf(config: IndexConfig, store: Store, row: number, energy: number, sigmas: number): number {
  const { plan, scales, norms, tags, residuals } = store;
  const { dim } = config;
  const residual = residuals ? residuals[row] : 0;
  let norm: number;
  if (norms) norm = norms[row];
  else if (config.metric === 'cosine' && !config.center) norm = scales[row] === 0 ? 0 : 1;
  else if (plan.scaling === 'fixed') norm = (scales[row] / plan.drawScales[tags[row] >> 2]) * Math.sqrt(dim);
  // a row's length is not kept: the one with the expected error
  else norm = Math.sqrt(energy / (1 + plan.relativeError));
  // no row is trusted to be better than expected: that would be luck of its codes, which the query's rounding does not share
  const least = norm * norm * (1 + plan.relativeError);
  const spread = errorSpread(plan, { norm, energy: Math.max(energy, least), residual, cosine: 1 });
  return spread.offset + sigmas * spread.deviation;
}

/**
 * One flag a query: 1 if the results are certain.
 * @param upper the k + 1 rows of each query with the largest upper bounds, and those bounds
 * @param slacks what a row's reach is multiplied by, by query
 */
export function certainResults(
  found: Found,
  upper: Found,
  k: number,
  reaches: Reaches,
  slacks: Float64Array,
): Uint8Array {
  return Uint8Array.from(slacks, (slack, q) => {
    const rows = found.rows.subarray(q * k, (q + 1) * k);
    let lowest = Number.POSITIVE_INFINITY;
    rows.forEach((row, i) => {
      if (row !== NO_ROW) lowest = Math.min(lowest, found.keys[q * k + i] - slack * reaches.values[row]);
    });
    const candidates = upper.rows.subarray(q * (k + 1), (q + 1) * (k + 1));
    const rival = candidates.findIndex((row) => row !== NO_ROW && !rows.includes(row));
    return rival < 0 || upper.keys[q * (k + 1) + rival] < lowest ? 1 : 0;
  });
}
