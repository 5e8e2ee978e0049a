// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Msg, NatsConnection, Subscription } from 'nats';
import type { GradientAggregator } from '../gradient/aggregator.ts';
import {
  type CheckedAggregatorOptions,
  checkAggregatorOptions,
  type NatsAggregatorOptions,
} from './aggregator-options.ts';
import { checkCompressorOptions, requireFittingPackets, SumPool } from './codecs.ts';
import { Downlink } from './downlink.ts';
import { HadaquantNatsError, messageOf } from './errors.ts';
import { checkConnection, Link, pause, within } from './link.ts';
import {
  decodeJson,
  encodeAnswer,
  encodeJson,
  type OpenReply,
  type PacketAnswer,
  type RoundState,
} from './messages.ts';
import { type Owners, SharedOwners, SoloOwner } from './owners.ts';
import { Peers } from './peers.ts';
import { ShardRound } from './round.ts';
import { RoundTable } from './round-table.ts';
import { lastNumbers, QUEUE_GROUP, Subjects } from './subjects.ts';

/** What an aggregator has seen since it started. */
export interface AggregatorStats {
  /** Shards of rounds whose mean it published. */
  rounds: number;
  /** Of them, those closed by the deadline, with packets missing. */
  incomplete: number;
  /** Shards of rounds that another member took over. */
  moved: number;
  /**
   * Packets by what became of them. 'taken': it is in the sum. 'duplicate': it was already. 'late': its round was closed.
   * 'moved': another member sums that shard. 'corrupt', 'length', 'round': not as a worker of this job and round makes it.
   * 'dropped': there was no room for it to wait.
   */
  packets: Record<PacketAnswer | 'dropped', number>;
  /** Shards of rounds that are open now. */
  open: number;
}

/** Between questions to a server that does not answer. */
const AGAIN = 250;
/** How often an owner of open rounds looks whether it still is. */
const HOLDINGS = 1000;
/** How long after the deadline of the last open round `close` waits for a server that does not answer. */
const GRACE = 5000;
/** Bucket entries are forgotten after an hour, or two deadlines: by then their round is. */
const ENTRY_LIFE = 3_600_000;

/**
 * Sums the gradients of `NatsWorker`s, round after round, and publishes each round's mean when all workers' packets are in or the
 * deadline has passed.
 *
 * @example
 * const aggregator = new NatsAggregator(await connect(), { job: 'mnist', length, workers: 4, deadline: 5000 });
 * await aggregator.start();
 * // later
 * await aggregator.close();
 */
