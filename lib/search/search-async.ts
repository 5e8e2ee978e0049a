// SPDX-License-Identifier: Apache-2.0
/**
 * A search that threads share, in parts: blocks of queries against ranges of rows. The order of results is total (key,
 * then row), so merging the parts gives the same answer however the work was cut.
 */
import { platform } from '#platform';
import { type AsyncOptions, checkAsyncOptions, type Schedule } from '../async.ts';
import { kernels, type ScanJob, type ScanParts } from '../backend.ts';
import { chunkRows } from '../codec/quantizer.ts';
import { partCount, rangeCount } from '../scan-parts.ts';
import { addReaches, certainResults, prepareReaches, type Reaches } from './certificate.ts';
import { emptyFound, type Found, NO_ROW } from './found.ts';
import { type QueryBlock, queryBlock } from './queries.ts';
import { blockQueries, makeJob, type SearchAnswer, type SearchRequest } from './search.ts';

/** Products in one part: some milliseconds of work. */
const PART_PRODUCTS = { threaded: 2 ** 30, inTurn: 2 ** 24 };
/** Parts for each thread at least, so that one that begins late does less. More ranges make more work: the k best are found in each. */
const THREAD_PARTS = 4;
/** Fewer rows are not worth a part of their own. */
const MIN_PART_ROWS = 2048;
/** Milliseconds for which a thread takes parts before others may have it. */
const TURN = 50;
/** Queries in one part. */
const PART_QUERIES = 32;
/**
 * Queries whose forms are made at once, while threads scan for those before: few at first, so that threads begin soon,
 * then many, fewer if they and their results take much.
 */
const FIRST_QUERIES = 2 * PART_QUERIES;
const BATCH_QUERIES = 16 * FIRST_QUERIES;
const BATCH_BYTES = 2 ** 25;

/** How all batches of a search are cut. */
interface Cut {
  rangeRows: number;
  ranges: number;
  /** Of every batch but the first and the last. */
  batchQueries: number;
}

function cutOf({ config, store, k }: SearchRequest, count: number, threads: number): Cut {
  const { threaded } = kernels();
  const together = Math.min(count, PART_QUERIES);
  const wanted = Math.max(
    ((threaded ? THREAD_PARTS : 1) * threads * PART_QUERIES) / Math.max(count, PART_QUERIES),
    (store.size * config.dim * together) / (threaded ? PART_PRODUCTS.threaded : PART_PRODUCTS.inTurn),
  );
  const rangeRows = Math.ceil(store.size / Math.ceil(Math.min(wanted, store.size / MIN_PART_ROWS)));
  const ranges = rangeCount(0, store.size, rangeRows);
  const queryBytes = 3 * store.plan.formBytes + 12 * ranges * Math.min(k, rangeRows);
  const most = Math.floor(BATCH_BYTES / (FIRST_QUERIES * queryBytes)) * FIRST_QUERIES;
  return { rangeRows, ranges, batchQueries: Math.max(FIRST_QUERIES, Math.min(most, BATCH_QUERIES)) };
}

/** One scan of all rows for the queries of a batch. */
class SharedScan {
  readonly #job: ScanJob;
  readonly #parts: ScanParts;
  readonly #ranges: number;
  readonly #k: number;
  readonly total: number;

