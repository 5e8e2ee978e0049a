// SPDX-License-Identifier: Apache-2.0
/** The compressors and sums of each shard, made when they are needed and used again round after round. */
import type { NatsConnection } from 'nats';
import { GradientAggregator } from '../gradient/aggregator.ts';
import { GradientCompressor, type GradientCompressorOptions } from '../gradient/compressor.ts';
import { rowSeed } from '../random.ts';
import { maxPayload, tooLarge } from './link.ts';
import { type Cut, shardSeed } from './shards.ts';

type CodecOptions = Omit<GradientCompressorOptions, 'length' | 'chunk'>;

/** @throws TypeError or RangeError that names the option, behind `prefix` */
export function checkCompressorOptions(cut: Cut, options: CodecOptions, prefix = ''): void {
  const length = Math.min(cut.chunk, cut.length);
  try {
    new GradientCompressor({ ...options, length, chunk: length });
  } catch (error) {
    if (prefix && error instanceof Error) error.message = prefix + error.message;
    throw error;
  }
}

export function shardCompressor(cut: Cut, shard: number, options: CodecOptions): GradientCompressor {
  const { first, end } = cut.shards[shard];
  const { seed = 0, privateSeed } = options;
  return new GradientCompressor({
    ...options,
    seed: shardSeed(seed, shard),
    ...(privateSeed === undefined ? {} : { privateSeed: rowSeed(privateSeed, shard) }),
    length: end - first,
    chunk: cut.chunk,
  });
}

/** @throws RangeError if a whole chunk's packet, with room for what the mean's packets carry more, is too large for the server */
export function requireFittingPackets(connection: NatsConnection, cut: Cut, options: CodecOptions): void {
  const length = Math.min(cut.chunk, cut.length);
  const compressor = new GradientCompressor({ ...options, errorFeedback: false, length, chunk: length });
  const [packet] = compressor.compress(new Float32Array(length), { round: 0 });
  if (packet.length + 8 > maxPayload(connection)) throw tooLarge(packet.length + 8, connection);
}

/** Sums that are not in use, one of each shard: a round does not allocate what the last one had. */
export class SumPool {
  readonly #cut: Cut;
  readonly #idle = new Map<number, GradientAggregator>();

  constructor(cut: Cut) {
    this.#cut = cut;
  }

  take(shard: number, round: number): GradientAggregator {
    const idle = this.#idle.get(shard);
    if (idle) {
      this.#idle.delete(shard);
      idle.reset(round);
      return idle;
    }
    const { first, end } = this.#cut.shards[shard];
    return new GradientAggregator({ length: end - first, chunk: this.#cut.chunk, round });
  }

  give(shard: number, sums: GradientAggregator): void {
    this.#idle.set(shard, sums);
  }
}
