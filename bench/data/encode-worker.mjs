// SPDX-License-Identifier: Apache-2.0
import { parentPort } from 'node:worker_threads';
import { encode } from './encoder.mjs';

parentPort.on('message', async ({ shard, sentences }) => {
  const rows = await encode(sentences);
  parentPort.postMessage({ shard, rows }, [rows.buffer]);
});
