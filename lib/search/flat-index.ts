// SPDX-License-Identifier: Apache-2.0
import { type AsyncOptions, checkAsyncOptions } from '../async.ts';
import { checkOptions, checkRows, HadaquantFormatError, rangeError, typeError } from '../check.ts';
import type { CodecPlan, FixedSizeCodecName, Rounds } from '../codec/codec.ts';
import type { GridName } from '../codec/grids.ts';
import type { Seed } from '../random.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { appendRows, encodeApart } from './append.ts';
import { type IndexConfig, type IndexOptions, indexConfig, indexPlan } from './config.ts';
import { type IdList, isIdList } from './filter.ts';
import { IdTable } from './id-table.ts';
import { ByteReader, indexBytes } from './index-bytes.ts';
import { type IndexShape, layout, MAX_ROWS } from './index-file.ts';
import { IndexReader } from './index-reader.ts';
import { meanAsync, RowMean } from './mean.ts';
import type { Metric } from './metric.ts';
import { newIds } from './new-ids.ts';
import { type Searched, type SearchOptions, type SearchResult, searchRequest, searchResult } from './request.ts';
import { searchAll } from './search.ts';
import { searchAllAsync } from './search-async.ts';
import { SectionWriter } from './section-writer.ts';
import { readRows, sectionsOf } from './sections.ts';
import { Store } from './store.ts';

/** One more than the largest id. */
const ID_LIMIT = 2 ** 53;

/** What a `FlatIndex` is made of. */
export interface FlatIndexOptions extends IndexOptions {
  /**
   * Subtracted from every vector before coding, which sharpens distances (metric 'l2') of data that is not centred; for
   * 'cosine' and 'ip', where the query stays as it is, it changes little (docs/choosing.md). 'mean': the mean of
   * the first vectors added, or of the sample given to `fit`. For metric 'cosine' it is the mean of normalised vectors.
   * Default: none.
   */
  center?: Float32Array | 'mean';
}

/** Options of `FlatIndex.addAsync`. */
export interface AddOptions {
  /** One new id a row. Default: counting on from the largest id so far (0 at first). */
  ids?: IdList;
}

/** Rows that a call may add, all checks but those of their numbers done. */
interface Addition {
  readonly rows: number;
  /** null: counting on. */
  readonly ids: Float64Array | null;
}

/**
 * Exhaustive nearest-neighbour search over compressed vectors: every query is compared with every code, at the speed of
 * reading them. A vector takes dim * bits / 8 bytes and 4 more (8 for 'l2'); the vectors themselves are not kept.
 *
 * @example
 * const index = new FlatIndex({ dim: 512, bits: 4, center: 'mean' });
 * index.add(embeddings);                          // rows x 512 float32; ids 0, 1, 2, ...
 * const { ids, scores } = index.search(queries, { k: 10 });
 * await index.save('corpus.hq');
 */
