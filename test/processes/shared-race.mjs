// SPDX-License-Identifier: Apache-2.0
// Another thread damages records in shared memory while this one reads them: any answer or HadaquantFormatError will do.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HadaquantFormatError, Quantizer } from '../../dist/index.js';

const dim = 2 ** 15;
const rows = 64; // all are checked before the first is read: the last one has time to change in between
const q = new Quantizer({ dim, bits: 1, rounds: 1 });
const last = rows * q.bytesPerVector - 1;

if (isMainThread) {
  const x = new Float32Array(dim).fill(1);
  const codes = new Uint8Array(new SharedArrayBuffer(rows * q.bytesPerVector));
  for (let r = 0; r < rows; r++) codes.set(q.encode(x), r * q.bytesPerVector);
  const worker = new Worker(new URL(import.meta.url), { workerData: codes });
  await new Promise((resolve) => worker.once('message', resolve));
  const counts = { answers: 0, refused: 0, wrong: 0 };
  const right = q.innerProducts(x, codes.slice().fill(1, last)).at(-1);
  for (let i = 0; i < 150; i++) {
    for (const read of [() => q.innerProducts(x, codes).at(-1), () => q.decode(codes) && right]) {
      try {
        // only the rounds change, between 1 and 0: an answer that was not refused is that of 1
        if (read() !== right) counts.wrong++;
        counts.answers++;
      } catch (error) {
        if (!(error instanceof HadaquantFormatError)) throw error;
        counts.refused++;
      }
    }
  }
  await worker.terminate();
  console.log(JSON.stringify(counts));
} else {
  parentPort.postMessage('ready');
  const codes = workerData;
  // the rounds of the record: 1, 0 (invalid) and 1 again
  for (;;) {
    for (let i = 0; i < 3000; i++) Atomics.store(codes, last, 1);
    for (let i = 0; i < 3000; i++) Atomics.store(codes, last, 0);
  }
}
