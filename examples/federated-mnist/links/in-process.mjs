// SPDX-License-Identifier: Apache-2.0
/** Workers and aggregator in one process: nothing but the network is missing. For quick experiments and the tests. */
import { GradientAggregator, GradientCompressor } from 'hadaquant/gradient';
import { packetLoss } from '../loss.mjs';
import { CHUNK, compressorOptions } from '../modes.mjs';

const FLOAT_BYTES = 4;

export class InProcessRoom {
  #aggregator;
  #workers;
  #arrived = [];

  /** @param {{ length: number, workers: number }} options */
  constructor({ length, workers }) {
    this.#workers = workers;
    this.#aggregator = new GradientAggregator({ length, chunk: CHUNK });
  }

  /** @returns {import('../trainer.mjs').Link} */
  link({ mode, length, seed, worker, drop }) {
    const compressor = new GradientCompressor(compressorOptions({ mode, length, seed, worker }));
    const isLost = packetLoss(drop, seed, worker);
    return {
      exchange: (gradient, { round }) => {
        const packets = compressor.compress(gradient, { round });
        const kept = packets.filter((_, i) => !isLost(round, i));
        const up = packets.reduce((sum, packet) => sum + packet.length, 0);
        return new Promise((resolve, reject) => {
          const answer = (mean) => resolve({ ...mean, up, lost: packets.length - kept.length });
          this.#arrived.push({ kept, answer, reject });
          // in a turn of its own: the event loop must get to Ctrl-C and the terminal between rounds
          if (this.#arrived.length === this.#workers) setImmediate(() => this.#close(round));
        });
      },
      close: async () => undefined,
    };
  }

  #close(round) {
    const arrived = this.#arrived.splice(0);
    try {
      const mean = this.#meanOf(round, arrived);
      for (const { answer } of arrived) answer({ mean, down: FLOAT_BYTES * mean.length, late: 0 });
    } catch (error) {
      for (const { reject } of arrived) reject(error);
    }
  }

  #meanOf(round, arrived) {
    this.#aggregator.reset(round);
    for (const packet of arrived.flatMap(({ kept }) => kept)) {
      const { accepted, message } = this.#aggregator.add(packet);
      if (!accepted) throw new Error(message);
    }
    return this.#aggregator.mean();
  }
}
