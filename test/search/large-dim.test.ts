// SPDX-License-Identifier: Apache-2.0
/** Sums beyond 32 bits: rows so long, and so much of one sign, that a kernel that adds them up in 32 bits would wrap. */
import { describe, expect, it } from 'vitest';
import { kernels } from '../../lib/backend.ts';
import type { CodecPlan } from '../../lib/codec/codec.ts';
import { packedBytes, pad64, planeBytes } from '../../lib/codec/section.ts';
import { pack } from '../../lib/js/pack.ts';
import { indexConfig, indexPlan } from '../../lib/search/config.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { onEveryBackend } from '../backends.ts';
import { expectSameBits } from '../same-bits.ts';
import { estimateDeviation, exactScore, norm } from './exact.ts';
import { normals, row, uniform } from './vectors.ts';

const SLACK = 64; // the scan may read this far behind the last row

/** Where coordinate i of a section stands in a query form (cpp/hadaquant.h). */
function placeInForm(bits: number, count: number, i: number): number {
  if (![1, 2, 4].includes(bits)) return i;
  const fields = 8 / bits;
  return (i % fields) * pad64(planeBytes(count, bits)) + Math.floor(i / fields);
}

/** Scans rows of given codes against forms of given int8 coordinates; gives keys in the order of the rows. */
function scanKeys(plan: CodecPlan, codeRows: Uint8Array[], queries: Int8Array[]): Float64Array {
  const codes = new Uint8Array(codeRows.length * plan.codeBytes + SLACK).fill(0xff);
  const forms = new Int8Array(queries.length * 3 * plan.formBytes);
  for (const { first, count, alphabet, codeOffset, queryOffset } of plan.sections) {
    const { bits } = alphabet;
    codeRows.forEach((own, r) => {
      const packed = new Uint8Array(packedBytes(count, bits));
      pack(own.subarray(first, first + count), count, bits, packed, 0);
      codes.set(packed, r * plan.codeBytes + codeOffset);
    });
    queries.forEach((own, q) => {
      for (let i = 0; i < count; i++) {
        forms[3 * q * plan.formBytes + queryOffset + placeInForm(bits, count, i)] = own[first + i];
      }
    });
  }
  const k = codeRows.length;
  const rows = new Uint32Array(queries.length * k);
  const keys = new Float64Array(queries.length * k);
  kernels().scan({
    plan,
    codes,
    scales: new Float32Array(k).fill(1),
    norms: null,
    tags: new Uint8Array(k).fill(1),
    residuals: null,
    reaches: null,
    allowed: null,
    firstRow: 0,
    lastRow: k,
    k,
    forms,
    queryBias: new Float64Array(queries.length),
    gains: new Float64Array(6 * queries.length).fill(1),
    slacks: null,
    rows,
    keys,
  });
  const ordered = new Float64Array(keys.length);
  for (let i = 0; i < rows.length; i++) ordered[Math.floor(i / k) * k + rows[i]] = keys[i];
  return ordered;
}

/** The same in whole numbers without limit. */
function exactKeys(plan: CodecPlan, codeRows: Uint8Array[], queries: Int8Array[]): Float64Array {
  return Float64Array.from(
    queries.flatMap((query) =>
      codeRows.map((codes) => {
        let sum = 0n;
        for (const { first, count, high, low } of plan.sections) {
          // 1,024 products of at most 16,320 * 127 at a time are exact in float64, and BigInt does the rest
          for (let start = first; start < first + count; start += 1024) {
            let part = 0;
            for (let i = start; i < Math.min(start + 1024, first + count); i++) {
              part += (128 * high[codes[i]] + (low[codes[i]] ?? 0)) * query[i];
            }
            sum += BigInt(part);
          }
        }
        return Number(sum);
      }),
    ),
  );
}

describe('integer sums of the scan', () => {
  // around the 8,192 bytes of a chunk at each width, and far beyond
  it.each([
    [1, [65535, 65536, 65537, 131073, 140000]],
    [2, [32767, 32768, 32769, 140000]],
    [3, [8191, 8192, 8193, 140000]],
    [4, [16383, 16384, 16385, 140000]],
    [5, [8193, 140000]],
    [7, [8193, 140000]],
    [8, [8191, 8192, 8193, 140000]],
    [1.5, [200001]],
    [7.5, [140001]],
  ])('are exact at %d bits for dims %o', (bits, dims) => {
    for (const dim of dims) {
      const plan = indexPlan(indexConfig({ dim, bits }, null));
      const next = uniform(171);
      const widths = new Uint8Array(dim);
      for (const { first, count, alphabet } of plan.sections) widths.fill(alphabet.bits, first, first + count);
      const codeOf = (fn: (top: number, i: number) => number) =>
        Uint8Array.from(widths, (width, i) => fn(2 ** width - 1, i));
      const codeRows = [
        codeOf((top) => top), // all of the largest level
        codeOf(() => 0), // all of the smallest
        codeOf((top, i) => (i % 2 ? top : 0)),
        codeOf((top) => Math.floor(next() * (top + 1))),
      ];
      const queries = [127, -127, 0].map((v) => new Int8Array(dim).fill(v || 1));
      queries.push(Int8Array.from({ length: dim }, () => Math.floor(next() * 255) - 127));
      queries.push(Int8Array.from({ length: dim }, (_, i) => (i % 2 ? 127 : -127)));
      const expected = exactKeys(plan, codeRows, queries);
      // or else nothing here would wrap
      if (dim >= 140000) expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(128 * 2 ** 31);
      for (const { name, value } of onEveryBackend(() => scanKeys(plan, codeRows, queries))) {
        expectSameBits(value, expected, `${name}, dim ${dim}`);
      }
    }
  });
});

describe('an index of dim 140,000', () => {
  const DIM = 140000;
  const x = normals(172, 3, DIM);
  x.fill(1, DIM, 2 * DIM); // all equal
  const queries = normals(173, 2, DIM);
  queries.fill(1, DIM);

  it.each([1, 8])('gives the same everywhere, near the true scores, at %d bits', (bits) => {
    for (const metric of METRICS) {
      const [first, ...others] = onEveryBackend(() => {
        const index = new FlatIndex({ dim: DIM, bits, metric });
        index.add(x);
        return index.search(queries, { k: 3 });
      });
      for (const { name, value } of others) {
        expectSameBits(value.ids, first.value.ids, `${name}: ids`);
        expectSameBits(value.scores, first.value.scores, `${name}: scores`);
      }
      const { ids, scores } = first.value;
      const deviation = estimateDeviation(DIM, bits);
      for (let i = 0; i < 6; i++) {
        const [vector, query] = [row(x, DIM, ids[i]), row(queries, DIM, Math.floor(i / 3))];
        const exact = exactScore(metric, vector, query);
        const unit = metric === 'cosine' ? 1 : norm(vector) * norm(query);
        const error = metric === 'l2' ? (scores[i] ** 2 - exact ** 2) / 2 : scores[i] - exact;
        // scores are float32, and so is the norm that an l2 score starts from
        expect(Math.abs(error)).toBeLessThan((6 * deviation + 2 ** -22) * unit);
      }
    }
  });
});
