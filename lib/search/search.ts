// SPDX-License-Identifier: Apache-2.0
/**
 * Runs a search in parts: blocks of queries against ranges of rows. The order of results is total (key, then row), so
 * merging the parts gives the same answer however the work was cut.
 */
import { type AsyncOptions, checkAsyncOptions, runChunks } from '../async.ts';
import { kernels, type ScanJob } from '../backend.ts';
import type { IndexConfig } from './config.ts';
import { type QueryBlock, queryBlock } from './queries.ts';
import type { Store } from './store.ts';

export interface SearchRequest {
  config: IndexConfig;
  store: Store;
  /** queries x dim */
  queries: Float32Array;
  /** At most the size of the store. */
  k: number;
  /** Bitmap over slots, or null for all. */
  allowed: Uint8Array | null;
}

/** queries x k rows of the store and their keys, best first; row 0xffffffff where there are fewer. */
export interface Found {
  rows: Uint32Array;
  keys: Float64Array;
}

/** Queries whose int8 forms are made and scanned together. */
const QUERY_BLOCK = 64;
/** Products in one part of asynchronous work: some milliseconds of it. */
const PART_PRODUCTS = { threaded: 1 << 27, inTurn: 1 << 22 };
/** Fewer rows are not worth a part of their own. */
const MIN_PART_ROWS = 2048;

const NO_ROW = 0xffffffff;

function makeJob(request: SearchRequest, block: QueryBlock, firstRow: number, lastRow: number, found: Found): ScanJob {
  const { store, k, allowed } = request;
  const { plan, codes, scales, norms, tags, residuals } = store;
  return {
    plan,
    codes,
    scales,
    norms,
    tags,
    residuals,
    reaches: null,
    allowed,
    firstRow,
    lastRow,
    k,
    forms: block.forms,
    queryBias: block.bias,
    gains: block.gains,
    slacks: null,
    rows: found.rows,
    keys: found.keys,
  };
}

function emptyFound(length: number): Found {
  return { rows: new Uint32Array(length).fill(NO_ROW), keys: new Float64Array(length) };
}

function blockQueries(request: SearchRequest, first: number, last: number): Float32Array {
  const { dim } = request.config;
  return request.queries.subarray(first * dim, last * dim);
}

export function searchAll(request: SearchRequest): Found {
  const { config, store, k } = request;
  const count = request.queries.length / config.dim;
  const all = emptyFound(count * k);
  if (store.size === 0) return all;
  const maxRounds = store.maxRounds();
  for (let first = 0; first < count; first += QUERY_BLOCK) {
    const last = Math.min(first + QUERY_BLOCK, count);
    const block = queryBlock(config, store.plan, blockQueries(request, first, last), maxRounds);
    const found = { rows: all.rows.subarray(first * k, last * k), keys: all.keys.subarray(first * k, last * k) };
    kernels().scan(makeJob(request, block, 0, store.size, found));
  }
  return all;
}

export async function searchAllAsync(request: SearchRequest, options: AsyncOptions): Promise<Found> {
  const { config, store, k } = request;
  const schedule = checkAsyncOptions(options);
  const count = request.queries.length / config.dim;
  const all = emptyFound(count * k);
  if (store.size === 0) {
    schedule.signal?.throwIfAborted();
    return all;
  }
  const maxRounds = store.maxRounds();
  const blocks = Math.ceil(count / QUERY_BLOCK);
  const products = kernels().threaded ? PART_PRODUCTS.threaded : PART_PRODUCTS.inTurn;
  const work = store.size * config.dim * Math.min(count, QUERY_BLOCK);
  const wanted = Math.max(schedule.threads, Math.ceil(work / products));
  const ranges = Math.max(1, Math.min(wanted, Math.ceil(store.size / MIN_PART_ROWS)));
  const rangeRows = Math.ceil(store.size / ranges);

  const open = new Map<number, { block: QueryBlock; parts: Found[] }>();
  await runChunks(blocks * ranges, 1, schedule, async (part) => {
    const b = Math.floor(part / ranges);
    const first = b * QUERY_BLOCK;
    const last = Math.min(first + QUERY_BLOCK, count);
    let state = open.get(b);
    if (!state) {
      state = { block: queryBlock(config, store.plan, blockQueries(request, first, last), maxRounds), parts: [] };
      open.set(b, state);
    }
    const firstRow = Math.min((part % ranges) * rangeRows, store.size);
    const lastRow = Math.min(firstRow + rangeRows, store.size);
    const found = emptyFound((last - first) * k);
    await kernels().scanAsync(makeJob(request, state.block, firstRow, lastRow, found));
    if (state.parts.push(found) < ranges) return;
    open.delete(b);
    for (let q = 0; q < last - first; q++) mergeQuery(state.parts, q, k, all, first + q);
  });
  return all;
}

/** Puts the k best of query q over all parts into place `target` of `out`. */
function mergeQuery(parts: readonly Found[], q: number, k: number, out: Found, target: number): void {
  const candidates: { key: number; row: number }[] = [];
  for (const { rows, keys } of parts) {
    for (let i = q * k; i < (q + 1) * k && rows[i] !== NO_ROW; i++) candidates.push({ key: keys[i], row: rows[i] });
  }
  candidates.sort((a, b) => b.key - a.key || a.row - b.row);
  candidates.slice(0, k).forEach(({ key, row }, i) => {
    out.rows[target * k + i] = row;
    out.keys[target * k + i] = key;
  });
}