export class FlatIndex {
  #config: IndexConfig;
  #meanPending: boolean;
  #plan: CodecPlan | undefined;
  #store: Store | undefined;
  /** null: the id of a slot is its number. */
  #ids: IdTable | null = null;
  #nextId = 0;
  /** True while `addAsync` is under way. */
  #adding = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: FlatIndexOptions) {
    const { center } = checkOptions(options);
    if (typeof center === 'string' && center !== 'mean') throw rangeError('center', "a Float32Array or 'mean'", center);
    this.#meanPending = center === 'mean';
    this.#config = indexConfig(options, center === undefined || center === 'mean' ? null : center);
  }

  /** Coordinates of a vector. */
  get dim(): number {
    return this.#config.dim;
  }
  /** Bits a coordinate. */
  get bits(): number {
    return this.#config.bits;
  }
  /** What vectors are compared by. */
  get metric(): Metric {
    return this.#config.metric;
  }
  /** How coordinates are coded. */
  get codec(): FixedSizeCodecName {
    return this.#config.codec;
  }
  /** Codec 'vq': its grid; null for the others. */
  get grid(): GridName | null {
    return this.#config.grid;
  }
  /** Hadamard transforms a vector. */
  get rounds(): Rounds {
    return this.#config.rounds;
  }
  /** Of the rotation. */
  get seed(): Seed {
    return this.#config.seed;
  }
  /** A copy of the center, or null while there is none. */
  get center(): Float32Array | null {
    return this.#config.center && this.#config.center.slice();
  }

  /** Vectors in the index. */
  get size(): number {
    return this.#store?.size ?? 0;
  }

  /** Bytes that `save` writes: everything stored, header and checksums included. */
  get bytes(): number {
    return layout(this.#shape()).bytes;
  }

  /**
   * Settles the center of `center: 'mean'` from a sample before the first add.
   * @param sample rows x dim float32, finite
   * @throws TypeError for a wrong type; RangeError for a wrong length, numbers that are not finite, or an index that waits for
   *   no mean
   */
  fit(sample: Float32Array): void {
    this.#requireStill('fit');
    if (!this.#meanPending) throw new RangeError("fit needs an index with center: 'mean' that has no vectors yet");
    checkRows('sample', sample, this.dim);
    requireUsableRows('sample', sample, this.dim);
    this.#config = this.#withMean(sample);
    this.#meanPending = false;
  }

  /**
   * Adds vectors. Blocks the event loop: see `addAsync`.
   * @param vectors rows x dim float32, finite
   * @param ids one new id a row. Default: counting on from the largest id so far (0 at first).
   * @throws TypeError for a wrong type; RangeError for a NaN, an infinity, a norm beyond float32, a wrong length, an id that is
   *   no safe integer, stands twice or is in the index already, or more than 2^32 - 1 vectors in all. Nothing is added then.
   */
  add(vectors: Float32Array, ids?: IdList): void {
    const addition = this.#checkAddition('add', vectors, ids);
    if (this.#meanPending) requireUsableRows('vectors', vectors, this.dim); // before they spoil the mean
    const settled = this.#meanPending ? this.#withMean(vectors) : this.#config;
    const store = this.#ensureStore().withRoom(addition.rows);
    appendRows(settled, store, vectors, addition.rows);
    this.#commit(addition, settled, store);
  }

  /**
   * `add` off the event loop, in chunks that `threads` share. The vectors show all at once when the promise resolves; if it
   * rejects, the index is as it was. Searches and `save` go on meanwhile, without them; `add`, `addAsync`, `remove` and
   * `fit` throw until the promise has settled. `vectors` may be changed or transferred then, not before; `ids` may at once.
   */
  async addAsync(vectors: Float32Array, options?: AddOptions & AsyncOptions): Promise<void> {
    const given = checkOptions(options);
    const schedule = checkAsyncOptions(given);
    const addition = this.#checkAddition('addAsync', vectors, given.ids);
    this.#adding = true;
    try {
      const settled = this.#meanPending
        ? { ...this.#config, center: await meanAsync('vectors', vectors, this.dim, this.metric, schedule.signal) }
        : this.#config;
      const store = this.#ensureStore();
      const apart = await encodeApart(settled, store, vectors, addition.rows, schedule);
      // the first rows of an index are its store as they are
      const target = store.size === 0 ? apart : store.withRoom(addition.rows);
      if (target !== apart) target.putBehind(apart, addition.rows);
      this.#commit(addition, settled, target);
    } finally {
      this.#adding = false;
    }
  }

  /**
   * Removes vectors by id; ids that are not in the index are ignored.
   * @returns how many were removed
   * @throws TypeError if `ids` is neither an id nor a list of ids; Error while `addAsync` is under way
   */
  remove(ids: number | IdList): number {
    if (typeof ids !== 'number' && !isIdList(ids)) throw typeError('ids', 'an id or a list of ids', ids);
    const list = typeof ids === 'number' ? [ids] : ids;
    for (const id of list) if (typeof id !== 'number') throw typeError('ids', 'a list of numbers', id);
    this.#requireStill('remove');
    let removed = 0;
    for (const id of list) {
      if (!this.has(id)) continue;
      if (removed === 0) this.#unshare();
      const store = this.#store as Store;
      this.#ids ??= IdTable.identity(store.size);
      const slot = this.#ids.slotOf(id);
      this.#ids.removeSlot(slot);
      store.removeSlot(slot);
      removed++;
    }
    return removed;
  }

  /** True if a vector of this id is in the index. @throws TypeError if it is no number */
  has(id: number): boolean {
    if (typeof id !== 'number') throw typeError('id', 'a number', id);
    if (!Number.isSafeInteger(id) || id < 0) return false;
    return this.#ids ? this.#ids.slotOf(id) >= 0 : id < this.size;
  }

  /**
   * The k best vectors for each query, by estimates from their codes. Blocks the event loop: see `searchAsync`.
   * @param queries rows x dim float32, finite
   * @throws TypeError for a wrong type; RangeError for a wrong length, a query that is not finite, or a k out of range
   */
  search(queries: Float32Array, options: SearchOptions): SearchResult {
    const request = searchRequest(this.#searched(), queries, options);
    return searchResult(request, this.#ids, searchAll(request));
  }

  /**
   * `search` off the event loop, in parts that `threads` share. The index may be changed meanwhile: the result is that of
   * the moment of the call. The promise rejects with the errors of `search`, or with the reason of `signal`.
   */
  async searchAsync(queries: Float32Array, options: SearchOptions & AsyncOptions): Promise<SearchResult> {
    const held = this.#ensureStore();
    const checked = searchRequest(this.#searched(), queries, options);
    // the caller may change or detach its array while this goes on
    const request = { ...checked, queries: new Float32Array(queries) };
    const ids = this.#ids;
    held.readers++;
    try {
      const answer = await searchAllAsync(request, options);
      return searchResult(request, ids, answer);
    } finally {
      held.readers--;
    }
  }

  /**
   * Writes the index to a file (FORMAT.md, section 2): whole or not at all (temporary file, flush, rename). The index may be
   * changed meanwhile: the file holds the state of the moment of the call. Rejects with the error of the file system if it
   * cannot be written.
   */
  async save(path: string): Promise<void> {
    if (typeof path !== 'string') throw typeError('path', 'a string', path);
    const shape = this.#shape();
    const held = this.#ensureStore();
    const store = held.snapshot();
    const ids = this.#ids?.ids;
    held.readers++;
    try {
      const writer = await SectionWriter.create(path, shape);
      try {
        for (const [name, bytes] of sectionsOf(shape, store, ids)) await writer.write(name, bytes);
        await writer.finish();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    } finally {
      held.readers--;
    }
  }

  /**
   * Opens a saved index.
   * @throws HadaquantFormatError if the file is no index or any part of it is damaged; the error of the file system if it
   *   cannot be read.
   */
  static async open(path: string): Promise<FlatIndex> {
    if (typeof path !== 'string') throw typeError('path', 'a string', path);
    const reader = await IndexReader.open(path);
    try {
      const index = FlatIndex.#empty(reader.shape);
      if (reader.rows > 0) index.#take(await reader.drive(readRows(reader.shape, reader.plan)));
      return index;
    } finally {
      await reader.close();
    }
  }

  /**
   * The bytes of the file that `save` would write, for where there are no files: browsers, edge workers, a database. Blocks
   * the event loop for about as long as copying the index takes.
   * @throws RangeError where there is no memory for them
   */
  toBytes(): Uint8Array {
    const shape = this.#shape();
    return indexBytes(shape, sectionsOf(shape, this.#ensureStore(), this.#ids?.ids));
  }

  /**
   * The index whose file these bytes are (`toBytes`, or what `save` has written). They are copied.
   * @throws TypeError for anything but a Uint8Array; HadaquantFormatError if they are no index or any part of them is damaged.
   */
  static fromBytes(bytes: Uint8Array): FlatIndex {
    const reader = new ByteReader(bytes);
    const { shape } = reader;
    const index = FlatIndex.#empty(shape);
    if (shape.rows > 0) index.#take(reader.drive(readRows(shape, indexPlan(shape.config))));
    return index;
  }

  /** An index of this shape, before its rows. */
  static #empty({ config, nextId, meanPending, rows }: IndexShape): FlatIndex {
    const { center, grid, ...options } = config;
    const index = new FlatIndex({
      ...options,
      ...(grid ? { grid } : {}),
      ...(meanPending ? { center: 'mean' } : center ? { center } : {}),
    });
    index.#nextId = nextId;
    if (meanPending && rows > 0) throw new HadaquantFormatError('index file: vectors, but a mean to come');
    return index;
  }

  #take({ store, ids }: { store: Store; ids: IdTable | null }): void {
    this.#plan = store.plan;
    this.#store = store;
    this.#ids = ids;
  }

  #shape(): IndexShape {
    return {
      config: this.#config,
      rows: this.size,
      storedCenter: this.#config.center !== null,
      storedIds: this.#ids !== null && this.size > 0,
      nextId: this.#nextId,
      meanPending: this.#meanPending,
    };
  }

  #ensureStore(): Store {
    this.#plan ??= indexPlan(this.#config);
    return (this.#store ??= new Store(this.#plan, this.metric === 'l2'));
  }

  #searched(): Searched {
    return { config: this.#config, ids: this.#ids, store: () => this.#ensureStore() };
  }

  /** Before rows change in place: leaves the arrays to whoever reads them. */
  #unshare(): void {
    if (!this.#store?.readers) return;
    this.#store = this.#store.clone();
    this.#ids = this.#ids && this.#ids.clone();
  }

  /** Rows and ids are numbered by what is there when they are checked: nothing may change until they are added. */
  #requireStill(what: string): void {
    if (this.#adding) throw new Error(`${what} must wait until addAsync of this index has settled`);
  }

  #checkAddition(what: string, vectors: Float32Array, ids: IdList | undefined): Addition {
    const rows = checkRows('vectors', vectors, this.dim);
    this.#requireStill(what);
    if (this.size + rows > MAX_ROWS) throw new RangeError(`an index holds at most ${MAX_ROWS} vectors`);
    const fresh = ids === undefined ? null : newIds(ids, rows, (id) => this.has(id));
    if (!fresh && rows > ID_LIMIT - this.#nextId) {
      throw new RangeError(`ids must be given: counting on from ${this.#nextId - 1} would pass 2^53 - 1`);
    }
    return { rows, ids: fresh };
  }

  /** Makes rows count that have been encoded behind the last. Every check is behind us: only memory for ids can run out. */
  #commit({ rows, ids }: Addition, settled: IndexConfig, store: Store): void {
    this.#config = settled;
    this.#meanPending = false;
    this.#store = store;
    if (!this.#ids && (ids || this.#nextId !== store.size)) this.#ids = IdTable.identity(store.size);
    if (this.#ids) for (let r = 0; r < rows; r++) this.#ids.append(ids ? ids[r] : this.#nextId + r);
    const largest = ids ? ids.reduce((a, b) => Math.max(a, b), -1) : this.#nextId + rows - 1;
    this.#nextId = Math.max(this.#nextId, largest + 1);
    store.size += rows;
  }

  #withMean(sample: Float32Array): IndexConfig {
    const mean = new RowMean(this.dim, this.metric);
    mean.add(sample);
    return { ...this.#config, center: mean.mean() };
  }
}
