// SPDX-License-Identifier: Apache-2.0
// A worker that tells which backend it uses and what bytes it gives; workerData: { dim, bits, rows }.
import { parentPort, workerData } from 'node:worker_threads';
import { backend, Quantizer } from '../../dist/index.js';

const { dim, bits, rows } = workerData;
const q = new Quantizer({ dim, bits });
const x = Float32Array.from({ length: rows * dim }, (_, i) => Math.fround(((i * 7919) % 1009) - 504));
const query = x.subarray(0, dim);
// several times, so that workers overlap
let codes;
for (let i = 0; i < 5; i++) codes = await q.encodeAsync(x);
const decoded = await q.decodeAsync(codes);
parentPort.postMessage({ backend, codes, decoded, products: q.innerProducts(query, codes) });
