// SPDX-License-Identifier: Apache-2.0
// The main job, in a project that has installed the package: encode, search, decode. Prints which backend did it and a sum
// over all bytes, which every backend, runtime and bundler must give. The checks copy this file or import it.
import { backend, FlatIndex, Quantizer } from 'hadaquant';

const dim = 100;
const rows = Float32Array.from({ length: 40 * dim }, (_, i) => Math.fround((((i * 7919) % 1009) / 504 - 1) ** 3));
const index = new FlatIndex({ dim, bits: 4, metric: 'l2' });
index.add(rows);
const { ids } = index.search(rows.subarray(7 * dim, 8 * dim), { k: 3 });
if (ids[0] !== 7) throw new Error(`row 7 is nearest to itself, but the search found ${ids[0]}`);
const quantizer = new Quantizer({ dim, bits: 4 });
const codes = quantizer.encode(rows);
const restored = quantizer.decode(codes);
const error = rows.reduce((sum, x, i) => sum + (x - restored[i]) ** 2, 0) / rows.reduce((sum, x) => sum + x * x, 0);
if (!(error < 0.012)) throw new Error(`the relative error at 4 bits is about 0.0096, not ${error}`);
let sum = 0;
for (const byte of [...codes, ...new Uint8Array(restored.buffer)]) sum = (Math.imul(sum, 31) + byte) >>> 0;
console.log(`${backend.name} ${sum}`);
