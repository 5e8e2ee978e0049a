// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between the library and what does the work. The native addon, the same kernels as WebAssembly and the JavaScript
 * kernels implement the same interface and give the same bits; everything above it is written once. Arguments have been checked already.
 */
import { platform } from '#platform';
import { requireLittleEndian } from './check.ts';
import type { CodecPlan } from './codec/codec.ts';
import { jsBackend } from './js/index.ts';
import type { RotationPlan } from './transform/rotation-plan.ts';
import { loadWasm } from './wasm.ts';

/**
 * Where the parts of encoded rows lie, row i of each at i * its stride. `stride` 0: every part is a column of its own
 * (code bytes, 4, 4, 1, 4, 4). Otherwise the parts are interleaved: views of the same bytes that begin at their first row.
 */
export interface Columns {
  codes: Uint8Array;
  /** float32 */
  scales: Uint8Array;
  /** float32 */
  norms: Uint8Array | null;
  /** uint8: rounds + 4 * draw */
  tags: Uint8Array;
  /** float32, for plans with a projection */
  residuals: Uint8Array | null;
  /** uint32, for plans with a draw for each coordinate */
  nonces: Uint8Array | null;
  outliers: Outliers | null;
  stride: number;
}

/** Values kept apart from codes: row i has entries starts[i] .. starts[i + 1] - 1, coordinates ascending. */
export interface Outliers {
  /** rows + 1 */
  starts: Uint32Array;
  coordinates: Uint32Array;
  values: Float32Array;
}

/** An exhaustive scan; cpp/hadaquant.h, `Scan`, has the meaning of each field. */
export interface ScanJob {
  plan: CodecPlan;
  codes: Uint8Array;
  scales: Float32Array;
  norms: Float32Array | null;
  tags: Uint8Array;
  residuals: Float32Array | null;
  reaches: Float32Array | null;
  allowed: Uint8Array | null;
  firstRow: number;
  lastRow: number;
  k: number;
  forms: Int8Array;
  queryBias: Float64Array;
  gains: Float64Array;
  slacks: Float64Array | null;
  rows: Uint32Array;
  keys: Float64Array;
}

/** How threads share a scan: in parts of `queries` x `rows`. Results are those of each range of rows, one after the other. */
export interface ScanParts {
  rows: number;
  queries: number;
  /** Milliseconds after which a call takes no further part. */
  turn: number;
  /** In shared memory: parts taken, parts done. Taken is set to the number of parts to stop. */
  progress: Uint32Array;
}

export interface Backend {
  readonly name: 'native' | 'wasm' | 'js';
  readonly isa: string;
  /** True if the `Async` methods work on other threads; otherwise they take turns with the event loop. */
  readonly threaded: boolean;

  /** x := scale * H x, rows of `dim`. */
  fwht(x: Float32Array | Float64Array, dim: number, scale: number): void;
  /** Rounds first .. last - 1; y may be x. */
  rotate(plan: RotationPlan, x: Float32Array, y: Float32Array, first: number, last: number): void;
  unrotate(plan: RotationPlan, x: Float32Array, y: Float32Array, first: number, last: number): void;
  /** out: rows x 6: norm, l3, l4, max, and of blocks of 2, 4 or 8 coordinates r1, r2 (block 1: 0). */
  moments(x: Float32Array, dim: number, block: number, out: Float64Array): void;
  /** out = x (divided by its norm if `normalize`) - center; out may be x. Index of the first unusable row of x, or -1. */
  centerRows(x: Float32Array, dim: number, center: Float32Array | null, normalize: boolean, out: Float32Array): number;
  centerRowsAsync(
    x: Float32Array,
    dim: number,
    center: Float32Array | null,
    normalize: boolean,
    out: Float32Array,
  ): Promise<number>;
  /** Index of the first unusable row: with a NaN, an infinity or a norm beyond float32; -1 if all are fine. */
  firstUnusableRow(x: Float32Array, dim: number): number;
  /** Largest |x|; not finite if there is a NaN or an infinity. */
  maxAbs(x: Float32Array | Float64Array): number;

