// SPDX-License-Identifier: Apache-2.0
/** What is particular to the WebAssembly backend: work in parts, linear memory, and doing without it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Columns, type ScanJob, useBackend } from '../lib/backend.ts';
import type { CodecPlan } from '../lib/codec/codec.ts';
import { outlierColumns } from '../lib/codec/outlier-record.ts';
import { jsBackend } from '../lib/js/index.ts';
import { indexConfig, indexPlan } from '../lib/search/config.ts';
import { queryBlock } from '../lib/search/queries.ts';
import { rotationPlan } from '../lib/transform/rotation-plan.ts';
import { loadWasm, type WasmBackend } from '../lib/wasm.ts';
import { restoreBackend } from './backends.ts';
import { type CodecCase, gaussians } from './codec-cases.ts';
import { DITHERED, MSE, PROD, planOf, QUICFL, VQ } from './raw-columns.ts';
import { expectSameBits } from './same-bits.ts';

const MIB = 2 ** 20;
/** Every part of a call and the images that are kept (lib/wasm/memory.ts), with room to spare. */
const MOST_BYTES = 128 * MIB;

const wasm = loadWasm().backend as WasmBackend;
afterEach(restoreBackend);

/** Empty columns for `rows` rows, with the outliers of codecs that have them. */
function emptyColumns(plan: CodecPlan, rows: number): Columns {
  const columns = outlierColumns(plan, rows);
  return {
    ...columns,
    residuals: plan.projection ? new Uint8Array(4 * rows) : null,
    ...(plan.dither === 'coordinate' ? {} : { nonces: null, outliers: null }),
  };
}

function arraysOf({ outliers, stride, ...columns }: Columns) {
  return Object.entries({ ...columns, ...outliers }).filter(([, array]) => array !== null) as [string, Uint8Array][];
}

/** Large enough for outliers. */
const dim = 300;
/** Parts hold about a mebibyte: these rows make several. */
const ROWS = Math.ceil((3.3 * MIB) / (4 * dim));

describe.each<[string, CodecCase]>([MSE, DITHERED, VQ, PROD, QUICFL].map((c) => [c.codec, c]))(
  '%s in parts',
  (_, c) => {
    const plan = planOf(c, dim);
    const x = gaussians(ROWS * dim, 5);
    const encoded = emptyColumns(plan, ROWS);
    beforeAll(() => {
      jsBackend.encode(plan, x, 17, encoded);
    });

    it('encodes to the same columns', () => {
      const ours = emptyColumns(plan, ROWS);
      expect(wasm.encode(plan, x, 17, ours)).toBe(-1);
      const expected = new Map(arraysOf(encoded));
      for (const [name, array] of arraysOf(ours)) expectSameBits(array, expected.get(name) as Uint8Array, name);
    });

    it('stops at an unusable row of a later part, and leaves the rest as it was', () => {
      const bad = ROWS - 3;
      const damaged = x.slice();
      damaged[bad * dim + 1] = Number.NaN;
      const [ours, expected] = [emptyColumns(plan, ROWS), emptyColumns(plan, ROWS)];
      for (const columns of [ours, expected]) columns.codes.fill(0xa5);
      expect(wasm.encode(plan, damaged, 17, ours)).toBe(bad);
      expect(jsBackend.encode(plan, damaged, 17, expected)).toBe(bad);
      for (const name of ['codes', 'scales', 'tags'] as const) expectSameBits(ours[name], expected[name], name);
    });

    it('decodes, sums and estimates the same', () => {
      const [ours, expected] = [new Float32Array(x.length), new Float32Array(x.length)];
      expect(wasm.decode(plan, encoded, ours)).toBe(-1);
      jsBackend.decode(plan, encoded, expected);
      expectSameBits(ours, expected, 'vectors');
      const [sums, sumsExpected] = [new Float64Array(x.length).fill(1), new Float64Array(x.length).fill(1)];
      expect(wasm.accumulate(plan, encoded, false, sums)).toBe(-1);
      jsBackend.accumulate(plan, encoded, false, sumsExpected);
      expectSameBits(sums, sumsExpected, 'sums');
      const query = gaussians(3 * dim, 6);
      const results = [wasm, jsBackend].map((backend) => {
        const [products, energies] = [new Float64Array(ROWS), new Float64Array(ROWS)];
        expect(backend.estimate(plan, query, encoded, products, energies)).toBe(-1);
        return { products, energies };
      });
      expectSameBits(results[0].products, results[1].products, 'products');
      expectSameBits(results[0].energies, results[1].energies, 'energies');
    });

    it('writes nothing if a row of a later part cannot be decoded', () => {
      const tags = encoded.tags.slice();
      tags[ROWS - 2] = 0;
      const vectors = new Float32Array(x.length).fill(7);
      expect(wasm.decode(plan, { ...encoded, tags }, vectors)).toBe(ROWS - 2);
      expect(vectors.every((value) => value === 7)).toBe(true);
    });
  },
);

