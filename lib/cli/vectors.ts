// SPDX-License-Identifier: Apache-2.0
/** Files of float vectors, read and written a piece at a time. The end of the name says which format. */
import { FvecsSink, FvecsSource } from './fvecs.ts';
import { NpySink, NpySource } from './npy.ts';
import type { NpyType } from './npy-header.ts';
import { VECTOR_FORMATS, type VectorFormat, vectorFormat } from './vector-format.ts';

export interface VectorSource {
  readonly path: string;
  readonly rows: number;
  readonly dim: number;
  /**
   * Rows start .. start + count - 1 as count x dim float32: float16 exactly, float64 rounded (half to even).
   * @param out where they go, count * dim elements. Default: a new array.
   * @throws HadaquantFormatError if the file turns out to be damaged
   */
  read(start: number, count: number, out?: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The file appears at `close`, whole; until then, and after `abort`, what was there before stays. */
export interface VectorSink {
  /** @param rows any number of whole rows, the next ones */
  write(rows: Float32Array): Promise<void>;
  /** @throws Error if there are not as many rows as were announced */
  close(): Promise<void>;
  /** Removes what was written. Does nothing after `close`. */
  abort(): Promise<void>;
}

export interface VectorShape {
  rows: number;
  dim: number;
}

/** @throws HadaquantFormatError if the file is damaged or holds something else; errors of the file system */
export async function openVectors(path: string): Promise<VectorSource> {
  return knownFormat(path) === '.npy' ? NpySource.open(path) : FvecsSource.open(path);
}

/** @param type of the numbers in the file; .fvecs has float32 only */
export async function createVectors(path: string, shape: VectorShape, type: NpyType): Promise<VectorSink> {
  return knownFormat(path) === '.npy' ? NpySink.create(path, shape, type) : FvecsSink.create(path, shape);
}

function knownFormat(path: string): VectorFormat {
  const format = vectorFormat(path);
  // the options have been checked: only a caller inside this folder can get here
  if (!format) throw new RangeError(`${path}: its name must end in ${VECTOR_FORMATS.join(' or ')}`);
  return format;
}
