// SPDX-License-Identifier: Apache-2.0
/** A worker's part in one shard of one round: find the member that sums it, hand over all packets, wait for the mean. */
import { GradientAggregator } from '../gradient/aggregator.ts';
import { packetInfo } from '../gradient/packet.ts';
import { HadaquantNatsError } from './errors.ts';
import { type Link, pause } from './link.ts';
import { decodeAnswer, decodeOpenReply, encodeText, openMeanMessage, openRequest } from './messages.ts';
import type { Cut } from './shards.ts';
import type { Subjects } from './subjects.ts';
import type { Window } from './window.ts';

/** What the shards of an exchange share. */
export interface Exchange {
  readonly link: Link;
  readonly subjects: Subjects;
  readonly cut: Cut;
  readonly round: number;
  readonly ackTimeout: number;
  /** Packets that may be under way. */
  readonly window: Window;
  /** Ends the exchange, whatever it is doing. */
  readonly signal: AbortSignal;
}

/** Between questions that were answered at once, but not with what was hoped for. */
const AGAIN = 100;
/** A packet's time grows with its attempts: a slow aggregator is not to be flooded with copies. */
const LONGEST = 8;
const NOTHING: Uint8Array = encodeText('');

export class ShardDelivery {
  /** For each chunk the senders in the mean; 0 also where no mean came. */
  readonly senders: Uint32Array;
  /** Chunks that came too late for the mean. */
  readonly late: Set<number> = new Set();
  /** An aggregator answered. */
  answered = false;
  /** The round was over before this shard was asked for. */
  over: string | null = null;
  readonly #exchange: Exchange;
  readonly #shard: number;
  readonly #packets: readonly Uint8Array[];
  readonly #mean: GradientAggregator;
  /** Packets that `#member` has answered for. */
  readonly #handed = new Set<number>();
  readonly #came: Uint8Array;
  #missing: number;
  #member = '';
  /** Which of the member's openings of the round has the packets. */
  #opening: string | undefined;
  #complete: () => void = () => {};
  readonly #completed: Promise<void> = new Promise((resolve) => {
    this.#complete = resolve;
  });

  constructor(exchange: Exchange, shard: number, packets: readonly Uint8Array[]) {
    const { cut, round } = exchange;
    const { first, end } = cut.shards[shard];
    this.#exchange = exchange;
    this.#shard = shard;
    this.#packets = packets;
    this.#mean = new GradientAggregator({ length: end - first, chunk: cut.chunk, round });
    this.senders = new Uint32Array(packets.length);
    this.#came = new Uint8Array(packets.length);
    this.#missing = packets.length;
  }

  /** The whole mean has come. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Writes the mean of what came; 0 where nothing did. */
  meanTo(out: Float32Array): void {
    this.#mean.mean({ out });
  }

  /** A message of the mean; of those for one chunk the first counts, and what is damaged does not. */
  accept(message: Uint8Array): void {
    const opened = openMeanMessage(message);
    if (!opened || this.#missing === 0) return;
    let chunk: number;
    try {
      ({ chunk } = packetInfo(opened.packet));
    } catch {
      return;
    }
    if (this.#came[chunk] !== 0 || !this.#mean.add(opened.packet).accepted) return;
    this.#came[chunk] = 1;
    this.senders[chunk] = opened.senders;
    if (--this.#missing === 0) this.#complete();
  }

  /** Settles when the mean is complete, the round turned out to be over, or the exchange has ended. */
  async run(): Promise<void> {
    while (this.#goesOn()) {
      const member = await this.#find();
      if (member === null) return;
      // also if it is the same as before: it may have lost the round meanwhile
      this.#member = member;
      this.#opening = undefined;
      this.#handed.clear();
      this.late.clear();
      if (await this.#hand()) await this.#wait();
    }
  }

  #goesOn(): boolean {
    return this.#missing > 0 && !this.#exchange.signal.aborted;
  }

  async #find(): Promise<string | null> {
    const { link, subjects, cut, round, ackTimeout, signal } = this.#exchange;
    const request = openRequest(cut);
    while (this.#goesOn()) {
      const answer = await link.ask(subjects.open(round, this.#shard), request, ackTimeout, signal);
      if (answer.kind === 'nobody') await pause(AGAIN, signal);
      if (answer.kind !== 'reply') continue;
      const reply = decodeOpenReply(answer.data);
      if (!reply) continue;
      this.answered = true;
      if ('member' in reply) return reply.member;
      if (reply.refused === 'settings') throw new HadaquantNatsError('refused', reply.message);
      if (reply.refused === 'failed') throw new HadaquantNatsError('failed', `aggregator: ${reply.message}`);
      if (reply.refused === 'over') {
        this.over = reply.message;
        return null;
      }
      await pause(AGAIN, signal);
    }
    return null;
  }

  /** Hands over what has not been; false if the member turns out not to be the right one (any more). */
  async #hand(): Promise<boolean> {
    const left = [...this.#packets.keys()].filter((chunk) => !this.#handed.has(chunk));
    let right = true;
    await Promise.all(
      left.map(async (chunk) => {
        const release = await this.#exchange.window.enter();
        try {
          if (right && this.#goesOn() && !(await this.#send(chunk, () => right))) right = false;
        } finally {
          release();
        }
      }),
    );
    if (!right) await pause(AGAIN, this.#exchange.signal);
    return right;
  }

  /** One packet, until it is answered for; false if it cannot be there. */
  async #send(chunk: number, goesOn: () => boolean): Promise<boolean> {
    const { link, subjects, round, ackTimeout, signal } = this.#exchange;
    const subject = subjects.to(this.#member, 'packet', round, this.#shard);
    for (let attempt = 1; goesOn() && this.#goesOn(); attempt *= 2) {
      const timeout = ackTimeout * Math.min(attempt, LONGEST);
      const answer = await link.ask(subject, this.#packets[chunk], timeout, signal);
      if (answer.kind === 'nobody') return false;
      if (answer.kind !== 'reply') continue;
      const { word, opening } = decodeAnswer(answer.data);
      if (word === 'moved' || !this.#isOf(opening)) return false;
      if (word === 'length' || word === 'round') {
        throw new HadaquantNatsError('refused', `aggregator: a packet is of another ${word}`);
      }
      if (word === 'taken' || word === 'duplicate' || word === 'late') {
        this.#handed.add(chunk);
        if (word === 'late') this.late.add(chunk);
        return true;
      }
      await pause(AGAIN, signal); // 'corrupt', damaged on its way
    }
    return true;
  }

  /** Whether an answer is of the opening that has the packets. */
  #isOf(opening: string | undefined): boolean {
    this.#opening ??= opening;
    return opening === this.#opening;
  }

  /** Waits for the mean; settles early if the member has gone. */
  async #wait(): Promise<void> {
    const { link, subjects, round, ackTimeout, signal } = this.#exchange;
    const subject = subjects.to(this.#member, 'state', round, this.#shard);
    // the answer 'late' says that the round is closed: its mean may have been published before this worker asked
    if (this.late.size > 0) await this.#fetch();
    while (this.#goesOn()) {
      await Promise.race([this.#completed, pause(ackTimeout, signal)]);
      if (!this.#goesOn()) return;
      const answer = await link.ask(subject, NOTHING, ackTimeout, signal);
      if (answer.kind === 'nobody') return;
      if (answer.kind !== 'reply') continue;
      const { word: state, opening } = decodeAnswer(answer.data);
      if (!this.#isOf(opening)) return;
      if (state === 'closed') await this.#fetch();
      else if (state !== 'open') return;
    }
  }

  /** Asks for what has not come of a mean that was published. */
  async #fetch(): Promise<void> {
    const { link, subjects, round, window, ackTimeout, signal } = this.#exchange;
    const missing = [...this.#came.keys()].filter((chunk) => this.#came[chunk] === 0);
    await Promise.all(
      missing.map(async (chunk) => {
        const release = await window.enter();
        try {
          if (!this.#goesOn() || this.#came[chunk] !== 0) return;
          const subject = subjects.to(this.#member, 'mean', round, this.#shard, chunk);
          const answer = await link.ask(subject, NOTHING, ackTimeout, signal);
          if (answer.kind === 'reply') this.accept(answer.data);
        } finally {
          release();
        }
      }),
    );
  }
}