it('refuses outliers of a later part that lie outside of their row, and writes nothing', () => {
  const plan = planOf(QUICFL, dim);
  const encoded = emptyColumns(plan, ROWS);
  const x = gaussians(ROWS * dim, 5);
  jsBackend.encode(plan, x, 0, encoded);
  const outliers = encoded.outliers as NonNullable<Columns['outliers']>;
  const coordinates = outliers.coordinates.slice();
  expect(outliers.starts[ROWS]).toBeGreaterThan(0);
  coordinates[outliers.starts[ROWS] - 1] = dim;
  const vectors = new Float32Array(x.length).fill(7);
  const decode = () => wasm.decode(plan, { ...encoded, outliers: { ...outliers, coordinates } }, vectors);
  expect(decode).toThrow(/inconsistent arguments/);
  expect(vectors.every((value) => value === 7)).toBe(true);
  expect(wasm.decode(plan, encoded, vectors)).toBe(-1);
});

describe('scans in parts', () => {
  const dims = 128;
  const rows = 60_000;
  const queries = 3;
  const k = 40;
  const config = indexConfig({ dim: dims, bits: 4, seed: 1 }, null);
  const plan = indexPlan(config);
  const encoded = emptyColumns(plan, rows);
  const codes = new Uint8Array(rows * plan.codeBytes);
  let job: ScanJob;
  beforeAll(() => {
    const some = gaussians(1000 * dims, 8);
    const x = new Float32Array(rows * dims);
    for (let r = 0; r < rows; r += 1000) x.set(some, r * dims); // equal keys in every part
    wasm.encode(plan, x, 0, encoded);
    codes.set(encoded.codes);
    useBackend(jsBackend);
    const { forms, bias, gains } = queryBlock(config, plan, gaussians(queries * dims, 9), 3);
    const floats = (bytes: Uint8Array) => new Float32Array(bytes.buffer, bytes.byteOffset, rows);
    job = {
      plan,
      codes,
      scales: floats(encoded.scales),
      norms: null,
      tags: encoded.tags,
      residuals: null,
      reaches: null,
      allowed: null,
      firstRow: 0,
      lastRow: rows,
      k,
      forms,
      queryBias: bias,
      gains,
      slacks: null,
      rows: new Uint32Array(queries * k),
      keys: new Float64Array(queries * k),
    };
  });

  const few = new Uint8Array(rows / 8);
  few[2] = 0x0f; // four rows of the first part
  few[few.length - 1] = 0x81; // two of the last
  it.each<[string, () => Partial<ScanJob>]>([
    ['all rows', () => ({})],
    ['a range that begins inside a byte', () => ({ firstRow: 1003, lastRow: rows - 5 })],
    ['some rows', () => ({ allowed: Uint8Array.from({ length: rows / 8 }, (_, i) => (i * 37) & 0xff) })],
    ['fewer rows than are asked for', () => ({ allowed: few })],
    ['no rows', () => ({ firstRow: 77, lastRow: 77 })],
    [
      'reaches and norms',
      () => ({
        norms: gaussians(rows, 10),
        reaches: gaussians(rows, 11),
        slacks: Float64Array.of(0.5, 1, 2),
      }),
    ],
  ])('finds the same in %s', (_, change) => {
    const results = [wasm, jsBackend].map((backend) => {
      const changed = { ...job, ...change(), rows: new Uint32Array(queries * k), keys: new Float64Array(queries * k) };
      backend.scan(changed);
      return changed;
    });
    expectSameBits(results[0].rows, results[1].rows, 'rows');
    expectSameBits(results[0].keys, results[1].keys, 'keys');
  });
});

