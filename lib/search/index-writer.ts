// SPDX-License-Identifier: Apache-2.0
/** Writes an index file from a stream of vectors, without holding them: for collections larger than memory. */
import { type AsyncOptions, ChunkMemory, checkAsyncOptions, chunkView, runChunks } from '../async.ts';
import type { Columns } from '../backend.ts';
import { bytesOf } from '../bytes.ts';
import { checkInteger, checkRows } from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { chunkRows } from '../codec/quantizer.ts';
import { type IndexConfig, type IndexOptions, indexConfig, indexPlan } from './config.ts';
import { drawsOfTags, type IndexShape, MAX_ROWS, packRounds } from './index-file.ts';
import { encodeRowsAsync, newColumns } from './row-encoder.ts';
import { SectionWriter } from './section-writer.ts';

export class IndexWriter {
  readonly config: IndexConfig;
  readonly #shape: IndexShape;
  readonly #plan: CodecPlan;
  readonly #writer: SectionWriter;
  readonly #tags: Uint8Array;
  #done = 0;
  #last: Promise<void> = Promise.resolve();

  private constructor(shape: IndexShape, plan: CodecPlan, writer: SectionWriter) {
    this.config = shape.config;
    this.#shape = shape;
    this.#plan = plan;
    this.#writer = writer;
    this.#tags = new Uint8Array(shape.rows);
  }

  /**
   * @param rows how many vectors will be appended in all
   * @throws TypeError or RangeError that names the option; errors of the file system
   */
  static async create(
    path: string,
    options: IndexOptions & { center?: Float32Array | null },
    rows: number,
  ): Promise<IndexWriter> {
    const config = indexConfig(options, options.center ?? null);
    checkInteger('rows', rows, 0, MAX_ROWS);
    const shape = {
      config,
      rows,
      storedCenter: config.center !== null,
      storedIds: false,
      nextId: rows,
      meanPending: false,
    };
    const plan = indexPlan(config);
    const writer = await SectionWriter.create(path, shape);
    try {
      if (config.center) await writer.write('center', bytesOf(config.center));
      return new IndexWriter(shape, plan, writer);
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** Encodes and writes the next vectors; calls that overlap are done one after the other. @param x rows x dim float32 */
  append(x: Float32Array, options?: AsyncOptions): Promise<void> {
    const result = this.#last.then(() => this.#append(x, options));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #append(x: Float32Array, options?: AsyncOptions): Promise<void> {
    const { dim } = this.config;
    const rows = checkRows('x', x, dim);
    checkInteger('rows in all', this.#done + rows, 0, this.#shape.rows);
    const step = chunkRows(dim);
    const parts: Columns[] = new Array(Math.ceil(rows / step));
    const memory = new ChunkMemory<Float32Array>(Float32Array);
    await runChunks(rows, step, checkAsyncOptions(options), async (start, end) => {
      const chunk = chunkView('x', x, rows * dim, start * dim, end * dim);
      const columns = newColumns(this.config, this.#plan, end - start);
      const given = { name: 'x', x: chunk, firstRow: start };
      await encodeRowsAsync(this.config, this.#plan, given, this.#done + start, columns, memory);
      parts[start / step] = columns;
    });
    for (const { codes, scales, norms, tags, residuals } of parts) {
      await this.#writer.write('codes', codes);
      await this.#writer.write('scales', scales);
      if (norms) await this.#writer.write('norms', norms);
      if (residuals) await this.#writer.write('residuals', residuals);
      this.#tags.set(tags, this.#done);
      this.#done += tags.length;
    }
  }

  /** Completes the file and puts it in its place. */
  async finish(): Promise<{ bytes: number }> {
    try {
      checkInteger('rows in all', this.#done, this.#shape.rows, this.#shape.rows);
      await this.#writer.write('rounds', packRounds(this.#tags));
      if (this.#plan.dither === 'row') await this.#writer.write('draws', drawsOfTags(this.#tags));
      await this.#writer.finish();
    } catch (error) {
      await this.abort();
      throw error;
    }
    return { bytes: this.#writer.bytes };
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#writer.abort();
  }
}
