// SPDX-License-Identifier: Apache-2.0
/** Reads an index file piece by piece, without loading it whole. */
import { platform } from '#platform';
import { kernels } from '../backend.ts';
import { checkInteger, HadaquantFormatError } from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import type { InputFile } from '../platform/platform.ts';
import { type IndexConfig, indexPlan } from './config.ts';
import {
  damaged,
  type IndexShape,
  MAX_HEADER_BYTES,
  parseHeader,
  type SectionEntry,
  type SectionName,
} from './index-file.ts';
import { type Reading, readCenter, readIds, readTags } from './sections.ts';

const PIECE = 1 << 20;

export class IndexReader {
  readonly shape: IndexShape;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly #file: InputFile;
  readonly #entries: SectionEntry[];
  #tags: Uint8Array | undefined;
  #plan: CodecPlan | undefined;

  private constructor(file: InputFile, entries: SectionEntry[], shape: IndexShape) {
    this.#file = file;
    this.bytes = file.size;
    this.#entries = entries;
    this.shape = shape;
  }

  /**
   * @throws HadaquantFormatError if the file is no index, is truncated, or has a damaged header; the error of the file
   *   system if it cannot be read.
   */
  static async open(path: string): Promise<IndexReader> {
    const file = await platform.openFile(path);
    if (!file) throw new HadaquantFormatError('index file: this is no regular file');
    try {
      const start = new Uint8Array(Math.min(file.size, MAX_HEADER_BYTES));
      await readFully(file, start, 0);
      const { shape, entries } = parseHeader(start, file.size);
      const bare = new IndexReader(file, entries, shape);
      return new IndexReader(file, entries, await bare.drive(readCenter(shape)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The codec, built when first needed: it takes memory in proportion to dim, whatever the file holds. */
  get plan(): CodecPlan {
    return (this.#plan ??= indexPlan(this.config));
  }

  get rows(): number {
    return this.shape.rows;
  }

  get dim(): number {
    return this.shape.config.dim;
  }

  get config(): IndexConfig {
    return this.shape.config;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async drive<T>(reading: Reading<T>): Promise<T> {
    for (let step = reading.next(); ; step = reading.next()) {
      if (step.done) return step.value;
      await this.#readSection(...step.value);
    }
  }

  /** Reads a whole section into `target` (of exactly its length) and checks its checksum. */
  async #readSection(name: SectionName, target: Uint8Array): Promise<void> {
    const { offset, length, crc } = this.#entry(name);
    let seen = 0;
    for (let start = 0; start < length; start += PIECE) {
      const piece = target.subarray(start, Math.min(start + PIECE, length));
      await readFully(this.#file, piece, offset + start);
      seen = kernels().crc32c(seen, piece);
    }
    if (seen !== crc) throw damaged(name);
  }

  /** Checks every section's checksum. `onProgress` is told bytes done and in all. */
  async verify(onProgress?: (done: number, total: number) => void): Promise<void> {
    const piece = new Uint8Array(PIECE);
    const total = this.#entries.reduce((sum, { length }) => sum + length, 0);
    let done = 0;
    for (const { name, offset, length, crc } of this.#entries) {
      let seen = 0;
      for (let start = 0; start < length; start += PIECE) {
        const part = piece.subarray(0, Math.min(PIECE, length - start));
        await readFully(this.#file, part, offset + start);
        seen = kernels().crc32c(seen, part);
        done += part.length;
        onProgress?.(done, total);
      }
      if (seen !== crc) throw damaged(name);
    }
  }

  /** The tag of every row: its Hadamard rounds + 4 * its random draw. */
  async tags(): Promise<Uint8Array> {
    return (this.#tags ??= await this.drive(readTags(this.shape, () => this.plan)));
  }

  /** Stored ids, or null if they are 0 .. rows - 1. */
  ids(): Promise<Float64Array | null> {
    return this.drive(readIds(this.shape));
  }

  /**
   * Decoded vectors start .. start + count - 1, count x dim; unit vectors (nearly) for metric 'cosine'. The checksums
   * cover whole sections: call `verify` first to trust them.
   */
  async read(start: number, count: number): Promise<Float32Array> {
    checkInteger('start', start, 0, this.rows);
    checkInteger('count', count, 0, this.rows - start);
    const { dim, config, plan } = this;
    if (count === 0) return new Float32Array(0);
    const codes = new Uint8Array(count * plan.codeBytes);
    const scales = new Uint8Array(count * 4);
    await readFully(this.#file, codes, this.#entry('codes').offset + start * plan.codeBytes);
    await readFully(this.#file, scales, this.#entry('scales').offset + start * 4);
    let residuals: Uint8Array | null = null;
    if (this.#has('residuals')) {
      residuals = new Uint8Array(count * 4);
      await readFully(this.#file, residuals, this.#entry('residuals').offset + start * 4);
    }
    const tags = (await this.tags()).slice(start, start + count);
    const out = new Float32Array(count * dim);
    const columns = { codes, scales, norms: null, tags, residuals, nonces: null, outliers: null, stride: 0 };
    const bad = await kernels().decodeAsync(plan, columns, out);
    if (bad >= 0)
      throw new HadaquantFormatError(`index file: row ${start + bad} has a scale or residual that no encoder writes`);
    const { center } = config;
    if (center) for (let i = 0; i < out.length; i++) out[i] += center[i % dim];
    return out;
  }

  #has(name: SectionName): boolean {
    return this.#entries.some((e) => e.name === name);
  }

  #entry(name: SectionName): SectionEntry {
    const entry = this.#entries.find((e) => e.name === name);
    if (!entry) throw new Error(`this index has no section ${name}`);
    return entry;
  }
}

async function readFully(file: InputFile, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const bytesRead = await file.read(target.subarray(done), position + done);
    if (bytesRead === 0) throw new HadaquantFormatError('index file: truncated while it was read');
    done += bytesRead;
  }
}