describe('linear memory', () => {
  it('grows for a row of 2^25 numbers, which it transforms, and is given back', () => {
    const n = 2 ** 25;
    const x = new Float32Array(n);
    x[1] = 1;
    wasm.fwht(x, n, 1);
    expect(x[0]).toBe(1);
    expect(x[1]).toBe(-1);
    expect(x[n - 1]).toBe(-1);
    expect(wasm.memoryBytes()).toBeLessThan(MOST_BYTES);
    const small = Float32Array.of(1, 2);
    wasm.fwht(small, 2, 1);
    expect([...small]).toEqual([3, -1]);
  });

  it('does not grow with the number of calls', () => {
    const plan = planOf(QUICFL, dim);
    const x = gaussians(50 * dim, 1);
    const columns = emptyColumns(plan, 50);
    wasm.encode(plan, x, 0, columns);
    const before = wasm.memoryBytes();
    for (let i = 0; i < 2000; i++) wasm.encode(plan, x, i, columns);
    expect(wasm.memoryBytes()).toBe(before);
  });

  it('stays bounded with the number of plans, and forgotten plans work again', () => {
    const x = gaussians(100_000, 2);
    const transformed = (seed: number) => {
      const y = new Float32Array(x.length);
      wasm.rotate(rotationPlan(x.length, seed), x, y, 0, 2);
      return y;
    };
    const first = rotationPlan(x.length, 1);
    const [before, after] = [new Float32Array(x.length), new Float32Array(x.length)];
    wasm.rotate(first, x, before, 0, 2);
    for (let seed = 2; seed < 1200; seed++) transformed(seed); // 37 KB of signs each
    expect(wasm.memoryBytes()).toBeLessThan(MOST_BYTES);
    wasm.rotate(first, x, after, 0, 2);
    expectSameBits(after, before, 'rotated');
  });

  it('is as it was after calls that fail', () => {
    const plan = planOf(MSE, dim);
    const x = gaussians(4 * dim, 3);
    const [good, again] = [emptyColumns(plan, 4), emptyColumns(plan, 4)];
    wasm.encode(plan, x, 0, good);
    const before = wasm.memoryBytes();
    for (let i = 0; i < 100; i++) {
      expect(() => wasm.encode(plan, x, 0, { ...again, tags: new Uint8Array(1) })).toThrow(/inconsistent arguments/);
      expect(() => wasm.pack(new Uint8Array(9), 4, new Uint8Array(1))).toThrow(/inconsistent arguments/);
    }
    expect(wasm.memoryBytes()).toBe(before);
    wasm.encode(plan, x, 0, again);
    expectSameBits(again.codes, good.codes, 'codes');
  });
});

describe('without WebAssembly', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('says why it cannot be had', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(loadWasm().reason).toBe('no WebAssembly: WebAssembly is not defined');
    const denied = class {
      constructor() {
        throw new Error('Wasm code generation disallowed by embedder');
      }
    };
    vi.stubGlobal('WebAssembly', { Module: denied });
    expect(loadWasm().reason).toBe('no WebAssembly: Wasm code generation disallowed by embedder');
  });

  describe('and without the addon', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hadaquant-wasm-'));
    beforeAll(() => {
      // not node-gyp-build
      for (const part of ['dist', 'package.json']) {
        cpSync(fileURLToPath(new URL(`../${part}`, import.meta.url)), path.join(folder, part), { recursive: true });
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const show = (before: string, wanted?: string) => {
      const { HADAQUANT_BACKEND: _backend, HADAQUANT_ISA: _isa, ...inherited } = process.env;
      const code = `${before}; console.log(JSON.stringify((await import('./dist/index.js')).backend))`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: folder,
        env: wanted ? { ...inherited, HADAQUANT_BACKEND: wanted } : inherited,
        encoding: 'utf8',
      });
      return { backend: stdout ? JSON.parse(stdout) : undefined, stderr };
    };
    const DENY = "WebAssembly.Module = class { constructor() { throw new Error('denied') } }";

    it('WebAssembly works, and the reason is that of the addon', () => {
      const { backend } = show('');
      expect(backend).toMatchObject({ name: 'wasm', isa: 'simd128' });
      expect(backend.reason).toMatch(/^no native addon: .*node-gyp-build/);
    });

    it('JavaScript works where WebAssembly is denied, and both reasons are there', () => {
      const { backend } = show(DENY);
      expect(backend).toMatchObject({ name: 'js', isa: 'js' });
      expect(backend.reason).toMatch(/^no native addon: .*; no WebAssembly: denied$/);
    });

    it('asking for WebAssembly is an error then', () => {
      expect(show(DENY, 'wasm').stderr).toContain(
        'HADAQUANT_BACKEND=wasm, but the module cannot be used: no WebAssembly: denied',
      );
    });
  });
});