export class NatsAggregator {
  /** Name of this member of the group: another one for each object. */
  readonly member: string = randomBytes(16).toString('hex');
  readonly #options: CheckedAggregatorOptions;
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #sums: SumPool;
  readonly #rounds: RoundTable;
  readonly #opening = new Map<string, Promise<OpenReply>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #downlink: Downlink;
  readonly #ended = new AbortController();
  readonly #counts: Omit<AggregatorStats, 'open'> = {
    rounds: 0,
    incomplete: 0,
    moved: 0,
    packets: { taken: 0, duplicate: 0, late: 0, moved: 0, corrupt: 0, length: 0, round: 0, dropped: 0 },
  };
  /** Rounds begun, to tell them apart. */
  #openings = 0;
  #waiting = 0;
  #state: 'new' | 'running' | 'closed' = 'new';
  #watch: NodeJS.Timeout | undefined;
  #checking = false;
  #link: Link | undefined;
  #owners: Owners | undefined;
  #openSubscription: Subscription | undefined;
  #memberSubscription: Subscription | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param connection connected; it stays yours to close
   * @throws TypeError or RangeError that names the option
   */
  constructor(connection: NatsConnection, options: NatsAggregatorOptions) {
    this.#connection = checkConnection(connection);
    setMaxListeners(0, this.#ended.signal); // each question under way listens
    this.#options = checkAggregatorOptions(options);
    const { job, cut, downlink } = this.#options;
    checkCompressorOptions(cut, downlink, 'downlink.');
    this.#subjects = new Subjects(job);
    this.#sums = new SumPool(cut);
    this.#rounds = new RoundTable(cut.shards.length, this.#options.keep);
    this.#downlink = new Downlink(cut, downlink);
  }

  /** What it has seen since it started: a copy, of the moment of the call. */
  get stats(): AggregatorStats {
    const { packets, ...rest } = this.#counts;
    return { ...rest, packets: { ...packets }, open: this.#rounds.open };
  }

  /**
   * Takes rounds from now on.
   * @throws HadaquantNatsError without JetStream (unless `solo`), RangeError if packets are larger than the server's max_payload
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error('start can be called once');
    this.#state = 'running';
    const { job, cut, downlink, solo } = this.#options;
    const link = new Link(this.#connection, () => void this.#checkHoldings());
    this.#link = link;
    try {
      link.requireOpen();
      requireFittingPackets(this.#connection, cut, downlink);
      this.#owners = solo ? new SoloOwner(this.member) : await this.#sharedOwners(job, link);
      this.#memberSubscription = this.#connection.subscribe(this.#subjects.toMember(this.member), {
        callback: (error, message) => this.#guard(error, () => this.#answer(message)),
      });
      this.#openSubscription = this.#connection.subscribe(this.#subjects.open('*', '*'), {
        queue: QUEUE_GROUP,
        callback: (error, message) => this.#guard(error, () => this.#open(message)),
      });
      await this.#connection.flush();
      if (!solo) this.#watch = setInterval(() => void this.#checkHoldings(), HOLDINGS);
    } catch (error) {
      this.#state = 'closed';
      this.#openSubscription?.unsubscribe();
      this.#memberSubscription?.unsubscribe();
      link.close();
      throw error;
    }
  }

  /**
   * Takes no new rounds, waits until the open ones are closed (their deadlines at most) and their means published, and gives up
   * its subscriptions. The connection stays open.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const started = this.#state === 'running';
    this.#state = 'closed';
    if (!started) return;
    const connected = () => !this.#connection.isClosed();
    const end = Date.now() + this.#options.deadline + GRACE;
    const busy = () => this.#rounds.open + this.#opening.size + this.#closing.size > 0;
    while (connected() && Date.now() < end && busy()) {
      await pause(10, this.#ended.signal);
    }
    this.#ended.abort();
    clearInterval(this.#watch);
    if (connected() && !this.#connection.isDraining()) {
      await within(GRACE, Promise.all([this.#openSubscription?.drain(), this.#memberSubscription?.drain()]));
    }
    this.#rounds.clear();
    this.#link?.close();
  }

  async #sharedOwners(job: string, link: Link): Promise<Owners> {
    try {
      const ttl = Math.max(ENTRY_LIFE, 2 * this.#options.deadline);
      const kv = await this.#connection.jetstream().views.kv(`hadaquant_${job}`, { history: 1, ttl });
      const peers = new Peers(link, this.#subjects, this.#ended.signal);
      return new SharedOwners(kv, this.member, (member, round, shard) => peers.ask(member, round, shard));
    } catch (error) {
      const what =
        'several aggregators need a server with JetStream (nats-server -js); a single one can have solo: true';
      throw new HadaquantNatsError('jetstream', `${what} (${messageOf(error)})`, { cause: error });
    }
  }

  /** Other members may have taken over what this one could not be asked about. */
  async #checkHoldings(): Promise<void> {
    if (this.#checking || !this.#owners) return;
    this.#checking = true;
    for (const round of this.#rounds.all()) {
      if (round.state !== 'open') continue;
      try {
        const holds = await this.#owners.holds(round.round, round.shard);
        if (!holds && round.state === 'open') await this.#drop(round);
      } catch {
        // the entry decides again when the round is closed
      }
    }
    this.#checking = false;
  }

  async #drop(round: ShardRound): Promise<void> {
    const wasOpen = round.state === 'open' || round.state === 'closing';
    await round.stop('dropped');
    this.#release(round);
    this.#rounds.remove(round);
    if (wasOpen) this.#counts.moved++;
  }

  #release(round: ShardRound): void {
    if (round.aggregator) this.#sums.give(round.shard, round.aggregator);
    round.aggregator = null;
  }

  /** Nothing that comes over the network ends the process. */
  #guard(error: Error | null, work: () => void | Promise<void>): void {
    if (error) {
      this.#report(error);
      return;
    }
    try {
      Promise.resolve(work()).catch((failure: unknown) => this.#report(failure));
    } catch (failure) {
      this.#report(failure);
    }
  }

  #report(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // the caller's own
    }
  }

  #reply(message: Msg, data: Uint8Array): void {
    const { reply } = message;
    if (reply && !this.#connection.isClosed()) this.#guard(null, () => this.#connection.publish(reply, data));
  }

  async #open(message: Msg): Promise<void> {
    const numbers = lastNumbers(message.subject, 2);
    const request = decodeJson(message.data);
    if (!numbers || !request) return;
    const [round, shard] = numbers;
    const wrong = this.#differingSetting(request);
    if (wrong) {
      this.#reply(message, encodeJson({ refused: 'settings', message: wrong } satisfies OpenReply));
      return;
    }
    if (shard >= this.#options.cut.shards.length) return;
    const key = `${round}.${shard}`;
    let opening = this.#opening.get(key);
    if (!opening) {
      opening = this.#openRound(round, shard).finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    this.#reply(message, encodeJson(await opening));
  }

  #differingSetting(request: Record<string, unknown>): string | null {
    const { length, chunk, shards } = this.#options.cut;
    const own: Record<string, number> = { length, chunk, shards: shards.length };
    for (const [name, value] of Object.entries(own)) {
      if (request[name] !== value) return `${name} must be that of the aggregator, ${value}, got ${request[name]}`;
    }
    return null;
  }

  async #openRound(round: number, shard: number): Promise<OpenReply> {
    const had = this.#rounds.get(round, shard);
    if (had?.state === 'failed') return { refused: 'failed', message: had.failure };
    if (had) return { member: this.member };
    if (this.#rounds.isOver(round, shard)) return overReply(round);
    if (this.#state === 'closed') return { refused: 'retry', message: 'this aggregator takes no more rounds' };
    if (this.#rounds.open + this.#opening.size >= this.#options.maxOpen) {
      return { refused: 'busy', message: `${this.#options.maxOpen} shards of rounds are open` };
    }
    try {
      const taken = await (this.#owners as Owners).take(round, shard);
      if (taken.member === null) {
        return taken.state === 'over' ? overReply(round) : { refused: 'failed', message: `round ${round} has failed` };
      }
      if (taken.member === this.member) this.#begin(round, shard);
      return { member: taken.member };
    } catch (error) {
      return { refused: 'retry', message: messageOf(error) };
    }
  }

  #begin(round: number, shard: number): void {
    const { workers, deadline } = this.#options;
    const opened = new ShardRound(round, shard, ++this.#openings, workers, this.#sums.take(shard, round));
    opened.deadline = setTimeout(() => this.#finish(opened), deadline);
    this.#rounds.add(opened);
  }

  /** A packet, or a question about a round. */
  #answer(message: Msg): void {
    const request = message.subject.split('.')[4];
    const numbers = lastNumbers(message.subject, request === 'mean' ? 3 : 2);
    if (!numbers) return;
    const [round, shard, chunk] = numbers;
    const had = this.#rounds.get(round, shard);
    if (request === 'packet') this.#packet(message, had);
    if (request === 'state') this.#reply(message, encodeAnswer(this.#stateOf(had, round, shard), had?.opening));
    if (request === 'mean') this.#reply(message, had?.messages[chunk] ?? new Uint8Array(0));
  }

  #stateOf(had: ShardRound | undefined, round: number, shard: number): RoundState {
    if (had) return had.publicState;
    if (this.#opening.has(`${round}.${shard}`)) return 'open';
    return this.#rounds.isOver(round, shard) ? 'over' : 'moved';
  }

  #packet(message: Msg, had: ShardRound | undefined): void {
    const { packets } = this.#counts;
    const answer = (word: PacketAnswer | null) => {
      packets[word ?? 'dropped']++;
      if (word) this.#reply(message, encodeAnswer(word, had?.opening));
    };
    if (!had) {
      answer('moved');
    } else if (this.#waiting >= this.#options.backlog) {
      answer(null);
    } else {
      this.#waiting++;
      const waited = (word: PacketAnswer | null) => {
        this.#waiting--;
        answer(word);
      };
      had.add(message.data, waited, (error) => {
        if (error !== undefined) this.#report(error);
        if (had.complete) this.#finish(had);
      });
    }
  }

  #finish(round: ShardRound): void {
    if (round.state !== 'open') return;
    const work = this.#publish(round, round.complete)
      .catch((error: unknown) => {
        this.#report(error);
        // a closed round's mean can still be asked for
        if (round.state !== 'closing') return;
        round.state = 'failed';
        round.failure = messageOf(error);
        this.#release(round);
      })
      .finally(() => {
        this.#closing.delete(work);
        this.#rounds.forgetOld(round.shard);
      });
    this.#closing.add(work);
  }

  async #publish(round: ShardRound, complete: boolean): Promise<void> {
    await round.stop('closing');
    if (!(await this.#closeEntry(round))) {
      await this.#drop(round);
      return;
    }
    const { round: number, shard, senders } = round;
    const mean = (round.aggregator as GradientAggregator).mean();
    round.messages = await this.#downlink.encode(shard, number, mean, senders);
    round.state = 'closed';
    this.#release(round);
    this.#counts.rounds++;
    if (!complete) this.#counts.incomplete++;
    this.#guard(null, () => this.#options.onRound?.({ round: number, shard, senders: senders.slice(), complete }));
    await this.#downlink.publish(this.#connection, this.#subjects.mean(number, shard), round.messages);
  }

  /** Asks until the server has said whether the round is still this member's to close. */
  async #closeEntry({ round, shard }: ShardRound): Promise<boolean> {
    const { signal } = this.#ended;
    for (;;) {
      try {
        return await (this.#owners as Owners).close(round, shard);
      } catch (error) {
        if (signal.aborted || this.#connection.isClosed()) throw error;
        await pause(AGAIN, signal);
      }
    }
  }
}

function overReply(round: number): OpenReply {
  return { refused: 'over', message: `round ${round} is over` };
}
