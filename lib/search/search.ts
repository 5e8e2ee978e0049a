// SPDX-License-Identifier: Apache-2.0
/**
 * Runs a search in parts: blocks of queries against ranges of rows. The order of results is total (key, then row), so
 * merging the parts gives the same answer however the work was cut.
 */
import { type AsyncOptions, checkAsyncOptions, runChunks } from '../async.ts';
import { kernels, type ScanJob } from '../backend.ts';
import { chunkRows } from '../codec/quantizer.ts';
import { addReaches, certainResults, prepareReaches, type Reaches } from './certificate.ts';
import type { IndexConfig } from './config.ts';
import { emptyFound, type Found, NO_ROW } from './found.ts';
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
/** Products in one part of asynchronous work: some milliseconds of it. */
const PART_PRODUCTS = { threaded: 1 << 30, inTurn: 1 << 24 };
/** Fewer rows are not worth a part of their own. */
const MIN_PART_ROWS = 2048;

/** Scans for the k best; with reaches for the k best upper bounds. */
function makeJob(
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

function blockQueries(request: SearchRequest, first: number, last: number): Float32Array {
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

/** The same between turns of the event loop. */
async function allReachesAsync(
  { config, store, certify }: SearchRequest,
  signal?: AbortSignal,
): Promise<Reaches | null> {
  if (certify === null) return null;
  const reaches = prepareReaches(store, certify);
  while (reaches.rows < store.size) {
    addReaches(config, store, reaches, chunkRows(config.dim));
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
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

/** The parts of one block of queries that are under way. */
interface OpenBlock {
  readonly block: QueryBlock;
  readonly parts: { found: Found; upper: Found | null }[];
}

export async function searchAllAsync(request: SearchRequest, options: AsyncOptions): Promise<SearchAnswer> {
  const { config, store, k } = request;
  const schedule = checkAsyncOptions(options);
  const count = request.queries.length / config.dim;
  const found = emptyFound(count * k);
  const certain = request.certify === null ? null : new Uint8Array(count).fill(1);
  if (store.size === 0) {
    schedule.signal?.throwIfAborted();
    return { found, certain };
  }
  const reaches = await allReachesAsync(request, schedule.signal);
  const maxRounds = store.maxRounds();
  const blocks = Math.ceil(count / QUERY_BLOCK);
  const products = kernels().threaded ? PART_PRODUCTS.threaded : PART_PRODUCTS.inTurn;
  const work = store.size * config.dim * Math.min(count, QUERY_BLOCK);
  const wanted = Math.max(schedule.threads, Math.ceil(work / products));
  const ranges = Math.max(1, Math.min(wanted, Math.ceil(store.size / MIN_PART_ROWS)));
  const rangeRows = Math.ceil(store.size / ranges);

  const open = new Map<number, OpenBlock>();
  await runChunks(blocks * ranges, 1, schedule, async (part) => {
    const b = Math.floor(part / ranges);
    const first = b * QUERY_BLOCK;
    const last = Math.min(first + QUERY_BLOCK, count);
    let state = open.get(b);
    if (!state) {
      state = { block: queryBlock(config, store.plan, blockQueries(request, first, last), maxRounds), parts: [] };
      open.set(b, state);
    }
    const { block, parts } = state;
    const firstRow = Math.min((part % ranges) * rangeRows, store.size);
    const lastRow = Math.min(firstRow + rangeRows, store.size);
    const best = emptyFound((last - first) * k);
    await kernels().scanAsync(makeJob(request, block, firstRow, lastRow, k, null, best));
    const upper = reaches && emptyFound((last - first) * (k + 1));
    if (upper) await kernels().scanAsync(makeJob(request, block, firstRow, lastRow, k + 1, reaches, upper));
    if (parts.push({ found: best, upper }) < ranges) return;
    open.delete(b);
    const merged = mergeParts(
      parts.map((p) => p.found),
      k,
      last - first,
    );
    found.rows.set(merged.rows, first * k);
    found.keys.set(merged.keys, first * k);
    if (!reaches || !certain) return;
    const bounds = mergeParts(
      parts.map((p) => p.upper as Found),
      k + 1,
      last - first,
    );
    certain.set(certainResults(merged, bounds, k, reaches, block.slacks), first);
  });
  return { found, certain };
}

/** The k best of each of `queries` queries over all parts. */
function mergeParts(parts: readonly Found[], k: number, queries: number): Found {
  const merged = emptyFound(queries * k);
  for (let q = 0; q < queries; q++) mergeQuery(parts, q, k, merged);
  return merged;
}

function mergeQuery(parts: readonly Found[], q: number, k: number, out: Found): void {
  const candidates: { key: number; row: number }[] = [];
  for (const { rows, keys } of parts) {
    for (let i = q * k; i < (q + 1) * k && rows[i] !== NO_ROW; i++) candidates.push({ key: keys[i], row: rows[i] });
  }
  candidates.sort((a, b) => b.key - a.key || a.row - b.row);
  candidates.slice(0, k).forEach(({ key, row }, i) => {
    out.rows[q * k + i] = row;
    out.keys[q * k + i] = key;
  });
}
