// SPDX-License-Identifier: Apache-2.0
import type { NatsConnection } from 'nats';
import type { GradientCompressor } from '../gradient/compressor.ts';
import type { DownlinkOptions } from './aggregator-options.ts';
import { shardCompressor } from './codecs.ts';
import { meanMessage } from './messages.ts';
import type { Cut } from './shards.ts';

/** Messages of a mean after which the server must have them all, before the next go out. */
const BURST = 16;

/** The way of means back to the workers. */
export class Downlink {
  readonly #cut: Cut;
  readonly #options: DownlinkOptions;
  readonly #shards = new Map<number, { compressor: GradientCompressor; last: Promise<unknown> }>();

  constructor(cut: Cut, options: DownlinkOptions) {
    this.#cut = cut;
    this.#options = options;
  }

  /** A mean's messages; one shard's rounds one after the other, for what the compressor keeps. */
  async encode(shard: number, round: number, mean: Float32Array, senders: Uint32Array): Promise<Uint8Array[]> {
    let entry = this.#shards.get(shard);
    if (!entry) {
      entry = { compressor: shardCompressor(this.#cut, shard, this.#options), last: Promise.resolve() };
      this.#shards.set(shard, entry);
    }
    const { compressor, last } = entry;
    const work = last.then(() => compressor.compressAsync(mean, { round }));
    entry.last = work.catch(() => {});
    return (await work).map((packet, chunk) => meanMessage(packet, senders[chunk]));
  }

  /** Publishes messages no faster than the server takes them. */
  async publish(connection: NatsConnection, subject: string, messages: readonly Uint8Array[]): Promise<void> {
    for (let i = 0; i < messages.length && !connection.isClosed(); i++) {
      connection.publish(subject, messages[i]);
      if (i % BURST === BURST - 1 || i === messages.length - 1) await connection.flush();
    }
  }
}
