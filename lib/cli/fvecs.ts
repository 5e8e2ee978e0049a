// SPDX-License-Identifier: Apache-2.0
/** .fvecs files (TEXMEX: SIFT1M, GIST1M): each row is an int32 dim and then dim float32, little-endian, no header. */

import { bytesOf } from '../bytes.ts';
import { MAX_DIM } from '../check.ts';
import { AtomicFile } from '../platform/atomic-file.ts';
import { InputFile } from './input-file.ts';
import type { VectorShape, VectorSink, VectorSource } from './vectors.ts';

/** 32-bit words converted at once (at least one row). */
const PIECE = 1 << 18;

/** Rows with their dim in front, as many as fit a piece: the same memory as whole numbers and as floats. */
class RowBuffer {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly rows: number;

  constructor(rows: number, dim: number) {
    this.rows = Math.min(rows, Math.max(1, Math.floor(PIECE / (dim + 1))));
    this.words = new Int32Array(this.rows * (dim + 1));
    this.floats = new Float32Array(this.words.buffer);
  }
}

export class FvecsSource implements VectorSource {
  readonly rows: number;
  readonly dim: number;
  readonly #file: InputFile;

  private constructor(file: InputFile, rows: number, dim: number) {
    this.rows = rows;
    this.dim = dim;
    this.#file = file;
  }

  static async open(path: string): Promise<FvecsSource> {
    const file = await InputFile.open(path);
    try {
      if (file.size === 0) file.damaged('empty: without a row there is no dimension');
      if (file.size < 4) file.damaged('truncated inside its first row');
      const first = new Int32Array(1);
      await file.read(bytesOf(first), 0);
      const dim = first[0];
      if (dim < 1 || dim > MAX_DIM) file.damaged(`not a .fvecs file (its first row says ${dim} coordinates)`);
      const rowBytes = 4 * (dim + 1);
      if (file.size % rowBytes !== 0) {
        file.damaged(
          `truncated: its ${file.size} bytes are no whole number of rows of ${dim} float32 (${rowBytes} bytes)`,
        );
      }
      return new FvecsSource(file, file.size / rowBytes, dim);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  async read(
    start: number,
    count: number,
    out: Float32Array = new Float32Array(count * this.dim),
  ): Promise<Float32Array> {
    const { dim } = this;
    const stride = dim + 1;
    const buffer = new RowBuffer(count, dim);
    for (let done = 0; done < count; done += buffer.rows) {
      const rows = Math.min(buffer.rows, count - done);
      await this.#file.read(bytesOf(buffer.words.subarray(0, rows * stride)), (start + done) * stride * 4);
      for (let r = 0; r < rows; r++) {
        const said = buffer.words[r * stride];
        if (said !== dim)
          this.#file.damaged(`row ${start + done + r} says ${said} coordinates, the rows before it ${dim}`);
        out.set(buffer.floats.subarray(r * stride + 1, (r + 1) * stride), (done + r) * dim);
      }
    }
    return out;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

export class FvecsSink implements VectorSink {
  readonly #file: AtomicFile;
  readonly #shape: VectorShape;
  #written = 0;

  private constructor(file: AtomicFile, shape: VectorShape) {
    this.#file = file;
    this.#shape = shape;
  }

  static async create(path: string, shape: VectorShape): Promise<FvecsSink> {
    return new FvecsSink(await AtomicFile.create(path), { ...shape });
  }

  async write(x: Float32Array): Promise<void> {
    const { dim } = this.#shape;
    const stride = dim + 1;
    const count = x.length / dim;
    const buffer = new RowBuffer(count, dim);
    for (let done = 0; done < count; done += buffer.rows) {
      const rows = Math.min(buffer.rows, count - done);
      for (let r = 0; r < rows; r++) {
        buffer.words[r * stride] = dim;
        buffer.floats.set(x.subarray((done + r) * dim, (done + r + 1) * dim), r * stride + 1);
      }
      await this.#file.write(bytesOf(buffer.words.subarray(0, rows * stride)), this.#written * stride * 4);
      this.#written += rows;
    }
  }

  async close(): Promise<void> {
    if (this.#written !== this.#shape.rows) {
      await this.abort();
      throw new Error(`${this.#file.path}: ${this.#written} rows were written, ${this.#shape.rows} announced`);
    }
    await this.#file.commit();
  }

  async abort(): Promise<void> {
    await this.#file.abort();
  }
}
