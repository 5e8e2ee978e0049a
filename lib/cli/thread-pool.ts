// SPDX-License-Identifier: Apache-2.0
/**
 * Native work runs on libuv's pool: 4 threads unless UV_THREADPOOL_SIZE says otherwise when the process starts. By the time
 * an ES module runs the pool is there already, so more threads need another process.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { STOP_SIGNALS } from './failure.ts';

const POOL_SIZE = 4;

/** True if `threads` are more than this process can have, and nobody has settled their number. */
export function needsLargerPool(threads: number | undefined): threads is number {
  return threads !== undefined && threads > POOL_SIZE && process.env['UV_THREADPOOL_SIZE'] === undefined;
}

/** Runs this command line again with a pool of `threads`, and one for files; gives its exit code. */
export function runWithLargerPool(threads: number): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads + 1) },
  });
  // Ctrl-C reaches both; a signal sent to this process alone must reach the one that works
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
