// SPDX-License-Identifier: Apache-2.0
/**
 * The web worker that does the work, so that the page can draw meanwhile. It is told `load` (a file, or nothing for the
 * bundled sentences), `run` (settings) and `save`; every answer has the number of what it answers. What is asked last counts: it
 * ends what is under way.
 */
import { backend, FlatIndex, Quantizer } from 'hadaquant';
import { errorOf, exactNearest, recallOf } from './measure.js';
import { FileError, readNpy } from './npy.js';

const K = 10;
/** Numbers that are read of a file: 128 MiB as float32. */
const MOST_NUMBERS = 2 ** 25;
/** Of a file without queries, rows that are taken out to be them: one in ten, at most. */
const MOST_QUERIES = 50;
const FEWEST_ROWS = 2 * K;
/** Milliseconds for which searches are timed. */
const SEARCH_TIME = 50;
/** Rows that the error is measured on. */
const ERROR_ROWS = 4000;

let data;
let index;
let current = new AbortController();

const tell = (kind, number, message = {}, transfer = []) => postMessage({ kind, number, ...message }, transfer);

async function fetched(name) {
  const response = await fetch(`data/${name}`);
  if (!response.ok) throw new FileError(`data/${name} cannot be fetched (${response.status}).`);
  return response;
}

async function sentences() {
  const names = ['glosses.npy', 'queries.npy', 'glosses.txt', 'queries.txt'];
  const [corpus, queries, texts, questions] = await Promise.all(names.map(fetched));
  const lines = async (response) => (await response.text()).trimEnd().split('\n');
  return {
    corpus: await readNpy(await corpus.blob(), MOST_NUMBERS),
    queries: await readNpy(await queries.blob(), MOST_NUMBERS),
    labels: await lines(texts),
    queryLabels: await lines(questions),
  };
}

/** Vectors of a file; some of its rows, evenly spread, become the queries. */
async function ownVectors(file) {
  const { rows, dim, rowsInFile, data: x } = await readNpy(file, MOST_NUMBERS);
  if (rows < FEWEST_ROWS) throw new FileError(`This file has ${rows} rows; at least ${FEWEST_ROWS} are needed.`);
  const bad = x.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    const place = `row ${Math.floor(bad / dim)}, column ${bad % dim}`;
    throw new FileError(`This file cannot be used: it holds ${x[bad]} (${place}), and finite numbers are needed.`);
  }
  const count = Math.min(MOST_QUERIES, Math.floor(rows / 10));
  const taken = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * rows) / count));
  const isQuery = new Set(taken);
  const kept = Array.from({ length: rows }, (_, r) => r).filter((r) => !isQuery.has(r));
  const gather = (list) => {
    const out = new Float32Array(list.length * dim);
    for (const [i, r] of list.entries()) out.set(x.subarray(r * dim, (r + 1) * dim), i * dim);
    return { rows: list.length, dim, data: out };
  };
  return {
    corpus: gather(kept),
    queries: gather(taken),
    labels: kept.map((r) => `Row ${r}`),
    queryLabels: taken.map((r) => `Row ${r}`),
    rowsLeftOut: rowsInFile - rows,
  };
}

async function load(number, file, signal) {
  const progress = (phase) => (done, total) => tell('progress', number, { phase, done, total });
  progress('Reading')(0, 1);
  const { corpus, queries, labels, queryLabels, rowsLeftOut = 0 } = await (file ? ownVectors(file) : sentences());
  signal.throwIfAborted();
  const onProgress = progress('Searching exactly, to compare with');
  const exact = await exactNearest(corpus, queries, K, { signal, onProgress });
  data = { corpus, queries, exact };
  index = undefined;
  tell('loaded', number, {
    rows: corpus.rows,
    dim: corpus.dim,
    rowsLeftOut,
    k: K,
    labels,
    queryLabels,
    exact,
    backend,
  });
}

/** Milliseconds of a call: the fastest of three, or of more where they are short. */
function timeOf(call) {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + SEARCH_TIME;
  for (let calls = 0; calls < 3 || performance.now() < end; calls++) {
    const began = performance.now();
    call();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

async function run(number, { codec, bits }, signal) {
  const { corpus, queries, exact } = data;
  const { dim } = corpus;
  const progress = (phase) => (done, total) => tell('progress', number, { phase, done, total });
  const fresh = new FlatIndex({ dim, bits, codec, center: 'mean' });
  const began = performance.now();
  await fresh.addAsync(corpus.data, { signal, onProgress: progress('Compressing') });
  const encodeTime = performance.now() - began;
  const found = await fresh.searchAsync(queries.data, { k: K, signal, onProgress: progress('Searching') });
  const searchTime = timeOf(() => fresh.search(queries.data, { k: K }));
  const sample = corpus.data.subarray(0, ERROR_ROWS * dim);
  const quantizer = new Quantizer({ dim, bits, codec });
  const codes = await quantizer.encodeAsync(sample, { signal, onProgress: progress('Measuring the error') });
  const decoded = await quantizer.decodeAsync(codes, { signal });
  index = fresh;
  tell('result', number, {
    codec,
    bits,
    bytes: fresh.bytes,
    originalBytes: 4 * dim * corpus.rows,
    bytesPerVector: fresh.bytes / corpus.rows,
    recall: recallOf(found.ids, exact.ids, K),
    error: errorOf(sample, decoded, dim),
    expectedError: quantizer.expectedError,
    encodeTime,
    millisecondsPerQuery: searchTime / queries.rows,
    found,
  });
}

function save(number) {
  const bytes = index.toBytes();
  tell('saved', number, { bytes }, [bytes.buffer]);
}

addEventListener('message', async ({ data: { kind, number, file, settings } }) => {
  if (kind === 'save') {
    save(number);
    return;
  }
  current.abort();
  current = new AbortController();
  const { signal } = current;
  try {
    if (kind === 'load') await load(number, file, signal);
    else await run(number, settings, signal);
  } catch (error) {
    if (signal.aborted) return;
    const known = error instanceof FileError || error instanceof RangeError;
    tell('failed', number, { of: kind, message: known ? error.message : `Something went wrong: ${error}` });
  }
});
