// SPDX-License-Identifier: Apache-2.0
/** Finds the addon (a local build, else a prebuilt binary) and gives it the Backend interface. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Backend, Columns, ScanJob, ScanParts } from './backend.ts';
import type { CodecPlan } from './codec/codec.ts';
import { codecImage, rotationImage } from './codec/image.ts';

type Floats = Float32Array | Float64Array;
type ColumnArguments = [
  Uint8Array, // codes
  Uint8Array, // scales
  Uint8Array | null, // norms
  Uint8Array, // tags
  Uint8Array | null, // residuals
  Uint8Array | null, // nonces
  number, // stride
  Uint32Array | null, // outliers: starts
  Uint32Array | null, // coordinates
  Float32Array | null, // values
];
type EncodeArguments = [Uint8Array, Float32Array, number, ...ColumnArguments];
type DecodeArguments = [Uint8Array, Float32Array, ...ColumnArguments];
type AccumulateArguments = [Uint8Array, Float64Array, number, ...ColumnArguments];
type ScanArguments = [
  Uint8Array, // image
  Uint8Array, // codes
  Float32Array, // scales
  Float32Array | null, // norms
  Uint8Array, // tags
  Float32Array | null, // residuals
  Float32Array | null, // reaches
  Uint8Array | null, // allowed
  number, // first row
  number, // last row
  number, // k
  Int8Array, // forms
  Float64Array, // query bias
  Float64Array, // gains
  Float64Array | null, // slacks
  Uint32Array, // out: rows
  Float64Array, // out: keys
];

/** The addon's exports: the list in binding/addon.cpp. */
interface Addon {
  isas(): string[];
  isa(): string;
  setIsa(name: string): boolean;
  fwht(x: Floats, dim: number, scale: number): number;
  rotate(image: Uint8Array, x: Float32Array, y: Float32Array, first: number, last: number): number;
  unrotate(image: Uint8Array, x: Float32Array, y: Float32Array, first: number, last: number): number;
  moments(x: Float32Array, dim: number, block: number, out: Float64Array): number;
  centerRows(x: Float32Array, dim: number, center: Float32Array | null, normalize: number, out: Float32Array): number;
  centerRowsAsync(
    x: Float32Array,
    dim: number,
    center: Float32Array | null,
    normalize: number,
    out: Float32Array,
  ): Promise<number>;
  firstUnusableRow(x: Float32Array, dim: number): number;
  maxAbs(x: Floats): number;
  encode(...args: EncodeArguments): number;
  encodeAsync(...args: EncodeArguments): Promise<number>;
  decode(...args: DecodeArguments): number;
  decodeAsync(...args: DecodeArguments): Promise<number>;
  accumulate(...args: AccumulateArguments): number;
  accumulateAsync(...args: AccumulateArguments): Promise<number>;
  estimate(
    image: Uint8Array,
    query: Float32Array,
    out: Float64Array,
    energy: Float64Array | null,
    ...columns: ColumnArguments
  ): number;
  project(image: Uint8Array, v: Float32Array, out: Float32Array): number;
  scan(...args: ScanArguments): number;
  scanAsync(
    rows: number,
    queries: number,
    turn: number,
    progress: Uint32Array,
    ...args: ScanArguments
  ): Promise<number>;
  crc32c(crc: number, bytes: Uint8Array): number;
  bucketize(image: Uint8Array, section: number, v: Float32Array, codes: Uint8Array): number;
  lookup(image: Uint8Array, section: number, codes: Uint8Array, levels: Float32Array): number;
  pack(codes: Uint8Array, bits: number, packed: Uint8Array): number;
  unpack(codes: Uint8Array, bits: number, packed: Uint8Array): number;
}

/** The native backend can change its instruction set: for HADAQUANT_ISA and for tests. */
export interface NativeBackend extends Backend {
  isas(): string[];
  setIsa(name: string): boolean;
}

