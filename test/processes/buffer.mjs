// SPDX-License-Identifier: Apache-2.0
// Detaches and frees the memory of a Buffer while decodeAsync works on it. `slice()` of a Buffer does not copy.
import { Quantizer } from '../../dist/index.js';

const dim = 2 ** 24; // a row is a chunk, and takes long enough to be met in the middle
const q = new Quantizer({ dim, bits: 8, rounds: 1 });
const codes = Buffer.from(new Uint8Array(q.encode(new Float32Array(2 * dim).fill(1))).buffer);
const call = q.decodeAsync(codes, { threads: 2 });
structuredClone(codes.buffer, { transfer: [codes.buffer] });
for (let i = 0; i < 5; i++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
await call.catch(() => undefined);
console.log('settled');
