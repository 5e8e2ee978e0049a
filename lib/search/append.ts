// SPDX-License-Identifier: Apache-2.0
/** Encodes vectors for a store: at once behind its last row, or off the event loop into a store of their own. */
import { ChunkMemory, chunkView, runChunks, type Schedule } from '../async.ts';
import { chunkRows } from '../codec/quantizer.ts';
import type { IndexConfig } from './config.ts';
import { encodeRows, encodeRowsAsync } from './row-encoder.ts';
import { Store } from './store.ts';

/**
 * Encodes behind the last row of a store that has room. The rows do not count there before its `size` says so, and what a
 * failed call leaves is overwritten by the next.
 * @throws RangeError that names the first row that cannot be used
 */
export function appendRows(config: IndexConfig, store: Store, vectors: Float32Array, rows: number): void {
  const { dim } = config;
  const step = chunkRows(dim);
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(start + step, rows);
    const part = { name: 'vectors', x: vectors.subarray(start * dim, end * dim), firstRow: start };
    const [first, last] = [store.size + start, store.size + end];
    encodeRows(config, store.plan, part, first, store.columns(first, last));
  }
}

/** The rows that `appendRows` would write behind the last, alone in a new store: meanwhile others may be appended. */
export async function encodeApart(
  config: IndexConfig,
  store: Store,
  vectors: Float32Array,
  rows: number,
  schedule: Schedule,
): Promise<Store> {
  const { dim } = config;
  const apart = new Store(store.plan, store.norms !== null, rows);
  const firstIndex = store.size;
  const memory = new ChunkMemory<Float32Array>(Float32Array);
  await runChunks(rows, chunkRows(dim), schedule, async (start, end) => {
    const chunk = chunkView('vectors', vectors, rows * dim, start * dim, end * dim);
    const part = { name: 'vectors', x: chunk, firstRow: start };
    await encodeRowsAsync(config, store.plan, part, firstIndex + start, apart.columns(start, end), memory);
  });
  return apart;
}
