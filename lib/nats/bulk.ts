// SPDX-License-Identifier: Apache-2.0
/**
 * Bulk jobs over JetStream: one process publishes the rows of a corpus in batches, any number of encoders make records of them,
 * a collector reads the records in order. Every part may die and start again, the server too: each batch comes to one set of
 * records, in its place.
 */
import type { NatsConnection } from 'nats';
import { arrayTag, checkFunction, checkInteger, checkOptions, checkRows, checkSignal, typeError } from '../check.ts';
import type { CodecName } from '../codec/codec.ts';
import { Quantizer } from '../codec/quantizer.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { BATCH_OVERHEAD, type Batch, batchRecords, batchRows, decodeBatch, encodeBatch } from './bulk-batch.ts';
import { BulkStreams, batchesOf, type JobDescription, requireGoing } from './bulk-streams.ts';
import { HadaquantNatsError, messageOf } from './errors.ts';
import { checkConnection, maxPayload, pause } from './link.ts';
import { encodeText } from './messages.ts';
import { checkJob, lastNumbers } from './subjects.ts';

/** Options of every part of a bulk job. */
export interface BulkOptions {
  /** Name of the job, 1 to 64 letters, digits, - and _. */
  job: string;
  /** Ends the work; the promise rejects with the signal's reason. What is stored stays, and the work can go on later. */
  signal?: AbortSignal;
  /** Called with the rows that are done, and all of them. */
  onProgress?: (done: number, total: number) => void;
}

/** Rows that are read when their turn comes; the same ones whenever they are read again. */
export interface RowSource {
  /** How many there are. */
  readonly count: number;
  /** Rows first .. first + count - 1, `count * dim` float32. */
  read(first: number, count: number): Float32Array | Promise<Float32Array>;
}

/** Options of `publishRows`. */
export interface PublishRowsOptions extends BulkOptions {
  /** How the rows are to be encoded. It is stored with the job. */
  quantizer: Quantizer<CodecName>;
  /** The corpus: rows x dim float32, or a source of them. */
  rows: Float32Array | RowSource;
  /** Rows of a batch. Default: about half of what the server takes in a message, at most half a megabyte. */
  batchRows?: number;
  /** Batches that may wait in the stream for an encoder, 1 to 2^31 - 1; the publisher waits with them. Default 256. */
  backlog?: number;
  /** Copies that a cluster keeps of the streams, 1 to 5. Default 1. */
  replicas?: number;
}

/** Options of `encodeRows`. */
export interface EncodeRowsOptions extends BulkOptions {
  /** Chunks of a batch that are encoded at once, 1 to 64. Default: as `Quantizer.encodeAsync` has it. */
  threads?: number;
  /** Milliseconds after which a batch that an encoder took goes to another one, 100 to 86,400,000. Default 30,000. */
  ackWait?: number;
  /** Batches taken at once, 1 to 256. Default 4. */
  window?: number;
}

/** Options of `collectRecords`. */
export interface CollectRecordsOptions extends BulkOptions {
  /** First batch to give: how many were given before. Default 0. */
  from?: number;
}

/** The records of consecutive rows. */
export interface RecordBatch {
  /** Number of the batch, from 0. */
  batch: number;
  /** Number of its first row. */
  firstRow: number;
  /** How many rows it has. */
  rows: number;
  /** The rows' records, as the job's quantizer makes them. */
  records: Uint8Array;
}

/** Batches published at once; the stream refuses those behind one that was lost. */
const PUBLISHED_AT_ONCE = 8;
const LARGEST_MESSAGE = 1024 * 1024;
/** How long a question for batches waits at the server. */
const FETCH_EXPIRES = 1000;
const AGAIN = 100;

/**
 * Publishes the rows of a job, from where an earlier call left off. Settles when all are stored, not when they are encoded.
 * @returns batches in all, and how many of them were there before
 * @throws HadaquantNatsError 'mismatch' if a job of this name has other rows or another quantizer; RangeError naming the row, if one
 *   cannot be encoded
 */
