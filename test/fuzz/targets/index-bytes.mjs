// SPDX-License-Identifier: Apache-2.0
// Index files in memory: read from bytes, which must say what the reader of files says, and written again.
import { FlatIndex } from '../../../dist/index.js';
import { INDEX_TARGET, isSmall, searched } from '../index-files.mjs';
import { joined } from '../mutate.mjs';
import { digest, must } from '../outcome.mjs';

/** The index of these bytes, from the middle of a buffer that is overwritten when they have been read. */
function indexOf(bytes) {
  const buffer = joined(Uint8Array.of(7), bytes, Uint8Array.of(7));
  const given = buffer.subarray(1, 1 + bytes.length);
  try {
    return FlatIndex.fromBytes(given);
  } finally {
    must(digest(given) === digest(bytes), 'the bytes given were changed');
    buffer.fill(0xa5);
  }
}

/** The index that a reader gives, or the error with which it refuses. */
async function attempt(read) {
  try {
    return { index: await read() };
  } catch (error) {
    return { error };
  }
}

export const target = {
  ...INDEX_TARGET,
  async run(bytes, place) {
    const file = await attempt(() => FlatIndex.open(place));
    const { index, error } = await attempt(() => indexOf(bytes));
    must(file.error?.message === error?.message, `the file gives «${file.error}», its bytes «${error}»`);
    if (error) throw error;
    const { dim, bits, metric, codec, grid, rounds, seed, size } = index;
    const about = digest([dim, bits, metric, codec, grid, rounds, seed, size], index.center ?? []);
    if (!isSmall(index)) return about;
    const again = index.toBytes();
    must(again.length === index.bytes, `${again.length} bytes, but the index says ${index.bytes}`);
    must(digest(file.index.toBytes()) === digest(again), 'the file and its bytes give different indexes');
    const second = FlatIndex.fromBytes(again);
    must(digest(second.toBytes()) === digest(again), 'what was written again is written differently');
    const results = searched(index);
    must(searched(second) === results, 'what was written again gives other results');
    must(searched(FlatIndex.fromBytes(again)) === results, 'changing an index changes the bytes that it was read from');
    return digest(about, again, results);
  },
};
