// SPDX-License-Identifier: Apache-2.0
/** Runs a search: blocks of queries against all rows. search-async.ts has the one that threads share. */
import { kernels, type ScanJob } from '../backend.ts';
import { chunkRows } from '../codec/quantizer.ts';
import { addReaches, certainResults, prepareReaches, type Reaches } from './certificate.ts';
import type { IndexConfig } from './config.ts';
import { emptyFound, type Found } from './found.ts';
import { type QueryBlock, queryBlock } from './queries.ts';
import type { Store } from './store.ts';

export interface SearchRequest {
  config: IndexConfig;
  store: Store;
  /** queries x dim */
  queries: Float32Array;
  /** Results a query that the caller asked for. */
  wanted: number;
  /** The same, but at most the size of the store. */
  k: number;
  /** Bitmap over slots, or null for all. */
  allowed: Uint8Array | null;
  /** Standard deviations at which results are to be certified, or null. */
  certify: number | null;
}

/** What was found, and with `certify` one flag a query. */
export interface SearchAnswer {
  found: Found;
  certain: Uint8Array | null;
}

/** Queries whose int8 forms are made and scanned together. */
const QUERY_BLOCK = 64;

/** Scans for the k best; with reaches for the k best upper bounds. */
export function makeJob(
  request: SearchRequest,
  block: QueryBlock,
  firstRow: number,
  lastRow: number,
  k: number,
  reaches: Reaches | null,
  found: Found,
): ScanJob {
  const { plan, codes, scales, norms, tags, residuals } = request.store;
  return {
    plan,
    codes,
    scales,
    norms,
    tags,
    residuals,
    reaches: reaches && reaches.values,
    allowed: request.allowed,
    firstRow,
    lastRow,
    k,
    forms: block.forms,
    queryBias: block.bias,
    gains: block.gains,
    slacks: reaches && block.slacks,
    rows: found.rows,
    keys: found.keys,
  };
}

export function blockQueries(request: SearchRequest, first: number, last: number): Float32Array {
  const { dim } = request.config;
  return request.queries.subarray(first * dim, last * dim);
}

/** Bounds of the errors of all rows, or null without `certify`. */
function allReaches({ config, store, certify }: SearchRequest): Reaches | null {
  if (certify === null) return null;
  const reaches = prepareReaches(store, certify);
  while (reaches.rows < store.size) addReaches(config, store, reaches, chunkRows(config.dim));
  return reaches;
}

export function searchAll(request: SearchRequest): SearchAnswer {
  const { config, store, k } = request;
  const count = request.queries.length / config.dim;
  const found = emptyFound(count * k);
  const certain = request.certify === null ? null : new Uint8Array(count).fill(1);
  if (store.size === 0) return { found, certain };
  const reaches = allReaches(request);
  const maxRounds = store.maxRounds();
  for (let first = 0; first < count; first += QUERY_BLOCK) {
    const last = Math.min(first + QUERY_BLOCK, count);
    const block = queryBlock(config, store.plan, blockQueries(request, first, last), maxRounds);
    const part = { rows: found.rows.subarray(first * k, last * k), keys: found.keys.subarray(first * k, last * k) };
    kernels().scan(makeJob(request, block, 0, store.size, k, null, part));
    if (!reaches || !certain) continue;
    const upper = emptyFound((last - first) * (k + 1));
    kernels().scan(makeJob(request, block, 0, store.size, k + 1, reaches, upper));
    certain.set(certainResults(part, upper, k, reaches, block.slacks), first);
  }
  return { found, certain };
}
