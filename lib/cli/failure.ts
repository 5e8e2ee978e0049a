// SPDX-License-Identifier: Apache-2.0
/** From an error to what a shell user sees: one line on stderr, and an exit code. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { HadaquantFormatError } from '../check.ts';

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** The command line is wrong; nothing has been done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Nobody reads stdout any more (`hadaquant search ... | head`): a reason to stop, not an error. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
export const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The process was asked to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** 128 + n for signal n, as shells have it. */
export function exitCode(error: unknown): number {
  if (error instanceof OutputClosed) return 0;
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal];
  return EXIT_FAILURE;
}

/** What stderr gets, with its line end; nothing for OutputClosed. The stack too if `debug`. */
export function errorText(error: unknown, debug: boolean): string {
  if (error instanceof OutputClosed) return '';
  if (debug && error instanceof Error && error.stack) return `hadaquant: ${error.stack}\n`;
  return `hadaquant: ${oneLine(messageOf(error))}\n`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno, path, syscall } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? `${path ?? syscall}: ${known[1]}` : error.message;
}

/** File names and headers can hold anything, terminal escapes too. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').trim();
}

/** Waits for work on a file, whose errors do not all say which one it was, or name a temporary one: they get `path`. */
export async function naming<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HadaquantFormatError) {
      error.message = `${path}: ${error.message.replace(/^index file: /, '')}`;
    } else if (error instanceof Error && 'errno' in error) {
      Object.assign(error, { path });
    }
    throw error;
  }
}

/** The value of `work`, or the signal's reason as soon as it aborts; `work` must leave nothing that needs cleaning up. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
