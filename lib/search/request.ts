// SPDX-License-Identifier: Apache-2.0
/** A search as its caller sees it: options checked on the way in, ids and the metric's own scores on the way out. */
import { checkBoolean, checkInteger, checkNumber, checkOptions, checkRows } from '../check.ts';
import { requireUsableRows } from '../usable-rows.ts';
import type { IndexConfig } from './config.ts';
import { type Filter, slotBitmap } from './filter.ts';
import type { IdTable } from './id-table.ts';
import { MAX_ROWS } from './index-file.ts';
import type { Metric } from './metric.ts';
import type { SearchAnswer, SearchRequest } from './search.ts';
import type { Store } from './store.ts';

/** Options of `FlatIndex.search`. */
export interface SearchOptions {
  /** Results a query, 1 or more. */
  k: number;
  /** Ids that may be returned: a list, or a bitmap over ids. Default: all. */
  filter?: Filter;
  /**
   * Also say for each query whether its results are certain: the k best vectors, in whatever order, if no estimate is off
   * by more than its error bound. Takes a second scan, and once for the vectors added a pass over their codes. Default false.
   */
  certify?: boolean;
  /**
   * Standard deviations of that bound, 0 or more. Each vector is beyond it with the probability of a normal law, so the
   * more vectors lie near the edge of the results, the more sigmas: 2 is 5 in 100 vectors, 3 (default) 3 in 1000, 4 is 6 in
   * 100,000.
   */
  sigmas?: number;
}

/** What a search found, query after query. */
export interface SearchResult {
  /** queries x k ids, best first; -1 where fewer than k vectors were admitted. */
  ids: Float64Array;
  /**
   * queries x k: the estimated cosine (-1..1), inner product, or Euclidean distance of each result; NaN where the id is -1.
   */
  scores: Float32Array;
  /** With `certify`: 1 for each query whose results are certain, else 0. */
  certain?: Uint8Array;
}

const CERTIFY_SIGMAS = 3;

/** What of an index a search needs. */
export interface Searched {
  readonly config: IndexConfig;
  /** null: the id of a slot is its number. */
  readonly ids: IdTable | null;
  /** Called once the queries and k are found right: an index that has no rows yet makes its store then. */
  readonly store: () => Store;
}

/** @throws TypeError or RangeError that names the argument */
export function searchRequest(index: Searched, queries: Float32Array, options: SearchOptions): SearchRequest {
  const given = checkOptions(options);
  const count = checkRows('queries', queries, index.config.dim);
  requireUsableRows('queries', queries, index.config.dim);
  const wanted = checkInteger('k', given.k, 1, MAX_ROWS);
  if (count * wanted > MAX_ROWS)
    throw new RangeError(`k must be at most ${Math.floor(MAX_ROWS / count)} for ${count} queries, got ${wanted}`);
  const store = index.store().snapshot();
  const allowed = given.filter === undefined ? null : slotBitmap(given.filter, store.size, index.ids);
  const certified = given.certify === undefined ? false : checkBoolean('certify', given.certify);
  const sigmas =
    given.sigmas === undefined ? CERTIFY_SIGMAS : checkNumber('sigmas', given.sigmas, 0, Number.POSITIVE_INFINITY);
  const certify = certified ? sigmas : null;
  return { config: index.config, store, queries, wanted, k: Math.min(wanted, store.size), allowed, certify };
}

/** Ids and scores of what was found: at most `request.k` a query, which may be fewer than were wanted. */
export function searchResult(
  request: SearchRequest,
  ids: IdTable | null,
  { found, certain }: SearchAnswer,
): SearchResult {
  const { wanted, config, store } = request;
  const count = request.queries.length / config.dim;
  const result: SearchResult = {
    ids: new Float64Array(count * wanted).fill(-1),
    scores: new Float32Array(count * wanted).fill(Number.NaN),
    ...(certain ? { certain } : {}),
  };
  const idOf = ids?.ids;
  for (let q = 0; q < count; q++) {
    for (let i = 0; i < request.k; i++) {
      const row = found.rows[q * request.k + i];
      if (row >= store.size) break;
      result.ids[q * wanted + i] = idOf ? idOf[row] : row;
      result.scores[q * wanted + i] = scoreOf(config.metric, found.keys[q * request.k + i]);
    }
  }
  return result;
}

/** Scan keys are larger for better rows; scores are the metric's own value. */
function scoreOf(metric: Metric, key: number): number {
  switch (metric) {
    case 'cosine':
      return Math.max(-1, Math.min(1, key));
    case 'ip':
      return key;
    case 'l2':
      return Math.sqrt(Math.max(0, -key));
  }
}
