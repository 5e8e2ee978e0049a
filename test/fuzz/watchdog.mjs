// SPDX-License-Identifier: Apache-2.0
// Ends a process whose main thread does not come back, whatever it hangs in.
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Far above any input's time, on a busy machine too. */
const PATIENCE_MS = 60_000;

/** @returns to be called before each input */
export function startWatchdog() {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  new Worker(new URL(import.meta.url), { workerData: beats }).unref();
  return () => Atomics.add(beats, 0, 1);
}

if (!isMainThread) {
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(workerData, 0);
    if (now === last) process.kill(process.pid, 'SIGKILL');
    last = now;
  }, PATIENCE_MS);
}
