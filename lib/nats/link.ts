// SPDX-License-Identifier: Apache-2.0
/** What both sides do with a connection: ask with a time limit, and know whether there is a server at the other end. */
import type { NatsConnection, QueuedIterator, Status } from 'nats';
import { typeError } from '../check.ts';
import { HadaquantNatsError, messageOf } from './errors.ts';

/** 'silence': nothing came in time, the question or the answer may be lost. 'nobody': no one listens to that subject. */
export type Answer = { readonly kind: 'reply'; readonly data: Uint8Array } | { readonly kind: 'silence' | 'nobody' };

const SILENCE: Answer = { kind: 'silence' };
const NOBODY: Answer = { kind: 'nobody' };

export function checkConnection(value: unknown): NatsConnection {
  const given = value as Partial<NatsConnection> | null | undefined;
  if (typeof given !== 'object' || given === null || typeof given.request !== 'function') {
    throw typeError('connection', "a NatsConnection of the package 'nats'", value);
  }
  return value as NatsConnection;
}

export class Link {
  readonly connection: NatsConnection;
  readonly #events: AsyncIterable<Status>;
  readonly #onReconnect: () => void;
  #connected = true;
  #wake: (() => void)[] = [];

  constructor(connection: NatsConnection, onReconnect: () => void = () => {}) {
    this.connection = connection;
    this.#onReconnect = onReconnect;
    this.#events = connection.status();
    this.#watch().catch(() => {});
  }

  /**
   * One question, one answer.
   * @param signal ends the wait; the answer is silence then
   * @throws HadaquantNatsError if the connection is closed for good, RangeError if the payload is too large for the server
   */
  async ask(subject: string, payload: Uint8Array, timeout: number, signal: AbortSignal): Promise<Answer> {
    await this.#untilConnected(signal);
    if (signal.aborted) return SILENCE;
    this.requireOpen();
    const request = this.connection.request(subject, payload, { timeout }).then(
      ({ data }): Answer => ({ kind: 'reply', data }),
      (error: unknown) => this.#explain(error, subject, payload),
    );
    return await orAborted(request, signal, SILENCE);
  }

  /** @throws HadaquantNatsError */
  requireOpen(): void {
    if (this.connection.isClosed()) throw new HadaquantNatsError('connection', 'connection is closed');
    if (this.connection.isDraining()) throw new HadaquantNatsError('connection', 'connection is draining');
  }

  close(): void {
    (this.#events as Partial<QueuedIterator<Status>>).stop?.();
    this.#resume();
  }

  #explain(error: unknown, subject: string, payload: Uint8Array): Answer {
    const code = (error as { code?: unknown }).code;
    if (code === '503') return NOBODY;
    if (code === 'TIMEOUT' || code === 'CANCELLED' || code === 'DISCONNECT') return SILENCE;
    if (code === 'MAX_PAYLOAD_EXCEEDED') throw tooLarge(payload.length, this.connection);
    if (this.connection.isClosed()) throw new HadaquantNatsError('connection', 'connection is closed');
    throw new HadaquantNatsError('connection', `connection: ${messageOf(error)} (${subject})`, { cause: error });
  }

  async #untilConnected(signal: AbortSignal): Promise<void> {
    if (this.#connected) return;
    const up = new Promise<void>((resolve) => this.#wake.push(resolve));
    await orAborted(Promise.race([up, this.connection.closed()]), signal, undefined);
  }

  #resume(): void {
    this.#connected = true;
    const wake = this.#wake;
    this.#wake = [];
    for (const resume of wake) resume();
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#events) {
      if (type === 'disconnect') this.#connected = false;
      if (type === 'reconnect') {
        this.#resume();
        this.#onReconnect();
      }
    }
  }
}

/** The largest message the server takes. */
export function maxPayload(connection: NatsConnection): number {
  return connection.info?.max_payload ?? 1024 * 1024;
}

export function tooLarge(bytes: number, connection: NatsConnection): RangeError {
  return new RangeError(
    `chunk must be smaller (for all workers and aggregators of the job): a packet has ${bytes} bytes, ` +
      `more than the server's max_payload of ${maxPayload(connection)}`,
  );
}

/** What the promise gives, or `otherwise` once the signal is aborted. The promise's own failure after that is nobody's. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(otherwise);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits for the promise, whatever becomes of it, but no longer than this. */
export async function within(ms: number, promise: Promise<unknown> | undefined): Promise<void> {
  const stop = new AbortController();
  await Promise.race([promise?.catch(() => {}), pause(ms, stop.signal)]);
  stop.abort();
}

/** Waits, at most until the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
