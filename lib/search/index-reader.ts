// SPDX-License-Identifier: Apache-2.0
/** Reads an index file piece by piece, without loading it whole. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { kernels } from '../backend.ts';
import { bytesOf } from '../bytes.ts';
import { checkInteger, HadaquantFormatError } from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { type IndexConfig, indexPlan } from './config.ts';
import {
  type IndexShape,
  MAX_HEADER_BYTES,
  parseHeader,
  type SectionEntry,
  type SectionName,
  unpackRounds,
} from './index-file.ts';

const PIECE = 1 << 20;

export class IndexReader {
  readonly shape: IndexShape;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly #file: FileHandle;
  readonly #entries: SectionEntry[];
  #tags: Uint8Array | undefined;
  #plan: CodecPlan | undefined;

  private constructor(
    file: FileHandle,
    bytes: number,
    header: ReturnType<typeof parseHeader>,
    center: Float32Array | null,
  ) {
    this.#file = file;
    this.bytes = bytes;
    this.#entries = header.entries;
    this.shape = { ...header.shape, config: { ...header.shape.config, center } };
  }

  /**
   * @throws HadaquantFormatError if the file is no index, is truncated, or has a damaged header; the error of the file
   *   system if it cannot be read.
   */
  static async open(path: string): Promise<IndexReader> {
    // opening a pipe would wait for a writer
    if (!(await stat(path)).isFile()) throw new HadaquantFormatError('index file: this is no regular file');
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = new Uint8Array(Math.min(size, MAX_HEADER_BYTES));
      await readFully(file, start, 0);
      const header = parseHeader(start, size);
      const bare = new IndexReader(file, size, header, null);
      if (!header.shape.storedCenter) return bare;
      const center = new Float32Array(header.shape.config.dim);
      await bare.readSection('center', bytesOf(center));
      if (kernels().firstUnusableRow(center, center.length) >= 0)
        throw new HadaquantFormatError('index file: its center is not finite, or its norm is beyond float32');
      return new IndexReader(file, size, header, center);
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

  /** Reads a whole section into `target` (of exactly its length) and checks its checksum. */
  async readSection(name: SectionName, target: Uint8Array): Promise<void> {
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
    if (!this.#tags) {
      const packed = new Uint8Array(this.#entry('rounds').length);
      await this.readSection('rounds', packed);
      const tags = unpackRounds(packed, this.rows);
      if (this.#has('draws')) {
        const draws = new Uint8Array(this.rows);
        await this.readSection('draws', draws);
        for (let i = 0; i < this.rows; i++) {
          if (draws[i] >= this.plan.draws) throw new HadaquantFormatError(`index file: row ${i} has no such draw`);
          tags[i] |= draws[i] << 2;
        }
      }
      this.#tags = tags;
    }
    return this.#tags;
  }

  /** Stored ids, or null if they are 0 .. rows - 1. */
  async ids(): Promise<Float64Array | null> {
    if (!this.shape.storedIds) return null;
    const ids = new Float64Array(this.rows);
    await this.readSection('ids', bytesOf(ids));
    return ids;
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

function damaged(name: SectionName): HadaquantFormatError {
  return new HadaquantFormatError(`index file: damaged ${name} (checksum)`);
}

async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new HadaquantFormatError('index file: truncated while it was read');
    done += bytesRead;
  }
}
