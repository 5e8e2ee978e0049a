// SPDX-License-Identifier: Apache-2.0
/**
 * Long work in chunks: off the event loop, several at a time, with progress and abort.
 *
 * Memory rule: a native thread must never work on memory that its owner can detach or resize meanwhile. SharedArrayBuffer
 * views are used as they are; of any other array each chunk is copied just before it is needed (`ChunkMemory`), and results
 * are built in arrays that nobody else has yet.
 */
import { platform } from '#platform';
import { arrayTag, checkFunction, checkInteger, checkOptions, checkSignal, trueLength } from './check.ts';

/** Options of every asynchronous form, beside those of the form itself. */
export interface AsyncOptions {
  /** Stops the work at the next chunk; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called after each chunk with what is done and what there is in all: rows, or parts of a search. */
  onProgress?: (done: number, total: number) => void;
  /**
   * Chunks worked on at once (native backend), 1 to 64. Default: the number of CPUs, at most 4. They run on libuv's pool,
   * which has 4 threads unless UV_THREADPOOL_SIZE was set when the process started.
   */
  threads?: number;
}

export interface Schedule {
  signal: AbortSignal | undefined;
  onProgress: ((done: number, total: number) => void) | undefined;
  threads: number;
}

export function checkAsyncOptions(options: AsyncOptions | undefined): Schedule {
  const given = checkOptions(options);
  return {
    signal: checkSignal(given.signal),
    onProgress: checkFunction('onProgress', given.onProgress),
    threads:
      given.threads === undefined ? Math.min(platform.parallelism, 4) : checkInteger('threads', given.threads, 1, 64),
  };
}

/**
 * Runs task(start, end) for consecutive chunks of 0 .. total. Rejects with the failure of the foremost chunk that failed,
 * whichever thread was first, or with the signal's reason, but only when no chunk is in flight any more.
 */
export async function runChunks(
  total: number,
  chunk: number,
  schedule: Schedule,
  task: (start: number, end: number) => Promise<void>,
): Promise<void> {
  const { signal, onProgress, threads } = schedule;
  let next = 0;
  let done = 0;
  let failure: { at: number; error: unknown } | undefined;
  const fail = (at: number, error: unknown) => {
    if (!failure || at < failure.at) failure = { at, error };
  };
  const worker = async () => {
    while (next < total && !failure) {
      if (signal?.aborted) {
        fail(-1, signal.reason);
        return;
      }
      const start = next;
      const end = Math.min(start + chunk, total);
      next = end;
      try {
        await task(start, end);
        done += end - start;
        onProgress?.(done, total);
      } catch (error) {
        fail(start, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, Math.ceil(total / chunk)) }, worker));
  // an abort during the last chunk still counts: the caller has stopped waiting for the result
  if (signal?.aborted) fail(total, signal.reason);
  if (failure) throw failure.error;
}

type Viewable = Float32Array | Uint8Array;

/** Elements start .. end of `array` as they are now, for work that ends before the caller can do anything to them. */
export function chunkView<T extends Viewable>(name: string, array: T, length: number, start: number, end: number): T {
  if (trueLength(array) !== length) {
    throw new TypeError(`${name} was detached or resized while the call was running`);
  }
  // not array.subarray: a subclass may choose what it gives
  const Plain = (arrayTag(array) === 'Uint8Array' ? Uint8Array : Float32Array) as unknown as {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  };
  return new Plain(array.buffer, array.byteOffset + start * Plain.BYTES_PER_ELEMENT, end - start);
}

/**
 * Memory for chunks that other threads work on, used again and again: to get some that was never used takes longer than
 * to copy into it.
 */
export class ChunkMemory<T extends Viewable> {
  readonly #Type: { new (length: number): T };
  readonly #spare: T[] = [];

  constructor(Type: { new (length: number): T }) {
    this.#Type = Type;
  }

  /** Memory of nobody else, whatever it holds, until the work is done. */
  async lend<R>(length: number, work: (memory: T) => Promise<R>): Promise<R> {
    let memory = this.#spare.pop();
    if (!memory || memory.length < length) memory = new this.#Type(length);
    try {
      return await work(memory.subarray(0, length) as T);
    } finally {
      this.#spare.push(memory);
    }
  }

  /** A view in memory that is safe to hand to another thread: where it lies if it is shared, else a copy. */
  async lendCopy<R>(view: T, work: (copy: T) => Promise<R>): Promise<R> {
    if (typeof SharedArrayBuffer !== 'undefined' && view.buffer instanceof SharedArrayBuffer) return work(view);
    return this.lend(view.length, (memory) => {
      memory.set(view);
      return work(memory);
    });
  }
}
