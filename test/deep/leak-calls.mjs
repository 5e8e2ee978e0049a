// SPDX-License-Identifier: Apache-2.0
// Calls everything that holds memory outside of JavaScript over a million times and prints how much the process grew
// (node --expose-gc). With the argument `leak` a scenario that keeps 16 numbers of each call is run instead.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kernels, useBackend } from '../../dist/backend.js';
import { GradientAggregator, GradientCompressor, packetInfo } from '../../dist/gradient/index.js';
import { FlatIndex, fwht, HadaquantFormatError, Quantizer, Rotation } from '../../dist/index.js';
import { loadNative } from '../../dist/native.js';
import { loadWasm } from '../../dist/wasm.js';

const DIM = 16;
const ROUNDS = 12;
/** Rounds until allocators and caches have what they keep. */
const WARM_UP = 3;

const x = Float32Array.from({ length: 4 * DIM }, (_, i) => Math.sin(i * i + 1));
const native = loadNative().backend;
const wasm = loadWasm().backend;
if (!native || !wasm) throw new Error('needs the native addon and WebAssembly');

const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'hadaquant-leaks-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function records(options = {}) {
  const q = new Quantizer({ dim: DIM, bits: 4, ...options });
  const codes = q.encode(x);
  const damaged = codes.slice(0, 5);
  return { q, codes, damaged };
}

function refused(call) {
  try {
    call();
  } catch (error) {
    if (error instanceof RangeError || error instanceof HadaquantFormatError) return;
    throw error;
  }
  throw new Error('bad input was not refused');
}

function synchronous() {
  const { q, codes, damaged } = records();
  const outliers = records({ codec: 'quicfl', bits: 2, privateSeed: 1 });
  const rotation = new Rotation({ dim: DIM });
  const index = new FlatIndex({ dim: DIM, bits: 4 });
  index.add(x);
  const nan = x.slice().fill(Number.NaN);
  return [
    () => q.encode(x),
    () => q.decode(codes),
    () => q.innerProducts(x.subarray(0, DIM), codes),
    () => outliers.q.decode(outliers.q.encode(x)),
    () => rotation.invert(rotation.apply(x)),
    () => fwht(x.slice(), { dim: DIM }),
    () => index.search(x, { k: 2, certify: true }),
    () => refused(() => q.decode(damaged)),
    () => refused(() => q.encode(nan)),
  ];
}

/**
 * Plans made anew: the addon reads their tables from JavaScript's memory, WebAssembly copies them and forgets all when they
 * are more than 32 MiB (lib/wasm/memory.ts), which large ones are within the warm-up.
 */
function plans() {
  const dim = 1024;
  const row = Float32Array.from({ length: dim }, (_, i) => Math.sin(i));
  let seed = 0;
  return [
    () => new Quantizer({ dim, bits: 8, seed: seed++ }).encode(row),
    () => new FlatIndex({ dim, bits: 4, seed: seed++ }).add(row),
  ];
}

function asynchronous() {
  const { q, codes, damaged } = records();
  const index = new FlatIndex({ dim: DIM, bits: 4 });
  index.add(x);
  return [
    () => q.encodeAsync(x),
    () => q.decodeAsync(codes),
    () => index.searchAsync(x, { k: 2 }),
    () =>
      q.decodeAsync(damaged).then(
        () => Promise.reject(new Error('bad input was not refused')),
        () => {},
      ),
  ];
}

function gradients(codec, bits) {
  const shape = { length: 4 * DIM, chunk: 3 * DIM };
  const compressor = new GradientCompressor({ ...shape, codec, bits, privateSeed: 1 });
  let round = 0;
  const aggregator = new GradientAggregator(shape);
  return [
    () => {
      aggregator.reset(round);
      for (const packet of compressor.compress(x, { round })) {
        packetInfo(packet);
        aggregator.add(packet);
      }
      round++;
      return aggregator.mean();
    },
  ];
}

function gradientsAsync() {
  const shape = { length: 4 * DIM, chunk: 3 * DIM };
  const compressor = new GradientCompressor({ ...shape, codec: 'dithered', bits: 4 });
  const aggregator = new GradientAggregator(shape);
  let round = 0;
  return [
    async () => {
      aggregator.reset(round);
      await aggregator.addAsync(await compressor.compressAsync(x, { round }));
      round++;
    },
  ];
}

function files() {
  const index = new FlatIndex({ dim: DIM, bits: 4, metric: 'l2', center: 'mean' });
  index.add(x);
  const file = path.join(folder, 'index.hq');
  return [() => index.save(file), async () => (await FlatIndex.open(file)).search(x, { k: 1 })];
}

function leak() {
  const kept = [];
  return [() => kept.push(new Float64Array(16))];
}

/** How often each function of a scenario is called. */
const SCENARIOS = {
  'native, synchronous': { calls: 60_000, backend: native, make: synchronous },
  'WebAssembly, synchronous': { calls: 20_000, backend: wasm, make: synchronous },
  'native, plans': { calls: 12_000, backend: native, make: plans },
  'WebAssembly, plans': { calls: 12_000, backend: wasm, make: plans },
  'native, asynchronous': { calls: 30_000, backend: native, make: asynchronous },
  'WebAssembly, asynchronous': { calls: 6_000, backend: wasm, make: asynchronous },
  'packets, eden': { calls: 40_000, backend: native, make: () => gradients('eden', 1) },
  'packets, quicfl': { calls: 40_000, backend: native, make: () => gradients('quicfl', 2) },
  'packets, WebAssembly': { calls: 15_000, backend: wasm, make: () => gradients('dithered', 4) },
  'packets, asynchronous': { calls: 15_000, backend: native, make: gradientsAsync },
  'files, saved and opened': { calls: 3_000, backend: native, make: files },
};

async function collected() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  return process.memoryUsage.rss();
}

/** @returns calls made, and how many bytes the process grew from the first rounds after the warm-up to the last ones */
async function grow({ calls, backend, make }) {
  useBackend(backend);
  const functions = make();
  const sizes = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const call of functions) {
      for (let i = 0; i < calls / ROUNDS; i++) {
        const result = call();
        if (result instanceof Promise) await result;
      }
    }
    sizes.push(await collected());
  }
  const after = sizes.slice(WARM_UP);
  // memory is given back late: the least of several rounds says more than any one of them
  const growth = Math.min(...after.slice(-3)) - Math.min(...after.slice(0, 3));
  return { calls: Math.ceil(calls / ROUNDS) * ROUNDS * functions.length, growth };
}

const scenarios = process.argv[2] === 'leak' ? { leak: { calls: 60_000, backend: kernels(), make: leak } } : SCENARIOS;
for (const [name, scenario] of Object.entries(scenarios)) {
  const { calls, growth } = await grow(scenario);
  console.log(JSON.stringify({ name, calls, growth }));
}
