// SPDX-License-Identifier: Apache-2.0
// Ends worker threads in the middle of native calls, ten times; then the process must still work.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Quantizer } from '../../dist/index.js';

const q = new Quantizer({ dim: 1024, bits: 4 });
const x = Float32Array.from({ length: 4096 * 1024 }, (_, i) => (i % 97) - 48);

if (isMainThread) {
  for (let i = 0; i < 10; i++) {
    const worker = new Worker(new URL(import.meta.url));
    await new Promise((resolve) => worker.once('message', resolve));
    // different moments of the call
    await new Promise((resolve) => setTimeout(resolve, 3 * i));
    await worker.terminate();
  }
  const few = x.subarray(0, 8 * 1024);
  const [sync, async] = [q.encode(few), await q.encodeAsync(few)];
  if (Buffer.compare(sync, async)) throw new Error('encodeAsync gives other bytes than encode');
  console.log('alive');
} else {
  for (;;) {
    const work = q.encodeAsync(x, { threads: 4 });
    parentPort.postMessage('started');
    await q.decodeAsync(await work, { threads: 4 });
  }
}
