// SPDX-License-Identifier: Apache-2.0
/** The streams of a bulk job, and work on them that outlasts a restart of the server. */
import type {
  AckPolicy,
  DiscardPolicy,
  JetStreamClient,
  JetStreamManager,
  NatsConnection,
  RetentionPolicy,
  StorageType,
} from 'nats';
import { HadaquantFormatError } from '../check.ts';
import type { QuantizerJson } from '../codec/quantizer.ts';
import { HadaquantNatsError, messageOf } from './errors.ts';
import { orAborted, pause } from './link.ts';
import { decodeJson, encodeJson } from './messages.ts';
import { Subjects } from './subjects.ts';

/** What a job is: stored with its records, so that every part of it does the same. */
export interface JobDescription {
  readonly rows: number;
  readonly dim: number;
  readonly batchRows: number;
  readonly quantizer: QuantizerJson;
}

export const batchesOf = ({ rows, batchRows }: JobDescription): number => Math.ceil(rows / batchRows);

/** Codes of the server's answers. */
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_FULL = 10077;
const STREAM_NOT_FOUND = 10059;
const NO_MESSAGE = 10037;
/** Milliseconds that the server has for an answer. */
const TIMEOUT = 2000;
/** Before the next try. */
const AGAIN = 100;
const apiCode = (error: unknown): number | undefined =>
  (error as { api_error?: { err_code?: number } }).api_error?.err_code;

export class BulkStreams {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly rowsStream: string;
  readonly recordsStream: string;
  readonly signal: AbortSignal;
  readonly #job: string;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;

  private constructor(connection: NatsConnection, job: string, signal: AbortSignal, manager: JetStreamManager) {
    this.connection = connection;
    this.signal = signal;
    this.subjects = new Subjects(job);
    this.rowsStream = `hadaquant_${job}_rows`;
    this.recordsStream = `hadaquant_${job}_records`;
    this.#job = job;
    this.#manager = manager;
    this.#client = connection.jetstream({ timeout: TIMEOUT });
  }

