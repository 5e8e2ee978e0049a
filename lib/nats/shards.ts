// SPDX-License-Identifier: Apache-2.0
/**
 * A shard is a run of whole chunks, and for compressors and aggregators a gradient of its own, so that no member of the group
 * needs memory for more than it sums.
 */
import { checkInteger, rangeError } from '../check.ts';
import { MAX_LENGTH } from '../gradient/compressor.ts';
import { chunksOf, DEFAULT_CHUNK, MAX_CHUNK } from '../gradient/plan.ts';
import { rowSeed, type Seed } from '../random.ts';

export interface ShardRange {
  /** Its first coordinate, and the one after its last. */
  readonly first: number;
  readonly end: number;
  /** Its first chunk of the whole gradient, and how many it has. */
  readonly firstChunk: number;
  readonly chunks: number;
}

/** How a gradient is cut; the same for all workers and aggregators of a job. */
export interface Cut {
  readonly length: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly shards: readonly ShardRange[];
}

export interface CutOptions {
  length: number;
  chunk?: number;
  shards?: number;
}

/** @throws TypeError or RangeError that names the option */
export function checkCut(options: CutOptions): Cut {
  const length = checkInteger('length', options.length, 1, MAX_LENGTH);
  const chunk = options.chunk === undefined ? DEFAULT_CHUNK : checkInteger('chunk', options.chunk, 1, MAX_CHUNK);
  const chunks = chunksOf(length, chunk).count;
  const shards = options.shards === undefined ? 1 : checkInteger('shards', options.shards, 1);
  if (shards > chunks) throw rangeError('shards', `at most the number of chunks, ${chunks}`, shards);
  const ranges = Array.from({ length: shards }, (_, s): ShardRange => {
    const firstChunk = Math.floor((s * chunks) / shards);
    const endChunk = Math.floor(((s + 1) * chunks) / shards);
    return {
      first: firstChunk * chunk,
      end: Math.min(endChunk * chunk, length),
      firstChunk,
      chunks: endChunk - firstChunk,
    };
  });
  return { length, chunk, chunks, shards: ranges };
}

/** Seed of a shard: shards share no randomness. */
export function shardSeed(seed: Seed, shard: number): Seed {
  return shard === 0 ? seed : rowSeed(seed, shard);
}