const columnArguments = (c: Columns): ColumnArguments => [
  c.codes,
  c.scales,
  c.norms,
  c.tags,
  c.residuals,
  c.nonces,
  c.stride,
  c.outliers?.starts ?? null,
  c.outliers?.coordinates ?? null,
  c.outliers?.values ?? null,
];
const encodeArguments = (plan: CodecPlan, x: Float32Array, firstIndex: number, c: Columns): EncodeArguments => [
  codecImage(plan),
  x,
  firstIndex,
  ...columnArguments(c),
];
const decodeArguments = (plan: CodecPlan, x: Float32Array, c: Columns): DecodeArguments => [
  codecImage(plan),
  x,
  ...columnArguments(c),
];
const accumulateArguments = (
  plan: CodecPlan,
  sums: Float64Array,
  rotated: boolean,
  c: Columns,
): AccumulateArguments => [codecImage(plan), sums, rotated ? 1 : 0, ...columnArguments(c)];
const scanArguments = (job: ScanJob): ScanArguments => [
  codecImage(job.plan),
  job.codes,
  job.scales,
  job.norms,
  job.tags,
  job.residuals,
  job.reaches,
  job.allowed,
  job.firstRow,
  job.lastRow,
  job.k,
  job.forms,
  job.queryBias,
  job.gains,
  job.slacks,
  job.rows,
  job.keys,
];

function nativeBackend(addon: Addon): NativeBackend {
  return {
    name: 'native',
    get isa() {
      return addon.isa();
    },
    threaded: true,
    isas: () => addon.isas(),
    setIsa: (name) => addon.setIsa(name),
    fwht: (x, dim, scale) => void addon.fwht(x, dim, scale),
    rotate: (plan, x, y, first, last) => void addon.rotate(rotationImage(plan), x, y, first, last),
    unrotate: (plan, x, y, first, last) => void addon.unrotate(rotationImage(plan), x, y, first, last),
    moments: (x, dim, block, out) => void addon.moments(x, dim, block, out),
    centerRows: (x, dim, center, normalize, out) => addon.centerRows(x, dim, center, normalize ? 1 : 0, out),
    centerRowsAsync: (x, dim, center, normalize, out) => addon.centerRowsAsync(x, dim, center, normalize ? 1 : 0, out),
    firstUnusableRow: (x, dim) => addon.firstUnusableRow(x, dim),
    maxAbs: (x) => addon.maxAbs(x),
    encode: (plan, x, firstIndex, out) => addon.encode(...encodeArguments(plan, x, firstIndex, out)),
    encodeAsync: (plan, x, firstIndex, out) => addon.encodeAsync(...encodeArguments(plan, x, firstIndex, out)),
    decode: (plan, input, x) => addon.decode(...decodeArguments(plan, x, input)),
    decodeAsync: (plan, input, x) => addon.decodeAsync(...decodeArguments(plan, x, input)),
    accumulate: (plan, input, rotated, sums) => addon.accumulate(...accumulateArguments(plan, sums, rotated, input)),
    accumulateAsync: (plan, input, rotated, sums) =>
      addon.accumulateAsync(...accumulateArguments(plan, sums, rotated, input)),
    estimate: (plan, query, input, out, energy) =>
      addon.estimate(codecImage(plan), query, out, energy, ...columnArguments(input)),
    project: (plan, v, out) => void addon.project(codecImage(plan), v, out),
    scan: (job) => void addon.scan(...scanArguments(job)),
    scanAsync: async (job, { rows, queries, turn, progress }: ScanParts) =>
      void (await addon.scanAsync(rows, queries, turn, progress, ...scanArguments(job))),
    crc32c: (crc, bytes) => addon.crc32c(crc, bytes),
    bucketize: (plan, section, v, codes) => void addon.bucketize(codecImage(plan), section, v, codes),
    lookup: (plan, section, codes, levels) => void addon.lookup(codecImage(plan), section, codes, levels),
    pack: (codes, bits, packed) => void addon.pack(codes, bits, packed),
    unpack: (codes, bits, packed) => void addon.unpack(codes, bits, packed),
  };
}

/** The addon as a backend, or why it cannot be had. */
export function loadNative(): { backend: NativeBackend; reason?: never } | { backend?: never; reason: string } {
  try {
    const require = createRequire(import.meta.url);
    const load = require('node-gyp-build') as (root: string) => Addon;
    return { backend: nativeBackend(load(fileURLToPath(new URL('..', import.meta.url)))) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { reason: `no native addon: ${text.split('\n')[0]}` };
  }
}
