// SPDX-License-Identifier: Apache-2.0
import { OutputClosed } from './failure.ts';
import { type Progress, showProgress } from './progress.ts';

/** What a command has of the process it runs in. */
export interface Session {
  /** Aborts when the process is asked to stop; its reason is an Interrupted. */
  readonly signal: AbortSignal;
  /** Writes to stdout, as fast as it is read. @throws OutputClosed if nobody reads it any more */
  print(text: string): Promise<void>;
  /** One line on stderr that is not an error. */
  note(line: string): void;
  progress(label: string, total: number, unit: string): Progress;
}

export function processSession(signal: AbortSignal): Session {
  // failed writes are reported to their callbacks; without a listener they would also be thrown
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return {
    signal,
    print: (text) => writeOut(process.stdout, text),
    note: (line) => void process.stderr.write(`hadaquant: ${line}\n`),
    progress: (label, total, unit) => showProgress(process.stderr, label, total, unit),
  };
}

function writeOut(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error) return resolve();
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return reject(new OutputClosed('stdout was closed'));
      (error as NodeJS.ErrnoException).path = 'stdout';
      reject(error);
    });
  });
}
