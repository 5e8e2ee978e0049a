// SPDX-License-Identifier: Apache-2.0
// A sender in a thread of its own: compresses its part of shared memory in every round that it is told, and posts the packets.
import { parentPort, workerData } from 'node:worker_threads';
import { GradientCompressor } from '../../dist/gradient/index.js';

const { memory, length, clientId, options, asynchronous } = workerData;
const gradient = new Float32Array(memory, 4 * length * clientId, length);
const compressor = new GradientCompressor({ length, clientId, ...options });
parentPort.on('message', async (round) => {
  const packets = asynchronous
    ? await compressor.compressAsync(gradient, { round, threads: 2 })
    : compressor.compress(gradient, { round });
  parentPort.postMessage({ clientId, round, packets }, asynchronous ? packets.map(({ buffer }) => buffer) : []);
});
