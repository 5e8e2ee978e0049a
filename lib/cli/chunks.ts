// SPDX-License-Identifier: Apache-2.0
/** Walks through vectors that need not fit the memory, a few MB at a time. */

/** What can be walked through: a VectorSource, an IndexReader. */
export interface RowReader {
  readonly rows: number;
  readonly dim: number;
  read(start: number, count: number, out?: Float32Array): Promise<Float32Array>;
}

export interface ChunkOptions {
  /** Rows at a time. Default: as many as take 8 MiB as float32, at least one. */
  rowsAtOnce?: number;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

const CHUNK_FLOATS = 1 << 21;

/**
 * Calls visit(x, start) for consecutive pieces of the rows, and reads the next piece meanwhile. `x` is overwritten after
 * the visit. Rejects with the first failure or the signal's reason, but only when no read is under way any more.
 */
export async function eachChunk(
  reader: RowReader,
  visit: (x: Float32Array, start: number) => Promise<void> | void,
  options: ChunkOptions = {},
): Promise<void> {
  const { rows, dim } = reader;
  const { signal, onProgress } = options;
  const step = Math.min(rows, options.rowsAtOnce ?? Math.max(1, Math.floor(CHUNK_FLOATS / dim)));
  // one is worked on while the other is filled; new ones for each piece would cost as much as reading it
  const buffers = rows > step ? [newBuffer(step * dim), newBuffer(step * dim)] : [newBuffer(step * dim)];
  const readPiece = (start: number) => {
    const count = Math.min(step, rows - start);
    const buffer = buffers[(start / step) % buffers.length];
    const piece = reader.read(start, count, buffer.subarray(0, count * dim));
    // a failure is met when the piece is awaited, maybe after another one
    piece.catch(() => undefined);
    return piece;
  };
  let next = rows > 0 ? readPiece(0) : undefined;
  try {
    for (let start = 0; start < rows; start += step) {
      signal?.throwIfAborted();
      const x = (await next) as Float32Array;
      next = start + step < rows ? readPiece(start + step) : undefined;
      signal?.throwIfAborted();
      await visit(x, start);
      onProgress?.(Math.min(start + step, rows));
    }
    signal?.throwIfAborted();
  } finally {
    await next?.catch(() => undefined);
  }
}

function newBuffer(length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch {
    throw new RangeError(`not enough memory for one row: ${4 * length} bytes`);
  }
}