export async function publishRows(
  connection: NatsConnection,
  options: PublishRowsOptions,
): Promise<{
  /** Batches in all. */
  batches: number;
  /** How many of them were stored before this call. */
  before: number;
}> {
  const { job, signal, onProgress } = checkBulk(connection, options);
  const { quantizer, backlog = 256, replicas = 1 } = options;
  if (!(quantizer instanceof Quantizer)) throw typeError('quantizer', 'a Quantizer', quantizer);
  checkInteger('backlog', backlog, 1, 2 ** 31 - 1);
  checkInteger('replicas', replicas, 1, 5);
  const source = checkSource(options.rows, quantizer.dim);
  const given = checkBatchRows(connection, options.batchRows, quantizer);
  const streams = await BulkStreams.of(connection, job, signal);
  await streams.create(backlog, replicas);
  const wanted: JobDescription = {
    rows: source.count,
    dim: quantizer.dim,
    batchRows: given,
    quantizer: quantizer.toJSON(),
  };
  const description = await streams.describe(wanted);
  requireSameJob(job, wanted, description, options.batchRows === undefined);
  const batches = batchesOf(description);
  const before = Math.min(batches, await streams.rowsStored());
  let stored = before;
  const progress = () => onProgress?.(Math.min(stored * description.batchRows, source.count), source.count);
  progress();
  while (stored < batches) {
    requireGoing(connection, signal);
    const group = Array.from({ length: Math.min(PUBLISHED_AT_ONCE, batches - stored) }, (_, i) => stored + i);
    const messages: Uint8Array[] = [];
    for (const batch of group) messages.push(await readBatch(source, description, batch));
    const sent = await Promise.all(group.map((batch, i) => streams.publishRows(batch, messages[i])));
    if (sent.includes(false)) {
      await pause(AGAIN, signal);
      stored = Math.min(batches, await streams.rowsStored());
    } else {
      stored += group.length;
    }
    progress();
  }
  return { batches, before };
}

/**
 * Encodes batches of a job, beside any number of others that do the same, until all its records are stored. Waits for the job if
 * there is none yet.
 * @returns what this call encoded
 * @throws HadaquantNatsError 'jetstream' or 'connection' if the server cannot be used; TypeError or RangeError for the options
 */
export async function encodeRows(
  connection: NatsConnection,
  options: EncodeRowsOptions,
): Promise<{
  /** Batches that this call encoded. */
  batches: number;
  /** Rows of those batches. */
  rows: number;
}> {
  const { job, signal, onProgress } = checkBulk(connection, options);
  const { ackWait = 30_000, window = 4, threads } = options;
  checkInteger('ackWait', ackWait, 100, 86_400_000);
  checkInteger('window', window, 1, 256);
  if (threads !== undefined) checkInteger('threads', threads, 1, 64);
  const streams = await BulkStreams.of(connection, job, signal);
  const description = await streams.awaitDescription();
  const quantizer = Quantizer.fromJSON(description.quantizer);
  const batches = batchesOf(description);
  const encode = async (data: Uint8Array, subject: string): Promise<Batch> => {
    const batch = lastNumbers(subject, 1)?.[0] ?? -1;
    const common = { batch, firstRow: batch * description.batchRows };
    try {
      const found = decodeBatch(`batch ${batch}`, data);
      const rows = batchRows(found, quantizer.dim);
      const body = await quantizer.encodeAsync(rows, {
        firstIndex: found.firstRow,
        signal,
        ...(threads === undefined ? {} : { threads }),
      });
      if (body.length + BATCH_OVERHEAD > maxPayload(connection)) {
        throw new RangeError(`batchRows must be smaller: its records have ${body.length} bytes`);
      }
      return { ...common, kind: 'records', rows: found.rows, body };
    } catch (error) {
      // for the collector: no encoder can do anything about it
      signal.throwIfAborted();
      return { ...common, kind: 'failure', rows: 0, body: encodeText(messageOf(error).slice(0, 1000)) };
    }
  };
  const own = { batches: 0, rows: 0 };
  for (;;) {
    const stored = await streams.recordsStored();
    onProgress?.(Math.min(stored * description.batchRows, description.rows), description.rows);
    if (stored >= batches) return own;
    await streams.persist(async () => {
      const consumer = await streams.encoders(ackWait);
      // no more than there can be: the question waits for all that it asks for
      const messages = await consumer.fetch({
        max_messages: Math.min(window, batches - stored),
        expires: FETCH_EXPIRES,
      });
      const stop = () => void messages.close();
      signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const message of messages) {
          requireGoing(connection, signal);
          const result = await encode(message.data, message.subject);
          if (result.batch >= 0 && result.batch < batches) {
            await streams.publishOnce(streams.subjects.records(result.batch), encodeBatch(result));
            own.batches++;
            own.rows += result.rows;
          }
          message.ack();
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    });
  }
}

