// SPDX-License-Identifier: Apache-2.0
// fwht at the sizes that test/transform-sizes.test.ts leaves out, on every backend of this machine, against the plain
// loop h = 1, 2, 4, ...
import { kernels, useBackend } from '../../dist/backend.js';
import { fwht } from '../../dist/index.js';
import { jsBackend } from '../../dist/js/index.js';
import { loadNative } from '../../dist/native.js';

const SIZES = [19, 20, 21, 22, 23, 24].map((j) => 2 ** j);
/** Bytes into the buffer: the start of a page, and the middle of a cache line. */
const OFFSETS = [0, 24];

const native = loadNative().backend;
const variants = [
  { name: 'js', use: () => useBackend(jsBackend) },
  ...(native?.isas() ?? []).map((isa) => ({
    name: `native ${isa}`,
    use: () => {
      native.setIsa(isa);
      useBackend(native);
    },
  })),
];

/** Integers over 2^20 of many sizes, by xorshift32: their sums round. */
function fill(x) {
  let state = x.length;
  for (let i = 0; i < x.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    x[i] = state / 2 ** (20 + (i % 7));
  }
  return x;
}

function plainLoop(x) {
  for (let h = 1; h < x.length; h *= 2) {
    for (let b = 0; b < x.length; b += 2 * h) {
      for (let i = b; i < b + h; i++) {
        const low = x[i];
        const high = x[i + h];
        x[i] = low + high;
        x[i + h] = low - high;
      }
    }
  }
  return x;
}

const bytesOf = (x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

/** Fails unless every variant turns `x` into `expected`. */
function expectEverywhere(x, expected) {
  for (const { name, use } of variants) {
    use();
    for (const offset of OFFSETS) {
      const copy = new x.constructor(new ArrayBuffer(offset + x.byteLength), offset, x.length);
      copy.set(x);
      if (!bytesOf(fwht(copy)).equals(bytesOf(expected))) {
        throw new Error(`${name}: ${x.length} elements at byte ${offset} are not those of the plain loop`);
      }
    }
  }
}

function check(Type) {
  const [chosen, isa] = [kernels(), native?.isa];
  try {
    for (const size of SIZES) {
      const x = fill(new Type(size));
      expectEverywhere(x, plainLoop(x.slice()));
    }
  } finally {
    if (native) native.setIsa(isa);
    useBackend(chosen);
  }
  return `${SIZES.length} sizes on ${variants.map(({ name }) => name).join(', ')}`;
}

export const checks = [Float32Array, Float64Array].map((Type) => ({
  name: `fwht of a ${Type.name} of 2^19 to 2^24 numbers`,
  run: () => check(Type),
}));
