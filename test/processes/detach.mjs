// SPDX-License-Identifier: Apache-2.0
// Takes memory away from asynchronous calls while they run. Every call must settle; prints how they did as JSON.
import { Quantizer } from '../../dist/index.js';

const dim = 256;
const rows = 6000;
const q = new Quantizer({ dim, bits: 4 });
const values = Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i * i));
const expected = q.encode(values);
const counts = { fulfilled: 0, rejected: 0, wrong: 0 };
const reasons = new Set();

const transfer = (array) => void structuredClone(array.buffer, { transfer: [array.buffer] });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Starts a call, does harm to its memory at some moment, and waits. */
async function attack(start, harm, moment, right) {
  const promise = start();
  for (let i = 0; i < moment; i++) await turn();
  harm();
  globalThis.gc?.();
  try {
    const result = await promise;
    counts.fulfilled++;
    if (right && Buffer.compare(Buffer.from(result.buffer), Buffer.from(right.buffer))) counts.wrong++;
  } catch (error) {
    counts.rejected++;
    reasons.add(`${error.name}: ${error.message}`);
  }
}

for (let moment = 0; moment < 4; moment++) {
  for (const threads of [1, 4]) {
    const own = () => values.slice();
    let x = own();
    await attack(
      () => q.encodeAsync(x, { threads }),
      () => transfer(x),
      moment,
      expected,
    );
    let codes = expected.slice();
    await attack(
      () => q.decodeAsync(codes, { threads }),
      () => transfer(codes),
      moment,
    );
    // a Buffer's slice() is a view, not a copy
    codes = Buffer.from(new Uint8Array(expected).buffer);
    await attack(
      () => q.decodeAsync(codes, { threads }),
      () => transfer(codes),
      moment,
    );
    x = own();
    let out = new Uint8Array(expected.length);
    await attack(
      () => q.encodeAsync(x, { threads, out }),
      () => transfer(out),
      moment,
    );
    for (const size of [0, 4, 2 * values.byteLength]) {
      const buffer = new ArrayBuffer(values.byteLength, { maxByteLength: 2 * values.byteLength });
      const tracking = new Float32Array(buffer); // its length follows the buffer
      tracking.set(values);
      await attack(
        () => q.encodeAsync(tracking, { threads }),
        () => buffer.resize(size),
        moment,
        expected,
      );
    }
    const shared = new SharedArrayBuffer(values.byteLength, { maxByteLength: 2 * values.byteLength });
    const view = new Float32Array(shared);
    view.set(values);
    await attack(
      () => q.encodeAsync(view, { threads }),
      () => shared.grow(2 * values.byteLength),
      moment,
      expected,
    );
    const again = own();
    await attack(
      () => q.encodeAsync(again, { threads }),
      () => again.fill(Number.NaN),
      moment,
    );
    out = null;
  }
}
console.log(JSON.stringify({ ...counts, reasons: [...reasons].sort() }));