  /** @throws HadaquantNatsError if the server has no JetStream */
  static async of(connection: NatsConnection, job: string, signal: AbortSignal): Promise<BulkStreams> {
    for (;;) {
      requireGoing(connection, signal);
      try {
        const manager = await orAborted(connection.jetstreamManager({ timeout: TIMEOUT }), signal, null);
        if (manager) return new BulkStreams(connection, job, signal, manager);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'TIMEOUT') {
          const what = `bulk jobs need a server with JetStream (nats-server -js): ${messageOf(error)}`;
          throw new HadaquantNatsError('jetstream', what, { cause: error });
        }
      }
    }
  }

  /** Both streams, as they are if there are any. `backlog`: batches that may wait for an encoder. */
  async create(backlog: number, replicas: number): Promise<void> {
    const common = { storage: 'file' as StorageType, num_replicas: replicas };
    const make = (config: { name: string; subjects: string[] } & Record<string, unknown>) =>
      this.persist(async () => {
        if ((await this.#info(config.name)) !== null) return;
        await this.#manager.streams.add({ ...common, ...config });
      });
    await make({
      name: this.rowsStream,
      subjects: [this.subjects.rows('*')],
      retention: 'workqueue' as RetentionPolicy,
      discard: 'new' as DiscardPolicy,
      max_msgs: backlog,
    });
    await make({
      name: this.recordsStream,
      subjects: [this.subjects.records('*'), this.subjects.description()],
    });
  }

  async remove(): Promise<void> {
    for (const name of [this.rowsStream, this.recordsStream]) {
      await this.persist(async () => {
        if ((await this.#info(name)) !== null) await this.#manager.streams.delete(name);
      });
    }
  }

  /** Stores the description, or gives the one that is there. */
  async describe(description: JobDescription): Promise<JobDescription> {
    await this.publishOnce(this.subjects.description(), encodeJson(description));
    return await this.awaitDescription();
  }

  /** Null while there is none. */
  async description(): Promise<JobDescription | null> {
    const bytes = await this.message(this.subjects.description());
    if (!bytes) return null;
    const value = decodeJson(bytes);
    if (!value || !['rows', 'dim', 'batchRows'].every((name) => Number.isSafeInteger(value[name]))) {
      throw new HadaquantFormatError(`job ${this.#job}: its description is none`);
    }
    return value as unknown as JobDescription;
  }

  /** Batches of rows that were ever stored: the stream counts them, whoever has taken them since. */
  rowsStored(): Promise<number> {
    return this.persist(async () => (await this.#stateOf(this.rowsStream)).last_seq);
  }

  /** Batches whose records are stored. */
  recordsStored(): Promise<number> {
    return this.persist(async () => (await this.#stateOf(this.recordsStream)).messages - 1);
  }

  /** A batch of rows behind `batch` others; false if that is not where it belongs (any more), or there is no room now. */
  async publishRows(batch: number, message: Uint8Array): Promise<boolean> {
    try {
      await this.#client.publish(this.subjects.rows(batch), message, {
        msgID: String(batch),
        expect: { streamName: this.rowsStream, lastSequence: batch },
      });
      return true;
    } catch (error) {
      const code = apiCode(error);
      requireGoing(this.connection, this.signal);
      if (code === WRONG_LAST_SEQUENCE || code === STREAM_FULL || this.#isPassing(error)) return false;
      throw this.#explain(error);
    }
  }

  /** The only message of its subject. Nothing happens if there is one. */
  publishOnce(subject: string, message: Uint8Array): Promise<void> {
    return this.persist(async () => {
      try {
        const expect = { streamName: this.recordsStream, lastSubjectSequence: 0 };
        await this.#client.publish(subject, message, { msgID: subject, expect });
      } catch (error) {
        if (apiCode(error) !== WRONG_LAST_SEQUENCE) throw error;
      }
    });
  }

  /** The message of a subject of the records' stream; null if there is none (yet). */
  async message(subject: string): Promise<Uint8Array | null> {
    try {
      return (await this.#manager.streams.getMessage(this.recordsStream, { last_by_subj: subject })).data;
    } catch (error) {
      requireGoing(this.connection, this.signal);
      if (apiCode(error) === NO_MESSAGE || this.#isPassing(error)) return null;
      // before its description there is no job
      if (apiCode(error) === STREAM_NOT_FOUND && subject === this.subjects.description()) return null;
      throw this.#explain(error);
    }
  }

  /** Waits for a message of the records' stream. */
  async awaitMessage(subject: string): Promise<Uint8Array> {
    for (let wait = AGAIN / 4; ; wait = Math.min(2 * wait, 5 * AGAIN)) {
      requireGoing(this.connection, this.signal);
      const found = await this.message(subject);
      if (found) return found;
      await pause(wait, this.signal);
    }
  }

  async awaitDescription(): Promise<JobDescription> {
    await this.awaitMessage(this.subjects.description());
    return (await this.persist(() => this.description())) as JobDescription;
  }

  /** The task, again and again while the server is not to be reached. */
  async persist<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      requireGoing(this.connection, this.signal);
      try {
        return await task();
      } catch (error) {
        requireGoing(this.connection, this.signal);
        if (!this.#isPassing(error)) throw this.#explain(error);
        await pause(AGAIN, this.signal);
      }
    }
  }

  /** The durable consumer that all encoders share. */
  encoders(ackWait: number): ReturnType<JetStreamClient['consumers']['get']> {
    return this.persist(async () => {
      await this.#manager.consumers.add(this.rowsStream, {
        durable_name: 'encoders',
        ack_policy: 'explicit' as AckPolicy,
        ack_wait: ackWait * 1_000_000,
        max_ack_pending: -1,
      });
      return await this.#client.consumers.get(this.rowsStream, 'encoders');
    });
  }

  /** The server's refusal as an error of this package; others as they are. */
  #explain(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof HadaquantNatsError || !('code' in error)) return error;
    const gone = 'there is none of that name, or it was removed';
    const what = apiCode(error) === STREAM_NOT_FOUND ? gone : error.message;
    return new HadaquantNatsError('jetstream', `job ${this.#job}: ${what}`, { cause: error });
  }

  /** A server that is gone, restarting, or still looking for its streams. */
  #isPassing(error: unknown): boolean {
    const { code } = error as { code?: unknown };
    return ['503', 'TIMEOUT', 'CANCELLED', 'DISCONNECT', '408', '409'].includes(String(code));
  }

  async #info(name: string): Promise<object | null> {
    try {
      return await this.#manager.streams.info(name);
    } catch (error) {
      if (apiCode(error) === STREAM_NOT_FOUND) return null;
      throw error;
    }
  }

  async #stateOf(name: string): Promise<{ last_seq: number; messages: number }> {
    return (await this.#manager.streams.info(name)).state;
  }
}

/** @throws the signal's reason, or HadaquantNatsError if the connection is closed for good */
export function requireGoing(connection: NatsConnection, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (connection.isClosed()) throw new HadaquantNatsError('connection', 'connection is closed');
}