  /**
   * Rows draw their randomness as rows firstIndex, firstIndex + 1, ... Index of the first unusable row (then those before
   * it are written, and no others), or -1.
   */
  encode(plan: CodecPlan, x: Float32Array, firstIndex: number, out: Columns): number;
  encodeAsync(plan: CodecPlan, x: Float32Array, firstIndex: number, out: Columns): Promise<number>;
  /** Index of the first row that cannot be decoded (then nothing is written), or -1. */
  decode(plan: CodecPlan, input: Columns, x: Float32Array): number;
  decodeAsync(plan: CodecPlan, input: Columns, x: Float32Array): Promise<number>;
  /**
   * sums += decoded rows; `rotated`: without the inverse rotation, so that sums of rows that share one rotation can be
   * rotated back together. As decode: where a row cannot be decoded, nothing is added.
   */
  accumulate(plan: CodecPlan, input: Columns, rotated: boolean, sums: Float64Array): number;
  accumulateAsync(plan: CodecPlan, input: Columns, rotated: boolean, sums: Float64Array): Promise<number>;
  /** out[i] = <decoded row i, query>, energy[i] = |decoded row i|^2; query: its three rotated forms. As decode. */
  estimate(
    plan: CodecPlan,
    query: Float32Array,
    input: Columns,
    out: Float64Array,
    energy: Float64Array | null,
  ): number;

  /** out = the plan's projection times v. */
  project(plan: CodecPlan, v: Float32Array, out: Float32Array): void;

  scan(job: ScanJob): void;
  /** Takes parts until there are none left or its turn is over; a backend without threads takes one. */
  scanAsync(job: ScanJob, parts: ScanParts): Promise<void>;

  /** CRC-32C of `bytes` after those already in `crc`. */
  crc32c(crc: number, bytes: Uint8Array): number;

  /** The steps of a codec, for tests. `section`: index into plan.sections. */
  bucketize(plan: CodecPlan, section: number, v: Float32Array, codes: Uint8Array): void;
  lookup(plan: CodecPlan, section: number, codes: Uint8Array, levels: Float32Array): void;
  pack(codes: Uint8Array, bits: number, packed: Uint8Array): void;
  unpack(codes: Uint8Array, bits: number, packed: Uint8Array): void;
}

/** What does the work, and why if it is not the fastest. */
export interface BackendInfo {
  /** The addon, the kernels as WebAssembly, or plain JavaScript. All give the same bits. */
  readonly name: 'native' | 'wasm' | 'js';
  /** Instruction set: 'scalar', 'avx2', 'avx512', 'avx512icl', 'neon' or 'neondot'; 'simd128', 'js'. */
  readonly isa: string;
  /** Why a faster backend was not taken, if one was wanted. */
  readonly reason?: string;
}

const BACKENDS = ['native', 'wasm', 'js'];

/** Without the addon: WebAssembly, or where that cannot be had, JavaScript. */
function chooseWithout(reason: string): { chosen: Backend; reason: string } {
  const wasm = loadWasm();
  if (wasm.backend) return { chosen: wasm.backend, reason };
  return { chosen: jsBackend, reason: `${reason}; ${wasm.reason}` };
}

function choose(): { chosen: Backend; reason?: string } {
  requireLittleEndian();
  const wanted = platform.setting('HADAQUANT_BACKEND');
  const isa = platform.setting('HADAQUANT_ISA');
  if (wanted && !BACKENDS.includes(wanted)) {
    throw new RangeError(`HADAQUANT_BACKEND must be one of ${BACKENDS.join(', ')}, got '${wanted}'`);
  }
  if (wanted === 'js') return { chosen: jsBackend, reason: 'HADAQUANT_BACKEND=js' };
  if (wanted === 'wasm') {
    const wasm = loadWasm();
    if (!wasm.backend) throw new Error(`HADAQUANT_BACKEND=wasm, but the module cannot be used: ${wasm.reason}`);
    return { chosen: wasm.backend, reason: 'HADAQUANT_BACKEND=wasm' };
  }
  const native = platform.loadNative();
  if (!native.backend) {
    if (wanted === 'native')
      throw new Error(`HADAQUANT_BACKEND=native, but the addon cannot be used: ${native.reason}`);
    return chooseWithout(native.reason);
  }
  if (isa && !native.backend.setIsa(isa)) {
    throw new RangeError(`HADAQUANT_ISA must be one of ${native.backend.isas().join(', ')} on this CPU, got '${isa}'`);
  }
  return isa ? { chosen: native.backend, reason: `HADAQUANT_ISA=${isa}` } : { chosen: native.backend };
}

const { chosen, reason } = choose();
let current = chosen;

/** The backend in use. */
export function kernels(): Backend {
  return current;
}

/** Makes another backend the one in use; for tests that compare them. */
export function useBackend(backend: Backend): void {
  current = backend;
}

/**
 * Which backend and instruction set this process uses, settled when the package is loaded. The environment variables
 * HADAQUANT_BACKEND (native, wasm, js) and HADAQUANT_ISA force one; loading fails with an Error if it cannot be had, with a
 * RangeError if there is none of that name. docs/platforms.md has the order in which they are tried.
 */
export const backend: BackendInfo = Object.freeze({
  name: chosen.name,
  isa: chosen.isa,
  ...(reason === undefined ? {} : { reason }),
});
