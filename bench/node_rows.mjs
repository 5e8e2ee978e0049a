// SPDX-License-Identifier: Apache-2.0
/** The rows that are measured in JavaScript: what a native call costs, and the JavaScript kernels. */
import { Rotation } from '../dist/index.js';
import { jsBackend } from '../dist/js/index.js';
import { loadNative } from '../dist/native.js';
import { measure } from './stats.mjs';

/** The loop everybody writes. */
function radix2(x) {
  const n = x.length;
  for (let h = 1; h < n; h *= 2) {
    for (let i = 0; i < n; i += 2 * h) {
      for (let j = i; j < i + h; j++) {
        const a = x[j];
        const b = x[j + h];
        x[j] = a + b;
        x[j + h] = a - b;
      }
    }
  }
}

const { fround } = Math;

/** Two values of h at a time: half the loads and stores, the same float32 results. */
function radix4(x) {
  const n = x.length;
  let h = 1;
  for (; 4 * h <= n; h *= 4) {
    for (let i = 0; i < n; i += 4 * h) {
      for (let j = i; j < i + h; j++) {
        const a = x[j];
        const b = x[j + h];
        const c = x[j + 2 * h];
        const d = x[j + 3 * h];
        const ab = fround(a + b);
        const amb = fround(a - b);
        const cd = fround(c + d);
        const cmd = fround(c - d);
        x[j] = ab + cd;
        x[j + h] = amb + cmd;
        x[j + 2 * h] = ab - cd;
        x[j + 3 * h] = amb - cmd;
      }
    }
  }
  if (h === n) return;
  for (let j = 0; j < h; j++) {
    const a = x[j];
    const b = x[j + h];
    x[j] = a + b;
    x[j + h] = a - b;
  }
}

function repeat(once) {
  return (calls) => {
    for (let i = 0; i < calls; i++) once();
  };
}

function nativeCall(backend) {
  // one byte in, one byte out a code: what is left is reading and checking the arguments
  const codes = new Uint8Array(8);
  const packed = new Uint8Array(8);
  return (calls) => {
    for (let i = 0; i < calls; i++) backend.pack(codes, 8, packed);
  };
}

function publicCall() {
  const rotation = new Rotation({ dim: 1 });
  const x = Float32Array.of(1);
  const options = { out: new Float32Array(1) };
  return (calls) => {
    for (let i = 0; i < calls; i++) rotation.apply(x, options);
  };
}

const JS_SIZES = [64, 1024, 16384];

/** The faster of the plain loops is the anchor. Zeros: repeated transforms of anything else overflow. */
function jsFwht(n, rounds) {
  const [ours, two, four] = [0, 1, 2].map(() => new Float32Array(n));
  return measure(
    [repeat(() => jsBackend.fwht(ours, n, 1)), repeat(() => radix2(two)), repeat(() => radix4(four))],
    rounds,
  );
}

/** @param {(row: { id: string, ours: number[], anchors: number[][] }) => void} onRow samples in nanoseconds */
export function runNodeRows({ rounds, only }, onRow) {
  const { backend, reason } = loadNative();
  const call = (id, run) => {
    if (id.includes(only)) onRow({ id, ours: measure([run], rounds)[0], anchors: [] });
  };
  if (backend) {
    call('call/native', nativeCall(backend));
    call('call/public', publicCall());
  } else {
    process.stderr.write(`bench: native calls are left out: ${reason}\n`);
  }
  for (const n of JS_SIZES) {
    const id = `js-fwht/${n}`;
    if (!id.includes(only)) continue;
    const [ours, ...anchors] = jsFwht(n, rounds);
    onRow({ id, ours, anchors });
  }
}