  constructor(
    request: SearchRequest,
    { rangeRows, ranges }: Cut,
    block: QueryBlock,
    k: number,
    reaches: Reaches | null,
  ) {
    // no range has more results than rows
    const best = Math.min(k, rangeRows);
    const found = emptyFound(ranges * block.bias.length * best);
    this.#job = makeJob(request, block, 0, request.store.size, best, reaches, found);
    const { threaded } = kernels();
    const progress = new Uint32Array(threaded ? new SharedArrayBuffer(8) : new ArrayBuffer(8));
    this.#parts = { rows: rangeRows, queries: PART_QUERIES, turn: TURN, progress };
    this.#ranges = ranges;
    this.#k = k;
    this.total = partCount(this.#job, this.#parts);
  }

  /** Takes parts for a turn. */
  run(): Promise<void> {
    return kernels().scanAsync(this.#job, this.#parts);
  }

  /** No part is left to take. */
  get taken(): boolean {
    return Atomics.load(this.#parts.progress, 0) >= this.total;
  }

  /** Parts done. */
  get done(): number {
    return Atomics.load(this.#parts.progress, 1);
  }

  stop(): void {
    Atomics.store(this.#parts.progress, 0, this.total);
  }

  /** The k best of each query over all ranges. */
  found(): Found {
    const { rows, keys, queryBias, k: best } = this.#job;
    const queries = queryBias.length;
    if (this.#ranges === 1 && best === this.#k) return { rows, keys };
    const merged = emptyFound(queries * this.#k);
    const heads = new Uint32Array(this.#ranges);
    for (let q = 0; q < queries; q++) {
      for (let range = 0; range < this.#ranges; range++) heads[range] = (range * queries + q) * best;
      for (let i = q * this.#k; i < (q + 1) * this.#k; i++) {
        let next = -1;
        // rows of later ranges are larger: equal keys stay in order
        for (let range = 0; range < this.#ranges; range++) {
          const head = heads[range];
          if (head === (range * queries + q + 1) * best || rows[head] === NO_ROW) continue;
          if (next < 0 || keys[head] > keys[heads[next]]) next = range;
        }
        if (next < 0) break;
        merged.rows[i] = rows[heads[next]];
        merged.keys[i] = keys[heads[next]++];
      }
    }
    return merged;
  }
}

/** Some queries: a scan for the k best, and with `certify` one for the k + 1 best upper bounds. */
interface Batch {
  readonly first: number;
  readonly block: QueryBlock;
  readonly scans: SharedScan[];
}

/** Bounds of the errors of all rows, or null without `certify`, between turns of the event loop. */
async function allReaches(request: SearchRequest, signal?: AbortSignal): Promise<Reaches | null> {
  const { config, store, certify } = request;
  if (certify === null) return null;
  const reaches = prepareReaches(store, certify);
  while (reaches.rows < store.size) {
    addReaches(config, store, reaches, chunkRows(config.dim));
    await platform.turn();
    signal?.throwIfAborted();
  }
  return reaches;
}

/** The scans of a search one after the other, each made when it is needed and forgotten when it is done. */
class Search {
  readonly #request: SearchRequest;
  readonly #reaches: Reaches | null;
  readonly #count: number;
  readonly #cut: Cut;
  readonly #maxRounds: number;
  readonly #batches = new Map<number, Batch>();
  readonly answer: SearchAnswer;
  readonly scans: number;
  readonly parts: number;
  #partsOfEnded = 0;

  constructor(request: SearchRequest, reaches: Reaches | null, threads: number) {
    const { config, store, k } = request;
    this.#request = request;
    this.#reaches = reaches;
    this.#count = request.queries.length / config.dim;
    this.#cut = cutOf(request, this.#count, threads);
    this.#maxRounds = store.maxRounds();
    this.answer = { found: emptyFound(this.#count * k), certain: reaches && new Uint8Array(this.#count) };
    const later = Math.ceil(Math.max(0, this.#count - FIRST_QUERIES) / this.#cut.batchQueries);
    this.scans = (1 + later) * this.#passes;
    // every batch but the last has whole parts
    this.parts = Math.ceil(this.#count / PART_QUERIES) * this.#cut.ranges * this.#passes;
  }

  get #passes(): number {
    return this.#reaches ? 2 : 1;
  }

  get partsDone(): number {
    let done = this.#partsOfEnded;
    for (const { scans } of this.#batches.values()) for (const scan of scans) done += scan.done;
    return done;
  }

  scan(index: number): SharedScan {
    const number = Math.floor(index / this.#passes);
    const batch = this.#batches.get(number) ?? this.#makeBatch(number);
    return batch.scans[index % this.#passes];
  }

  #firstQuery(number: number): number {
    return number && Math.min(FIRST_QUERIES + (number - 1) * this.#cut.batchQueries, this.#count);
  }

  #makeBatch(number: number): Batch {
    const request = this.#request;
    const first = this.#firstQuery(number);
    const last = this.#firstQuery(number + 1);
    const block = queryBlock(request.config, request.store.plan, blockQueries(request, first, last), this.#maxRounds);
    const scans = [new SharedScan(request, this.#cut, block, request.k, null)];
    if (this.#reaches) scans.push(new SharedScan(request, this.#cut, block, request.k + 1, this.#reaches));
    const batch = { first, block, scans };
    this.#batches.set(number, batch);
    return batch;
  }

  /** To be called whenever a turn has ended, once for each scan at least when all its parts are done. */
  settle(): void {
    const { found, certain } = this.answer;
    const { k } = this.#request;
    for (const [number, { first, block, scans }] of this.#batches) {
      if (scans.some((scan) => scan.done < scan.total)) continue;
      this.#batches.delete(number);
      for (const scan of scans) this.#partsOfEnded += scan.total;
      const best = scans[0].found();
      found.rows.set(best.rows, first * k);
      found.keys.set(best.keys, first * k);
      if (!this.#reaches || !certain) continue;
      certain.set(certainResults(best, scans[1].found(), k, this.#reaches, block.slacks), first);
    }
  }

  /** No further part is taken. */
  stop(): void {
    for (const { scans } of this.#batches.values()) for (const scan of scans) scan.stop();
  }
}

/** Runs all scans, `threads` calls at a time. Rejects only when no call is in flight any more. */
async function runScans(search: Search, { threads, signal, onProgress }: Schedule): Promise<void> {
  let current = 0;
  let told = 0;
  let failure: { error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    search.stop();
  };
  const lane = async () => {
    while (current < search.scans && !failure) {
      const index = current;
      try {
        const scan = search.scan(index);
        const turn = scan.run();
        try {
          // made meanwhile
          if (index + 1 < search.scans) search.scan(index + 1);
        } finally {
          await turn;
        }
        if (scan.taken && current === index) current++;
        search.settle();
        if (search.partsDone > told && !failure) {
          told = search.partsDone;
          onProgress?.(told, search.parts);
        }
      } catch (error) {
        fail(error);
      }
    }
  };
  const abort = () => fail(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  try {
    await Promise.all(Array.from({ length: Math.min(threads, search.parts) }, lane));
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  if (failure) throw failure.error;
}

export async function searchAllAsync(request: SearchRequest, options: AsyncOptions): Promise<SearchAnswer> {
  const { config, store, k, queries, certify } = request;
  const schedule = checkAsyncOptions(options);
  if (store.size === 0) {
    schedule.signal?.throwIfAborted();
    const count = queries.length / config.dim;
    return { found: emptyFound(count * k), certain: certify === null ? null : new Uint8Array(count).fill(1) };
  }
  const search = new Search(request, await allReaches(request, schedule.signal), schedule.threads);
  await runScans(search, schedule);
  return search.answer;
}
