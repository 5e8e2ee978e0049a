// SPDX-License-Identifier: Apache-2.0
/** A ScanJob from the parameters of a golden case, by the rules of test/golden/generate.mjs. */
import { kernels, type ScanJob, type ScanParts } from '../lib/backend.ts';
import { type CodecPlan, codecPlan } from '../lib/codec/codec.ts';
import type { GoldenCase } from './golden/golden-case.ts';
import { bytes, floats, signedBytes } from './golden/reference/inputs.mjs';

const pad64 = (n: number) => Math.ceil(n / 64) * 64;

/** The int8 query `values` (in coordinate order) as the scan wants it: cpp/hadaquant.h, struct Scan. */
export function layForm(plan: CodecPlan, values: Int8Array, out: Int8Array): void {
  for (const { first, count, alphabet, queryOffset } of plan.sections) {
    const { bits } = alphabet;
    const fields = 8 / bits;
    const stride = pad64(Math.ceil(count / fields));
    for (let i = 0; i < count; i++) {
      const at = [1, 2, 4].includes(bits) ? (i % fields) * stride + Math.floor(i / fields) : i;
      out[queryOffset + at] = values[first + i];
    }
  }
}

/** Gains of the scale, and none of a residual. */
function scaleGains(gains: Float32Array): Float64Array {
  return Float64Array.from({ length: 2 * gains.length }, (_, i) => (i % 2 === 0 ? gains[i / 2] : 0));
}

export function scanJob(golden: GoldenCase): ScanJob {
  const [dim, bits, rows, distinct] = ['dim', 'bits', 'rows', 'distinct'].map((key) => golden.number(key));
  const [queries, k, input] = ['queries', 'k', 'input'].map((key) => golden.number(key));
  const plan = codecPlan({ dim, bits, codec: 'eden', grid: null, scale: 'unbiased', rounds: 2, seed: 0 });
  const raw = bytes(input, distinct * dim);
  const codes = new Uint8Array(rows * plan.codeBytes);
  for (let r = 0; r < rows; r++) {
    for (const { first, count, alphabet, codeOffset } of plan.sections) {
      const { bits: width } = alphabet;
      const start = (r % distinct) * dim + first;
      const own = raw.slice(start, start + count).map((b: number) => b & (2 ** width - 1));
      const widths = [8, 4, 2, 1].filter((w) => width & w);
      const length = widths.reduce((sum, w) => sum + Math.ceil((count * w) / 8), 0);
      const at = r * plan.codeBytes + codeOffset;
      kernels().pack(own, width, codes.subarray(at, at + length));
    }
  }
  const repeat = (column: Float32Array) => Float32Array.from({ length: rows }, (_, r) => column[r % distinct]);
  const values = signedBytes(input + 5, queries * 3 * dim);
  const forms = new Int8Array(queries * 3 * plan.formBytes);
  for (let f = 0; f < 3 * queries; f++) {
    layForm(plan, values.subarray(f * dim, (f + 1) * dim), forms.subarray(f * plan.formBytes));
  }
  const tags = bytes(input + 3, distinct);
  return {
    plan,
    codes,
    scales: repeat(floats('plain', input + 1, 1, distinct)),
    norms: golden.number('norms') ? repeat(floats('plain', input + 2, 1, distinct)) : null,
    tags: Uint8Array.from({ length: rows }, (_, r) => 1 + (tags[r % distinct] % 3)),
    residuals: null,
    reaches: null,
    allowed: golden.number('allowed') ? bytes(input + 4, Math.ceil(rows / 8)) : null,
    firstRow: golden.number('firstRow'),
    lastRow: rows,
    k,
    forms,
    queryBias: Float64Array.from(floats('plain', input + 6, 1, queries)),
    gains: scaleGains(floats('plain', input + 7, 1, queries * 3)),
    slacks: null,
    rows: new Uint32Array(queries * k),
    keys: new Float64Array(queries * k),
  };
}

/** Parts of at most `queries` x `rows`, one a call. */
export function partsOf(rows: number, queries: number): ScanParts {
  const memory = new (typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer)(8);
  return { rows, queries, turn: 0, progress: new Uint32Array(memory) };
}
