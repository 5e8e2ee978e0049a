// SPDX-License-Identifier: Apache-2.0
/**
 * What each row means and how fast it has to be. `kind` says which ratio of the two medians is printed:
 *   speedup  anchor / ours, larger is better        cost  ours / anchor, smaller is better
 *   share    anchor / ours, larger is better        ns    ours alone, smaller is better
 *   rate     GB/s of samples in nanoseconds a byte, larger is better
 */

const KINDS = {
  speedup: { value: (ours, anchor) => anchor / ours, larger: true, show: (v) => `${v.toFixed(2)}x` },
  cost: { value: (ours, anchor) => ours / anchor, larger: false, show: (v) => `${v.toFixed(2)}x` },
  share: { value: (ours, anchor) => anchor / ours, larger: true, show: (v) => v.toFixed(2) },
  rate: { value: (ours) => 1 / ours, larger: true, show: (v) => `${v.toFixed(1)} GB/s` },
  ns: { value: (ours) => ours, larger: false, show: (v) => `${v.toFixed(0)} ns` },
};

const FWHT_BARS = { avx2: [7, 8.6], avx512: [9, 10.4], avx512icl: [9, 10.4] };
const SWEEP_BARS = { '2^16': [4.5, 3.2], '2^20': [3.6, 2.6], '2^24': [3.9, 2.5] };

/** Rows of kernels_bench.cpp, in the order in which it prints them. */
const KERNEL_ROWS = [
  {
    id: /^fwht\/(\d+)\/(\w+)$/,
    row: ([, n, isa]) => ({
      what: `fwht f32 n = ${n}, ${isa}: times faster than the plain -O3 loop`,
      kind: 'speedup',
      bars: FWHT_BARS[isa],
    }),
  },
  {
    id: /^sweeps\/(2\^\d+)$/,
    row: ([, n]) => ({
      what: `fwht f32 n = ${n}, in place: cost in sweeps x := c x`,
      kind: 'cost',
      bars: SWEEP_BARS[n],
    }),
  },
  {
    id: /^rotate\/(\d+)\/(\d+)$/,
    row: ([, dim, mib]) => ({
      what: `rotation d = ${dim}, batch ${mib} MiB: time of memcpy of it`,
      kind: 'cost',
      bars: [1.25, 1.0],
    }),
  },
  {
    id: /^padding\/(\d+)$/,
    row: ([, dim]) => ({
      what: `rotation d = ${dim}: time of the next power of two`,
      kind: 'cost',
      bars: [0.85, 0.75],
    }),
  },
  {
    id: /^encode\/(\d+)$/,
    row: ([, dim]) => ({
      what: `encode 4-bit eden d = ${dim}, auto, 32 MiB: time of memcpy of its input`,
      kind: 'cost',
      bars: [2.0, 1.2],
    }),
  },
  {
    id: /^decode\/(\d+)$/,
    row: ([, dim]) => ({
      what: `decode 4-bit eden d = ${dim}, 32 MiB: time of memcpy of its output`,
      kind: 'cost',
      bars: [2.5, 1.5],
    }),
  },
  {
    id: /^scan\/(\d+)$/,
    row: ([, dim]) => ({
      what: `scan 4-bit + top-10, 100k x ${dim}: share of the speed of reading the codes`,
      kind: 'share',
      bars: [0.75, 0.95],
    }),
  },
];

/** Rows of node_rows.mjs. */
const NODE_ROWS = [
  {
    id: /^call\/native$/,
    row: () => ({ what: 'native call, two typed arrays, no work (addon: pack 8 codes)', kind: 'ns', bars: [80, 40] }),
  },
  {
    id: /^call\/public$/,
    row: () => ({ what: 'public call: Rotation.apply, dim 1, out given (two native calls)', kind: 'ns' }),
  },
  {
    id: /^js-fwht\/(\d+)$/,
    row: ([, n]) => ({
      what: `JavaScript kernels, fwht f32 n = ${n}: time of the faster plain JS loop`,
      kind: 'cost',
      bars: [1.2, 1.0],
    }),
  },
  {
    id: /^js-(encode|decode)\/(\d+)$/,
    row: ([, work, dim]) => ({
      what: `JavaScript kernels, ${work} 4-bit eden d = ${dim}: time of a plain JS FWHT of the row`,
      kind: 'cost',
    }),
  },
  {
    id: /^js-scan\/(\d+)$/,
    row: ([, dim]) => ({
      what: `JavaScript kernels, scan 4-bit + top-10 d = ${dim}: times faster than a loop over float rows`,
      kind: 'speedup',
    }),
  },
];

