// SPDX-License-Identifier: Apache-2.0
/** A ScanJob from the parameters of a golden case, by the rules of test/golden/generate.mjs. */
import { kernels, type ScanJob } from '../lib/backend.ts';
import { type CodecPlan, codecPlan } from '../lib/codec/codec.ts';
import type { GoldenCase } from './golden/read.ts';
import { bytes, floats, signedBytes } from './golden/reference/inputs.mjs';

const pad64 = (n: number) => Math.ceil(n / 64) * 64;

/** The int8 query `values` (in coordinate order) as the scan wants it: cpp/hadaquant.h, struct Scan. */
export function layForm(plan: CodecPlan, values: Int8Array, out: Int8Array): void {
  for (const { first, count, book, queryOffset } of plan.sections) {
    const { bits } = book;
    const fields = 8 / bits;
    const stride = pad64(Math.ceil(count / fields));
    for (let i = 0; i < count; i++) {
      const at = [1, 2, 4].includes(bits) ? (i % fields) * stride + Math.floor(i / fields) : i;
      out[queryOffset + at] = values[first + i];
    }
  }
}

export function scanJob(golden: GoldenCase): ScanJob {
  const [dim, bits, rows, distinct] = ['dim', 'bits', 'rows', 'distinct'].map((key) => golden.number(key));
  const [queries, k, input] = ['queries', 'k', 'input'].map((key) => golden.number(key));
  const plan = codecPlan({ dim, bits, codec: 'eden', scale: 'unbiased', rounds: 2, seed: 0 });
  const raw = bytes(input, distinct * dim);
  const codes = new Uint8Array(rows * plan.codeBytes + 64);
  for (let r = 0; r < rows; r++) {
    for (const { first, count, book, codeOffset } of plan.sections) {
      const start = (r % distinct) * dim + first;
      const own = raw.slice(start, start + count).map((b: number) => b & (2 ** book.bits - 1));
      const widths = [8, 4, 2, 1].filter((w) => book.bits & w);
      const length = widths.reduce((sum, w) => sum + Math.ceil((count * w) / 8), 0);
      const at = r * plan.codeBytes + codeOffset;
      kernels().pack(own, book.bits, codes.subarray(at, at + length));
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
    rounds: Uint8Array.from({ length: rows }, (_, r) => 1 + (tags[r % distinct] % 3)),
    allowed: golden.number('allowed') ? bytes(input + 4, Math.ceil(rows / 8)) : null,
    firstRow: golden.number('firstRow'),
    lastRow: rows,
    k,
    forms,
    queryBias: Float64Array.from(floats('plain', input + 6, 1, queries)),
    gains: Float64Array.from(floats('plain', input + 7, 1, queries * 3)),
    rows: new Uint32Array(queries * k),
    keys: new Float64Array(queries * k),
  };
}
