// SPDX-License-Identifier: Apache-2.0
/** numpy's .npy files as sources and sinks of vectors: rows x dim, or one vector of dim; C order; float16, 32 or 64. */

import { bytesOf } from '../bytes.ts';
import { MAX_DIM } from '../check.ts';
import { AtomicFile } from '../platform/atomic-file.ts';
import { floatsFromHalves, halvesFromFloats, MAX_HALF } from './half.ts';
import { InputFile } from './input-file.ts';
import { NPY_BYTES, NPY_PREFIX_BYTES, type NpyType, npyHeaderBytes, npyTextSpan, parseNpyText } from './npy-header.ts';
import type { VectorShape, VectorSink, VectorSource } from './vectors.ts';

/** Numbers converted at once. */
const PIECE = 1 << 18;

export class NpySource implements VectorSource {
  readonly rows: number;
  readonly dim: number;
  readonly type: NpyType;
  readonly #file: InputFile;
  readonly #dataStart: number;

  private constructor(file: InputFile, shape: VectorShape, type: NpyType, dataStart: number) {
    this.rows = shape.rows;
    this.dim = shape.dim;
    this.type = type;
    this.#file = file;
    this.#dataStart = dataStart;
  }

  static async open(path: string): Promise<NpySource> {
    const file = await InputFile.open(path);
    try {
      const refuse = (what: string): never => file.damaged(what);
      const prefix = new Uint8Array(Math.min(file.size, NPY_PREFIX_BYTES));
      await file.read(prefix, 0);
      const { start, length } = npyTextSpan(prefix, refuse);
      if (start + length > file.size) refuse('truncated inside its header');
      const text = new Uint8Array(length);
      await file.read(text, start);
      const { type, shape } = parseNpyText(Buffer.from(text).toString('latin1'), refuse);
      const vectors = vectorShape(shape, refuse);
      checkSize(file, start + length, vectors, type);
      return new NpySource(file, vectors, type, start + length);
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
    const total = count * this.dim;
    const size = NPY_BYTES[this.type];
    const from = this.#dataStart + start * this.dim * size;
    if (this.type === 'f4') {
      await this.#file.read(bytesOf(out.subarray(0, total)), from);
      return out;
    }
    const raw = new (this.type === 'f2' ? Uint16Array : Float64Array)(Math.min(PIECE, total));
    for (let at = 0; at < total; at += PIECE) {
      const part = raw.subarray(0, Math.min(PIECE, total - at));
      await this.#file.read(bytesOf(part), from + at * size);
      if (part instanceof Uint16Array) floatsFromHalves(part, out.subarray(at, at + part.length));
      else out.set(part, at);
    }
    return out;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function vectorShape(shape: readonly number[], refuse: (what: string) => never): VectorShape {
  if (shape.length < 1 || shape.length > 2) {
    refuse(`its shape (${shape.join(', ')}) has ${shape.length} axes; rows x dim, or one vector, can be read`);
  }
  const [rows, dim] = shape.length === 1 ? [1, shape[0]] : shape;
  if (dim < 1 || dim > MAX_DIM) refuse(`vectors of ${dim} coordinates; 1 to ${MAX_DIM} can be read`);
  return { rows, dim };
}

/** Before anything is allocated: a file that is as long as its header says cannot ask for more memory than it has. */
function checkSize(file: InputFile, dataStart: number, { rows, dim }: VectorShape, type: NpyType): void {
  const needed = rows * dim * NPY_BYTES[type];
  const there = file.size - dataStart;
  if (there === needed) return;
  const which = there < needed ? 'truncated, or its shape is forged' : 'longer than its shape';
  file.damaged(
    `${which}: ${rows} x ${dim} numbers of ${NPY_BYTES[type]} bytes are ${needed} bytes, but ${there} follow`,
  );
}

export class NpySink implements VectorSink {
  readonly #file: AtomicFile;
  readonly #shape: VectorShape;
  readonly #type: NpyType;
  /** Where the next bytes go, and where the last must end. */
  #position: number;
  readonly #end: number;
  #written = 0;

  private constructor(file: AtomicFile, shape: VectorShape, type: NpyType, dataStart: number) {
    this.#file = file;
    this.#shape = shape;
    this.#type = type;
    this.#position = dataStart;
    this.#end = dataStart + shape.rows * shape.dim * NPY_BYTES[type];
  }

  static async create(path: string, shape: VectorShape, type: NpyType = 'f4'): Promise<NpySink> {
    const header = npyHeaderBytes({ type, shape: [shape.rows, shape.dim] });
    const file = await AtomicFile.create(path);
    try {
      await file.write(header, 0);
      return new NpySink(file, { ...shape }, type, header.length);
    } catch (error) {
      await file.abort();
      throw error;
    }
  }

  /** @throws RangeError for a value that float16 cannot hold */
  async write(rows: Float32Array): Promise<void> {
    if (this.#type === 'f4') {
      await this.#append(rows);
    } else {
      const raw = new (this.#type === 'f2' ? Uint16Array : Float64Array)(Math.min(PIECE, rows.length));
      for (let at = 0; at < rows.length; at += PIECE) {
        const piece = rows.subarray(at, at + PIECE);
        const part = raw.subarray(0, piece.length);
        if (part instanceof Uint16Array) {
          halvesFromFloats(piece, part);
          this.#checkHalves(piece, part, at);
        } else {
          part.set(piece);
        }
        await this.#append(part);
      }
    }
    this.#written += rows.length / this.#shape.dim;
  }

  async close(): Promise<void> {
    if (this.#position !== this.#end) {
      await this.abort();
      throw new Error(`${this.#file.path}: ${this.#written} rows were written, ${this.#shape.rows} announced`);
    }
    await this.#file.commit();
  }

  async abort(): Promise<void> {
    await this.#file.abort();
  }

  async #append(numbers: Float32Array | Float64Array | Uint16Array): Promise<void> {
    await this.#file.write(bytesOf(numbers), this.#position);
    this.#position += numbers.byteLength;
  }

  #checkHalves(x: Float32Array, half: Uint16Array, at: number): void {
    const bad = half.findIndex((bits) => (bits & 0x7c00) === 0x7c00);
    if (bad < 0) return;
    const row = this.#written + Math.floor((at + bad) / this.#shape.dim);
    throw new RangeError(`${this.#file.path}: row ${row} has ${x[bad]}, float16 ends at ${MAX_HALF}; take --dtype f4`);
  }
}