/** Rows of wasm_rows.mjs. */
const WASM_ROWS = [
  {
    id: /^wasm\/fwht\/(\d+)$/,
    row: ([, n]) => ({
      what: `WebAssembly, fwht f32 n = ${n}: time of the addon on AVX2`,
      kind: 'cost',
      bars: [2.2, 1.5],
    }),
  },
  {
    id: /^wasm\/(encode|decode)\/(\d+)$/,
    row: ([, work, dim]) => ({
      what: `WebAssembly, ${work} 4-bit eden d = ${dim}: time of the addon on AVX2`,
      kind: 'cost',
    }),
  },
  {
    id: /^wasm\/scan\/(\d+)$/,
    row: ([, dim]) => ({
      what: `WebAssembly, scan 4-bit + top-10 d = ${dim}: time of the addon on AVX2`,
      kind: 'cost',
    }),
  },
];

/** Rows of thread_rows.mjs. */
const THREAD_ROWS = [
  {
    id: /^threads\/search\/(\d+)$/,
    row: ([, dim]) => ({
      what: `searchAsync, 1,000 queries, 4-bit, 100k x ${dim}: times faster on two threads than on one`,
      kind: 'speedup',
      bars: [1.8, 2],
    }),
  },
  {
    id: /^threads\/blocking\/(\d+)$/,
    row: ([, dim]) => ({ what: `the same on two threads, 100k x ${dim}: times faster than search`, kind: 'speedup' }),
  },
];

/** Of gradient/rows.mjs: GB/s of float32 gradient on one core, by bits; without an aim. */
const COMPRESS_BARS = { 1: [2], 2: [2], 4: [1.5] };

const GRADIENT_ROWS = [
  {
    id: /^gradient\/compress\/(\w+)\/(\d)(\/feedback)?$/,
    row: ([, codec, bits, feedback]) => ({
      what: `gradient of 16 MiB, compress, ${codec} ${bits} bit${feedback ? ', error feedback' : ''}`,
      kind: 'rate',
      bars: feedback ? undefined : COMPRESS_BARS[bits],
    }),
  },
  {
    id: /^gradient\/add\/(\w+)\/(\d)$/,
    row: ([, codec, bits]) => ({ what: `gradient of 16 MiB, add to the mean, ${codec} ${bits} bit`, kind: 'rate' }),
  },
];

/** Of peers/npm_rows.mjs, by bits. usearch always takes its widest instructions. */
const USEARCH_BARS = {
  4: { avx2: [2, 4.8], avx512: [2.8, 4.8], avx512icl: [2.8, 4.8] },
  1: { avx2: [6, 9.6], avx512: [6, 9.6], avx512icl: [6, 9.6] },
};

const PEER_ROWS = [
  {
    id: /^peers\/usearch\/(\d)\/(\d+)\/(\w+)$/,
    row: ([, bits, dim, isa]) => ({
      what: `${bits}-bit search, one query, top-10, 100k x ${dim}, ${isa}: times faster than usearch exactSearch i8`,
      kind: 'speedup',
      bars: USEARCH_BARS[bits][isa],
    }),
  },
  {
    id: /^peers\/simsimd\/(\d)\/(\d+)$/,
    row: ([, bits, dim]) => ({
      what: `the same, ${bits}-bit, 100k x ${dim}: times faster than a call of simsimd dot i8 a row`,
      kind: 'speedup',
    }),
  },
];

/** What an id stands for, or undefined. */
export function describeRow(id) {
  for (const { id: pattern, row } of [
    ...KERNEL_ROWS,
    ...NODE_ROWS,
    ...WASM_ROWS,
    ...THREAD_ROWS,
    ...GRADIENT_ROWS,
    ...PEER_ROWS,
  ]) {
    const match = pattern.exec(id);
    if (match) return row(match);
  }
  return undefined;
}

export function ratio(kind, ours, anchor) {
  return KINDS[kind].value(ours, anchor);
}

export function show(kind, value) {
  return KINDS[kind].show(value);
}

/** 'aim', 'yes' (the must bar only), 'no', or '-' without bars. */
export function verdict(kind, value, bars) {
  if (!bars) return '-';
  const [must, aim] = bars;
  const reaches = (bar) => (KINDS[kind].larger ? value >= bar : value <= bar);
  return reaches(aim) ? 'aim' : reaches(must) ? 'yes' : 'no';
}
