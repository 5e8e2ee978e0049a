// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { NatsConnection } from 'nats';
import { kernels } from '../backend.ts';
import { allocate, checkInteger, checkOptions, checkSignal, checkVector } from '../check.ts';
import type { GradientCompressor, GradientCompressorOptions } from '../gradient/compressor.ts';
import { MAX_MILLISECONDS } from './aggregator-options.ts';
import { checkCompressorOptions, requireFittingPackets, shardCompressor } from './codecs.ts';
import { type Exchange, ShardDelivery } from './delivery.ts';
import { HadaquantNatsError } from './errors.ts';
import { checkConnection, Link, maxPayload, tooLarge } from './link.ts';
import { type Cut, checkCut } from './shards.ts';
import { checkJob, lastNumbers, Subjects } from './subjects.ts';
import { Window } from './window.ts';

/** What a `NatsWorker` is made of: the options of its compressors, and those of the exchange. */
export interface NatsWorkerOptions extends GradientCompressorOptions {
  /** Name of the job, 1 to 64 letters, digits, - and _, as the aggregators have it. */
  job: string;
  /** Another for each worker, 0 to 2^32 - 1: packets of one sender are counted once. */
  clientId: number;
  /** Parts that a round is summed in, 1 to the number of packets, as the aggregators have it. Default 1. */
  shards?: number;
  /** Packets under way at once, 1 to 65,536: the aggregator's pace is the worker's. Default 8. */
  window?: number;
  /** Milliseconds to wait for an answer before a packet is sent again, 1 to 600,000; more with each attempt. Default 1000. */
  ackTimeout?: number;
  /** Milliseconds that an exchange may take, 1 to 2^31 - 1; more than the aggregator's deadline. Default 30,000. */
  deadline?: number;
}

/** Options of `NatsWorker.exchange`. */
export interface ExchangeOptions {
  /** Number of the round, 0 to 2^53 - 1; higher from round to round. */
  round: number;
  /** Ends the exchange; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What came back for a gradient. */
export interface ExchangeResult {
  /** `length` coordinates; 0 in chunks that are missing. */
  mean: Float32Array;
  /** For each chunk of the gradient the senders that its mean is of. */
  senders: Uint32Array;
  /** Chunks that nobody's packet came for, or whose mean did not come in time. */
  missing: number[];
  /** Chunks of this worker that were too late for the mean. With `errorFeedback` they are part of the next gradient. */
  late: number[];
}

/**
 * Exchanges a gradient for the mean of all workers' gradients, round after round.
 *
 * @example
 * const worker = new NatsWorker(await connect(), { job: 'mnist', length, bits: 2, clientId: 3, errorFeedback: true });
 * const { mean, missing } = await worker.exchange(gradient, { round });
 */
export class NatsWorker {
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #cut: Cut;
  readonly #compressors: readonly GradientCompressor[];
  readonly #codec: Omit<GradientCompressorOptions, 'length' | 'chunk'>;
  readonly #window: number;
  readonly #ackTimeout: number;
  readonly #deadline: number;
  #running: { readonly stop: AbortController; readonly settled: Promise<unknown> } | null = null;
  #closed = false;
  /** With error feedback: what was sent, but too late or in vain. */
  #owed: Float32Array | null = null;
  /** The max_payload that packets are known to fit. */
  #fits = 0;

