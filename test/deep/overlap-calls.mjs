// SPDX-License-Identifier: Apache-2.0
// Keeps several threads in the addon at once, over memory that they share: asynchronous encoding, decoding, adding,
// searching and averaging gradients, with synchronous changes of the index meanwhile, in this thread and in a worker. Results must be those of
// synchronous calls. With the argument `race` two calls write to the same array, with `scan-race` two that should share a
// scan take the same parts of it: races that a thread sanitizer must find.
import { availableParallelism } from 'node:os';
import { isMainThread, Worker } from 'node:worker_threads';
import { kernels } from '../../dist/backend.js';
import { codecPlan } from '../../dist/codec/codec.js';
import { GradientAggregator, GradientCompressor } from '../../dist/gradient/index.js';
import { backend, FlatIndex, Quantizer } from '../../dist/index.js';

const DIM = 96;
const ROWS = 6000;
const threads = Math.max(4, availableParallelism());
const x = Float32Array.from({ length: ROWS * DIM }, (_, i) => Math.sin(i * i + 1));
const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
shared.set(x);

function expectSame(actual, expected, what) {
  const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (Buffer.compare(bytes(actual), bytes(expected))) throw new Error(`${what}: other results than synchronously`);
}

async function records(options) {
  const quantizer = new Quantizer({ dim: DIM, ...options });
  const codes = quantizer.encode(x);
  const results = await Promise.all([x, shared, shared].map((rows) => quantizer.encodeAsync(rows, { threads })));
  for (const result of results) expectSame(result, codes, 'encodeAsync');
  const decoded = quantizer.decode(codes);
  const again = await Promise.all([codes, codes].map((records) => quantizer.decodeAsync(records, { threads })));
  for (const result of again) expectSame(result, decoded, 'decodeAsync');
}

async function search(options) {
  const index = new FlatIndex({ dim: DIM, metric: 'l2', ...options });
  const add = (first, count) => index.add(x.subarray(first * DIM, (first + count) * DIM));
  add(0, 4000);
  add(4000, 100); // leaves room for 1900 rows: what follows goes to the memory that searches read
  const queries = x.subarray(0, 9 * DIM);
  const expected = index.search(queries, { k: 10 });
  const searches = [1, 2, 3].map(() => index.searchAsync(queries, { k: 10, threads }));
  for (let row = 4100; row < ROWS; row += 100) {
    add(row, 100);
    await new Promise(setImmediate);
  }
  index.remove([3, 5, 8]);
  await addMeanwhile(index, queries);
  for (const { ids, scores } of await Promise.all(searches)) {
    expectSame(ids, expected.ids, 'searchAsync, ids');
    expectSame(scores, expected.scores, 'searchAsync, scores');
  }
}

/** Adds while searches read, and puts the rows behind those that they read. */
async function addMeanwhile(index, queries) {
  index.add(x.subarray(0, 100 * DIM)); // leaves room for what follows
  const expected = index.search(queries, { k: 10 });
  const adding = index.addAsync(x.subarray(0, 2000 * DIM), { threads });
  const searches = [1, 2, 3].map(() => index.searchAsync(queries, { k: 10, threads }));
  for (const { ids, scores } of await Promise.all(searches)) {
    expectSame(ids, expected.ids, 'searchAsync while rows are added, ids');
    expectSame(scores, expected.scores, 'searchAsync while rows are added, scores');
  }
  await adding;
}

/** Senders on one shared array, and an aggregator that adds many chunks at once. */
async function gradients(codec, bits) {
  const [length, chunk] = [shared.length, 4096];
  const senders = [1, 2, 3].map(
    (clientId) =>
      new GradientCompressor({ length, codec, bits, chunk, clientId, privateSeed: 7, errorFeedback: bits > 1 }),
  );
  const packets = (await Promise.all(senders.map((s) => s.compressAsync(shared, { round: 0, threads })))).flat();
  const [now, later] = [0, 1].map(() => new GradientAggregator({ length, chunk }));
  for (const packet of packets) now.add(packet);
  await later.addAsync(packets, { threads });
  expectSame(later.mean(), now.mean(), 'addAsync');
}

/** Many queries, so that each batch has more parts than there are threads, and scans for bounds between them. */
async function sharedScans(options) {
  const index = new FlatIndex({ dim: DIM, ...options });
  index.add(x);
  const expected = index.search(x, { k: 5, certify: true });
  for (const count of [threads, 2 * threads]) {
    const found = await index.searchAsync(x, { k: 5, certify: true, threads: count });
    for (const name of ['ids', 'scores', 'certain']) expectSame(found[name], expected[name], `shared scan, ${name}`);
  }
}

/** Threads count parts for themselves instead of together: each of them scans them all. */
async function scanRace() {
  const backend = kernels();
  const scanAsync = backend.scanAsync.bind(backend);
  const alone = (parts) => ({ ...parts, progress: new Uint32Array(new SharedArrayBuffer(8)) });
  backend.scanAsync = (job, parts) => Promise.all([scanAsync(job, parts), scanAsync(job, alone(parts))]);
  const index = new FlatIndex({ dim: DIM, bits: 4 });
  index.add(x);
  await index.searchAsync(x.subarray(0, 40 * DIM), { k: 10, threads });
}

async function race() {
  const plan = codecPlan({
    dim: DIM,
    bits: 4,
    codec: 'eden',
    grid: null,
    scale: 'unbiased',
    rounds: 1,
    seed: 1,
  });
  const column = (bytes) => new Uint8Array(ROWS * bytes);
  const out = { codes: column(plan.codeBytes), scales: column(4), norms: null, tags: column(1) };
  const columns = { ...out, residuals: null, nonces: null, outliers: null, stride: 0 };
  await Promise.all([1, 2].map(() => kernels().encodeAsync(plan, x, 0, columns)));
}

const races = { race, 'scan-race': scanRace };
if (process.argv[2]) {
  await races[process.argv[2]]();
} else {
  const worker = isMainThread && new Worker(new URL(import.meta.url));
  const ended = worker && new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
  for (const options of [{ bits: 4 }, { bits: 3 }, { bits: 1 }, { codec: 'vq', bits: 2 }]) {
    await records(options);
    await search(options);
  }
  await sharedScans({ bits: 1 });
  await records({ codec: 'quicfl', bits: 2, privateSeed: 5 });
  for (const [codec, bits] of [
    ['eden', 1],
    ['eden', 4],
    ['quicfl', 2],
    ['dithered', 4],
  ]) {
    await gradients(codec, bits);
  }
  await ended;
  if (isMainThread) console.log(`native ${backend.isa}, ${threads} threads`);
}