/**
 * The records of a job, batch after batch in the order of the rows; waits for those that are not there yet. Keep `batch` with what you
 * have written: `from: batch + 1` goes on after a crash. Records stay stored until `removeBulkJob`.
 * @throws HadaquantFormatError for a batch that could not be encoded
 */
export async function* collectRecords(
  connection: NatsConnection,
  options: CollectRecordsOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const { job, signal, onProgress } = checkBulk(connection, options);
  const from = options.from === undefined ? 0 : checkInteger('from', options.from, 0);
  const streams = await BulkStreams.of(connection, job, signal);
  const description = await streams.awaitDescription();
  const batches = batchesOf(description);
  for (let batch = from; batch < batches; batch++) {
    const name = `batch ${batch}`;
    const found = decodeBatch(name, await streams.awaitMessage(streams.subjects.records(batch)));
    const firstRow = batch * description.batchRows;
    const rows = Math.min(description.batchRows, description.rows - firstRow);
    const records = batchRecords(found);
    if (found.batch !== batch || found.firstRow !== firstRow || found.rows !== rows) {
      throw new HadaquantNatsError('mismatch', `${name}: its records are of other rows`);
    }
    yield { batch, firstRow, rows, records };
    onProgress?.(firstRow + rows, description.rows);
  }
}

/**
 * Removes a job's streams, with all that is in them. Nothing happens if there are none.
 * @throws HadaquantNatsError 'jetstream' or 'connection' if the server cannot be used
 */
export async function removeBulkJob(connection: NatsConnection, options: BulkOptions): Promise<void> {
  const { job, signal } = checkBulk(connection, options);
  const streams = await BulkStreams.of(connection, job, signal);
  await streams.remove();
}

function checkBulk(connection: NatsConnection, options: BulkOptions) {
  checkConnection(connection);
  const given = checkOptions(options);
  const job = checkJob(given.job);
  const onProgress = checkFunction('onProgress', given.onProgress);
  return { job, onProgress, signal: checkSignal(given.signal) ?? new AbortController().signal };
}

function checkSource(rows: Float32Array | RowSource, dim: number): RowSource {
  if (arrayTag(rows) !== undefined) {
    const array = rows as Float32Array;
    const count = checkRows('rows', array, dim);
    return { count, read: (first, n) => array.subarray(first * dim, (first + n) * dim) };
  }
  if (typeof rows !== 'object' || rows === null || typeof (rows as RowSource).read !== 'function') {
    throw typeError('rows', 'a Float32Array or { count, read }', rows);
  }
  const source = rows as RowSource;
  checkInteger('rows.count', source.count, 1, Number.MAX_SAFE_INTEGER);
  return source;
}

/** Both rows and records of a batch fit a message. */
function checkBatchRows(
  connection: NatsConnection,
  given: number | undefined,
  quantizer: Quantizer<CodecName>,
): number {
  const perRow = Math.max(4 * quantizer.dim, quantizer.bytesPerVector ?? 0);
  const largest = Math.floor((maxPayload(connection) - BATCH_OVERHEAD) / perRow);
  if (largest < 1) {
    throw new RangeError(
      `rows must fit the server's max_payload of ${maxPayload(connection)}, one has ${perRow} bytes`,
    );
  }
  if (given !== undefined) return checkInteger('batchRows', given, 1, largest);
  return Math.max(1, Math.floor(Math.min(maxPayload(connection), LARGEST_MESSAGE) / 2 / perRow));
}

async function readBatch(source: RowSource, { dim, batchRows, rows }: JobDescription, batch: number) {
  const firstRow = batch * batchRows;
  const count = Math.min(batchRows, rows - firstRow);
  const read = await source.read(firstRow, count);
  if (checkRows('rows', read, dim) !== count) {
    throw new RangeError(
      `rows.read must give ${count} rows of ${dim} from row ${firstRow}, got ${read.length} elements`,
    );
  }
  const copy = Float32Array.from(read);
  requireUsableRows('rows', copy, dim, firstRow);
  return encodeBatch({ kind: 'rows', batch, firstRow, rows: count, body: new Uint8Array(copy.buffer) });
}

function requireSameJob(job: string, wanted: JobDescription, stored: JobDescription, anyBatchRows: boolean): void {
  for (const name of ['rows', 'dim', 'batchRows', 'quantizer'] as const) {
    if (name === 'batchRows' && anyBatchRows) continue;
    const [a, b] = [wanted[name], stored[name]].map((value) => JSON.stringify(value));
    if (a !== b) throw new HadaquantNatsError('mismatch', `job ${job} exists with ${name} ${b}, got ${a}`);
  }
}