  /**
   * @param connection connected; it stays yours to close
   * @throws TypeError or RangeError that names the option
   */
  constructor(connection: NatsConnection, options: NatsWorkerOptions) {
    this.#connection = checkConnection(connection);
    const given = checkOptions(options);
    const { job, shards, window, ackTimeout, deadline, length, chunk, ...codec } = given;
    this.#subjects = new Subjects(checkJob(job));
    this.#cut = checkCut(given);
    checkInteger('clientId', given.clientId, 0, 2 ** 32 - 1);
    this.#window = window === undefined ? 8 : checkInteger('window', window, 1, 65536);
    this.#ackTimeout = ackTimeout === undefined ? 1000 : checkInteger('ackTimeout', ackTimeout, 1, 600_000);
    this.#deadline = deadline === undefined ? 30_000 : checkInteger('deadline', deadline, 1, MAX_MILLISECONDS);
    this.#codec = codec;
    checkCompressorOptions(this.#cut, codec);
    this.#compressors = this.#cut.shards.map((_, shard) => shardCompressor(this.#cut, shard, codec));
  }

  /** Packets that a gradient makes. */
  get packets(): number {
    return this.#cut.chunks;
  }

  /**
   * Sends the gradient and waits for the mean. If it fails, what error feedback keeps is as before: the same gradient can be given
   * again, in this round (its packets are not counted twice) or the next.
   * @param grad `length` float32, finite; not to be changed until the promise has settled
   * @returns what came: when all of it is here, or a part when the deadline has passed
   * @throws HadaquantNatsError if nothing usable came; TypeError or RangeError for the arguments, or if packets are larger than the
   *   server's max_payload
   */
  async exchange(grad: Float32Array, options: ExchangeOptions): Promise<ExchangeResult> {
    const given = checkOptions(options);
    const round = checkInteger('round', given.round, 0, Number.MAX_SAFE_INTEGER);
    const signal = checkSignal(given.signal);
    checkVector('grad', grad, this.#cut.length);
    if (this.#closed) throw new HadaquantNatsError('closed', 'the worker is closed');
    if (this.#running) throw new Error('exchange is running: wait for it before the next call');
    signal?.throwIfAborted();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal); // each question under way listens
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => stop.abort(DEADLINE), this.#deadline);
    const link = new Link(this.#connection);
    const work = this.#exchange(link, grad, round, stop);
    this.#running = { stop, settled: work.catch(() => {}) };
    try {
      return await work;
    } finally {
      this.#running = null;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      link.close();
    }
  }

  /** Ends a running exchange, which rejects. The connection stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.stop.abort(new HadaquantNatsError('closed', 'the worker was closed'));
    await this.#running?.settled;
  }

  async #exchange(link: Link, grad: Float32Array, round: number, stop: AbortController): Promise<ExchangeResult> {
    link.requireOpen();
    if (maxPayload(this.#connection) !== this.#fits) {
      requireFittingPackets(this.#connection, this.#cut, this.#codec);
      this.#fits = maxPayload(this.#connection);
    }
    const before: Before[] = this.#compressors.map(({ residual }) => residual);
    const feedback = before.some((residual) => residual !== null);
    try {
      const owed = this.#owed;
      const sent = owed ? grad.map((v, i) => v + owed[i]) : grad;
      const packets = await this.#compress(sent, round, stop.signal);
      const { signal } = stop;
      const exchange: Exchange = {
        link,
        subjects: this.#subjects,
        cut: this.#cut,
        round,
        ackTimeout: this.#ackTimeout,
        window: new Window(this.#window),
        signal,
      };
      const deliveries = packets.map((list, shard) => new ShardDelivery(exchange, shard, list));
      await this.#deliver(deliveries, round, stop);
      if (signal.aborted && signal.reason !== DEADLINE) throw signal.reason;
      const result = this.#collect(deliveries, round);
      if (feedback && result.late.length > 0) this.#owe(sent, before, result.late);
      else this.#owed = null;
      return result;
    } catch (error) {
      if (feedback) this.#owe(null, before, null);
      if (error === DEADLINE) throw new HadaquantNatsError('deadline', this.#inTime(round));
      throw error;
    }
  }

  /** All packets before the first is sent: a gradient that cannot be used is refused whole. */
  async #compress(grad: Float32Array, round: number, signal: AbortSignal): Promise<Uint8Array[][]> {
    if (!Number.isFinite(kernels().maxAbs(grad))) {
      const at = grad.findIndex((v) => !Number.isFinite(v));
      throw new RangeError(`grad must hold finite numbers, got ${grad[at]} at coordinate ${at}`);
    }
    const packets: Uint8Array[][] = [];
    for (const [shard, { first, end }] of this.#cut.shards.entries()) {
      const part = grad.subarray(first, end);
      packets.push(await this.#compressors[shard].compressAsync(part, { round, signal }));
    }
    const largest = packets.flat().reduce((most, packet) => Math.max(most, packet.length), 0);
    if (largest > maxPayload(this.#connection)) throw tooLarge(largest, this.#connection);
    return packets;
  }

  async #deliver(deliveries: readonly ShardDelivery[], round: number, stop: AbortController): Promise<void> {
    const subscription = this.#connection.subscribe(this.#subjects.mean(round, '*'), {
      callback: (error, message) => {
        if (error) {
          const what = `connection: ${error.message} (${this.#subjects.mean(round, '*')})`;
          stop.abort(new HadaquantNatsError('connection', what, { cause: error }));
          return;
        }
        const shard = lastNumbers(message.subject, 1)?.[0] ?? -1;
        try {
          deliveries[shard]?.accept(message.data);
        } catch (failure) {
          stop.abort(failure); // thrown from here it would end the connection
        }
      },
    });
    try {
      await Promise.all(
        deliveries.map((delivery) =>
          delivery.run().catch((error: unknown) => {
            stop.abort(error);
          }),
        ),
      );
    } finally {
      if (!this.#connection.isClosed()) subscription.unsubscribe();
    }
  }

  #collect(deliveries: readonly ShardDelivery[], round: number): ExchangeResult {
    const { length, chunks, shards } = this.#cut;
    const senders = new Uint32Array(chunks);
    const late: number[] = [];
    deliveries.forEach((delivery, shard) => {
      const { firstChunk } = shards[shard];
      senders.set(delivery.senders, firstChunk);
      for (const chunk of delivery.late) late.push(firstChunk + chunk);
    });
    if (!senders.some((count) => count > 0)) {
      const over = deliveries.find((delivery) => delivery.over !== null)?.over;
      if (over) throw new HadaquantNatsError('late', over);
      if (deliveries.every(({ complete }) => complete)) {
        throw new HadaquantNatsError(
          'deadline',
          `round ${round}: the aggregator's deadline passed before a packet came`,
        );
      }
      if (deliveries.some(({ answered }) => answered)) throw DEADLINE;
      throw new HadaquantNatsError('no-aggregator', `${this.#inTime(round)}: no aggregator answered`);
    }
    const mean = allocate(Float32Array, length);
    deliveries.forEach((delivery, shard) => {
      const { first, end } = shards[shard];
      delivery.meanTo(mean.subarray(first, end));
    });
    const missing = [...senders.keys()].filter((chunk) => senders[chunk] === 0);
    return { mean, senders, missing, late: late.sort((a, b) => a - b) };
  }

  /**
   * After an exchange with error feedback: what its packets held but no mean has, all of it (`late` null) or of some chunks, is
   * owed to the next one. Packets hold what went in, less what the compressors keep since.
   */
  #owe(sent: Float32Array | null, before: readonly Before[], late: readonly number[] | null): void {
    const owed = new Float32Array(this.#cut.length);
    this.#cut.shards.forEach(({ first }, shard) => {
      const had = before[shard];
      const has = this.#compressors[shard].residual;
      if (!had || !has) return;
      for (let i = 0; i < had.length; i++) owed[first + i] = had[i] - has[i];
    });
    const old = late ? sent : this.#owed;
    if (old) for (let i = 0; i < owed.length; i++) owed[i] += old[i];
    if (late) {
      const isLate = new Set(late);
      for (let chunk = 0; chunk < this.#cut.chunks; chunk++) {
        if (!isLate.has(chunk)) owed.fill(0, chunk * this.#cut.chunk, (chunk + 1) * this.#cut.chunk);
      }
    }
    this.#owed = owed;
  }

  #inTime(round: number): string {
    return `round ${round}: no mean came within deadline = ${this.#deadline} ms`;
  }
}

/** What a shard's compressor kept; null without error feedback. */
type Before = Float32Array | null;

/** Reason of an abort by the clock. */
const DEADLINE = new Error('deadline');
