// SPDX-License-Identifier: Apache-2.0
/** One shard of one round at the member that sums it: packets in, a mean out. */
import type { GradientAggregator, PacketResult } from '../gradient/aggregator.ts';
import { type PacketInfo, packetInfo } from '../gradient/packet.ts';
import type { PacketAnswer, RoundState } from './messages.ts';

/** A packet that waits for its turn, and where its answer goes. */
interface Waiting {
  readonly packet: Uint8Array;
  readonly answer: Answer;
}

/** Null: nothing can be said of the packet, its sender will ask again. */
type Answer = (answer: PacketAnswer | null) => void;

export class ShardRound {
  readonly round: number;
  readonly shard: number;
  /** Which of its member's it is. */
  readonly opening: number;
  /** Null once the round is closed: sums are kept for open rounds only. */
  aggregator: GradientAggregator | null;
  /** For each chunk the senders in its sum. */
  readonly senders: Uint32Array;
  state: 'open' | 'closing' | 'closed' | 'failed' | 'dropped' = 'open';
  /** The mean's messages, once it is closed. */
  messages: readonly Uint8Array[] = [];
  failure = '';
  deadline: NodeJS.Timeout | undefined;
  readonly #workers: number;
  /** Which chunks of a sender are in: a packet sent again after the round was closed is no late one then. */
  readonly #taken = new Map<number, Uint8Array>();
  #waiting: Waiting[] = [];
  #adding: Promise<void> | null = null;
  #completeChunks = 0;

  constructor(round: number, shard: number, opening: number, workers: number, aggregator: GradientAggregator) {
    this.round = round;
    this.shard = shard;
    this.opening = opening;
    this.#workers = workers;
    this.aggregator = aggregator;
    this.senders = new Uint32Array(aggregator.packets);
  }

  /** All workers' packets are in. */
  get complete(): boolean {
    return this.#completeChunks === this.senders.length;
  }

  /** What workers and other members are told. */
  get publicState(): RoundState {
    if (this.state === 'dropped') return 'moved';
    return this.state === 'closing' ? 'open' : this.state;
  }

  /** Adds a packet when its turn comes; `done` is called after each turn, with an error if the turn was lost. */
  add(packet: Uint8Array, answer: Answer, done: (error?: unknown) => void): void {
    if (this.state !== 'open') {
      answer(this.#answerAfterEnd(packet));
      return;
    }
    this.#waiting.push({ packet, answer });
    this.#adding ??= this.#addAll(done).finally(() => {
      this.#adding = null;
    });
  }

  /** Takes no more packets; settles when the one that is being added is in. */
  async stop(state: 'closing' | 'dropped'): Promise<void> {
    this.state = state;
    clearTimeout(this.deadline);
    await this.#adding;
  }

  async #addAll(done: (error?: unknown) => void): Promise<void> {
    while (this.#waiting.length > 0 && this.state === 'open') {
      const turn = this.#waiting;
      this.#waiting = [];
      try {
        const results = await (this.aggregator as GradientAggregator).addAsync(turn.map(({ packet }) => packet));
        turn.forEach(({ packet, answer }, i) => void answer(this.#count(packet, results[i])));
        done();
      } catch (error) {
        for (const { answer } of turn) answer(null);
        done(error);
      }
    }
    for (const { packet, answer } of this.#waiting.splice(0)) answer(this.#answerAfterEnd(packet));
  }

  #count(packet: Uint8Array, { accepted, reason }: PacketResult): PacketAnswer {
    if (!accepted) return reason as PacketAnswer;
    const { clientId, chunk } = packetInfo(packet);
    let chunks = this.#taken.get(clientId);
    if (!chunks) this.#taken.set(clientId, (chunks = new Uint8Array(this.senders.length)));
    chunks[chunk] = 1;
    if (++this.senders[chunk] === this.#workers) this.#completeChunks++;
    return 'taken';
  }

  #answerAfterEnd(packet: Uint8Array): PacketAnswer {
    if (this.state === 'dropped') return 'moved';
    let info: PacketInfo;
    try {
      info = packetInfo(packet);
    } catch {
      return 'corrupt';
    }
    if (info.round !== this.round) return 'round';
    return this.#taken.get(info.clientId)?.[info.chunk] === 1 ? 'duplicate' : 'late';
  }
}
