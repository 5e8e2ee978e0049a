// SPDX-License-Identifier: Apache-2.0
/** The rows that are measured in JavaScript: what a native call costs, and the JavaScript kernels. */
import { codecPlan } from '../dist/codec/codec.js';
import { Rotation } from '../dist/index.js';
import { jsBackend } from '../dist/js/index.js';
import { loadNative } from '../dist/native.js';
import { indexConfig, indexPlan } from '../dist/search/config.js';
import { queryBlock } from '../dist/search/queries.js';
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

export function repeat(once) {
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
export const JS_CODEC_DIM = 1024;
const JS_CODEC_ROWS = 64;
export const JS_SCAN_DIM = 768;
const JS_SCAN_ROWS = 4096;
const JS_BITS = 4;

/** Numbers without a pattern, in (-1, 1): zeros or whole numbers would let engines compute in integers. */
export function someNumbers(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state / 2 ** 31;
  });
}

/** The faster of the plain loops is the anchor. Each transform begins with a copy: repeated ones overflow. */
function jsFwht(n, rounds) {
  const input = someNumbers(n);
  const on = (transform) => {
    const x = new Float32Array(n);
    return repeat(() => {
      x.set(input);
      transform(x);
    });
  };
  return measure([on((x) => jsBackend.fwht(x, n, 1)), on(radix2), on(radix4)], rounds);
}

function encoded(plan, x, rows) {
  const out = {
    codes: new Uint8Array(rows * plan.codeBytes),
    scales: new Uint8Array(4 * rows),
    norms: null,
    tags: new Uint8Array(rows),
    residuals: null,
    nonces: null,
    outliers: null,
    stride: 0,
  };
  jsBackend.encode(plan, x, 0, out);
  return out;
}

/** A batch, and what encodes or decodes it on a backend. */
export function codecWork() {
  const dim = JS_CODEC_DIM;
  const options = { dim, bits: JS_BITS, codec: 'eden', grid: null, scale: 'unbiased', rounds: 'auto', seed: 1 };
  const plan = codecPlan(options);
  const x = someNumbers(JS_CODEC_ROWS * dim);
  const out = encoded(plan, x, JS_CODEC_ROWS);
  const decoded = new Float32Array(x.length);
  const encode = (backend) => repeat(() => backend.encode(plan, x, 0, out));
  const decode = (backend) => repeat(() => backend.decode(plan, out, decoded));
  return { x, rows: JS_CODEC_ROWS, encode, decode };
}

/** Encodes or decodes a batch; the anchor is the faster plain transform of each of its rows. */
function jsCodec(work, rounds) {
  const dim = JS_CODEC_DIM;
  const batch = codecWork();
  const { x } = batch;
  const on = (transform) => {
    const rows = Array.from({ length: JS_CODEC_ROWS }, (_, r) => x.subarray(r * dim, (r + 1) * dim));
    const row = new Float32Array(dim);
    return repeat(() => {
      for (const input of rows) {
        row.set(input);
        transform(row);
      }
    });
  };
  return perRow(measure([batch[work](jsBackend), on(radix2), on(radix4)], rounds), JS_CODEC_ROWS);
}

/** What search without a package looks like: the inner product with every row, the best kept. */
function plainScan(rows, query) {
  const dim = query.length;
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let r = 0, start = 0; start < rows.length; r++, start += dim) {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += rows[start + i] * query[i];
    if (sum > highest) {
      highest = sum;
      best = r;
    }
  }
  return best;
}

/** One query over rows: what searches them on a backend, and their numbers. */
export function scanWork() {
  const dim = JS_SCAN_DIM;
  const k = 10;
  const config = indexConfig({ dim, bits: JS_BITS, seed: 1 }, null);
  const plan = indexPlan(config);
  const x = someNumbers(JS_SCAN_ROWS * dim);
  const query = someNumbers(dim);
  const { codes, scales, tags } = encoded(plan, x, JS_SCAN_ROWS);
  const { forms, bias, gains } = queryBlock(config, plan, query, 3);
  const job = {
    plan,
    codes,
    scales: new Float32Array(scales.buffer),
    norms: null,
    tags,
    residuals: null,
    reaches: null,
    allowed: null,
    firstRow: 0,
    lastRow: JS_SCAN_ROWS,
    k,
    forms,
    queryBias: bias,
    gains,
    slacks: null,
    rows: new Uint32Array(k),
    keys: new Float64Array(k),
  };
  return { x, query, rows: JS_SCAN_ROWS, scan: (backend) => repeat(() => backend.scan(job)) };
}

function jsScan(rounds) {
  const { x, query, scan } = scanWork();
  return perRow(measure([scan(jsBackend), repeat(() => plainScan(x, query))], rounds), JS_SCAN_ROWS);
}

export function perRow(samples, rows) {
  return samples.map((list) => list.map((ns) => ns / rows));
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
  const kernels = [
    ...JS_SIZES.map((n) => [`js-fwht/${n}`, () => jsFwht(n, rounds)]),
    ...['encode', 'decode'].map((work) => [`js-${work}/${JS_CODEC_DIM}`, () => jsCodec(work, rounds)]),
    [`js-scan/${JS_SCAN_DIM}`, () => jsScan(rounds)],
  ];
  for (const [id, samples] of kernels) {
    if (!id.includes(only)) continue;
    const [ours, ...anchors] = samples();
    onRow({ id, ours, anchors });
  }
}
