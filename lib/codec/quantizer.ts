// SPDX-License-Identifier: Apache-2.0
import { type AsyncOptions, checkAsyncOptions, ownChunk, runChunks } from '../async.ts';
import { kernels } from '../backend.ts';
import {
  allocate,
  checkChoice,
  checkDim,
  checkInteger,
  checkNumber,
  checkOptions,
  checkOut,
  checkRecords,
  checkRows,
  checkSeed,
  checkVector,
  HadaquantFormatError,
} from '../check.ts';
import type { Seed } from '../random.ts';
import { requireUsableRows } from '../usable-rows.ts';
import {
  CODEC_NAMES,
  type CodecName,
  type CodecPlan,
  checkBits,
  codecPlan,
  ROUNDS,
  type Rounds,
  SCALE_RULES,
  type ScaleRule,
} from './codec.ts';
import { LLOYD_MAX_ERROR } from './lloyd-max.ts';
import { recordBytes, recordColumns, recordNorm, TRAILER_BYTES } from './record.ts';

export interface QuantizerOptions {
  /** Coordinates of a vector, 1 or more. */
  dim: number;
  /** Bits a coordinate, 0.5 to 8; fractions give some coordinates one bit more than others. */
  bits: number;
  /** 'eden' (default), or 'drive': signs only, bits must be 1. */
  codec?: CodecName;
  /** Default 'unbiased': inner products are right on average. 'mse': smallest error of each decoded vector. */
  scale?: ScaleRule;
  /**
   * Randomized Hadamard transforms a vector. Default 'auto': 1, 2 or 3 by the moments of each vector. A dim that is no
   * m * 2^j (m = 1, 12, 20, 28) always takes at least 2.
   */
  rounds?: Rounds;
  /** Default 0. The same on both sides. */
  seed?: Seed;
}

export interface QuantizerJson {
  format: 'hadaquant-quantizer';
  version: 1;
  dim: number;
  bits: number;
  codec: CodecName;
  scale: ScaleRule;
  rounds: Rounds;
  /** Decimal digits. */
  seed: string;
}

export interface EncodeOptions {
  /** Where the records go: at least rows * bytesPerVector bytes. Default: a new array. */
  out?: Uint8Array;
  /**
   * Index of the first row in the whole collection, for codecs whose randomness depends on the vector. Records of 'eden'
   * and 'drive' do not depend on it. Default 0.
   */
  firstIndex?: number;
}

export interface DecodeOptions {
  /** Where the vectors go: at least rows * dim elements. Default: a new array. */
  out?: Float32Array;
}

export interface EstimateOptions {
  /** Where the numbers go: at least one a record. Default: a new array. */
  out?: Float32Array;
}

export interface ErrorBoundOptions extends EstimateOptions {
  /** Standard deviations, 0 or more. Default 2: about 95 % of estimates are nearer than the bound. */
  sigmas?: number;
}

/** Floats that a chunk of asynchronous work reads: about a millisecond of it. */
const CHUNK_FLOATS = { threaded: 1 << 18, inTurn: 1 << 15 };

export function chunkRows(dim: number): number {
  const floats = kernels().threaded ? CHUNK_FLOATS.threaded : CHUNK_FLOATS.inTurn;
  return Math.max(1, Math.floor(floats / dim));
}

/**
 * Compresses float32 vectors to records of a fixed number of bytes, decodes them, and estimates distances from them.
 *
 * Vectors are rotated at random, so quality does not depend on the data: with b bits the mean squared error is
 * D/(1-D) of the squared norm (b = 1: 0.571, 2: 0.133, 4: 0.0096, 8: 0.00004) for every input. Records are the same
 * bytes on every machine and backend.
 *
 * @example
 * const q = new Quantizer({ dim: 768, bits: 4 });
 * const codes = q.encode(embeddings);          // rows x 768 float32 -> rows x 393 bytes
 * const scores = q.innerProducts(query, codes);
 * const restored = q.decode(codes);
 */
export class Quantizer {
  readonly dim: number;
  readonly bits: number;
  readonly codec: CodecName;
  readonly scale: ScaleRule;
  readonly rounds: Rounds;
  readonly seed: Seed;
  /** Bytes of a record. */
  readonly bytesPerVector: number;
  readonly #plan: CodecPlan;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: QuantizerOptions) {
    const given = checkOptions(options);
    this.dim = checkDim(given.dim);
    this.codec = given.codec === undefined ? 'eden' : checkChoice('codec', given.codec, CODEC_NAMES);
    this.bits = checkBits(given.bits, this.codec);
    this.scale = given.scale === undefined ? 'unbiased' : checkChoice('scale', given.scale, SCALE_RULES);
    this.rounds = given.rounds === undefined ? 'auto' : checkChoice('rounds', given.rounds, ROUNDS);
    this.seed = given.seed === undefined ? 0 : checkSeed(given.seed);
    this.#plan = codecPlan(this);
    this.bytesPerVector = recordBytes(this.#plan);
  }

  /** Expected |x - decoded|^2 / |x|^2 for large dim (Lloyd-Max error D: D/(1-D) unbiased, D for scale 'mse'). */
  get expectedError(): number {
    const coded = this.#plan.sections.reduce((sum, s) => sum + s.count * (1 - LLOYD_MAX_ERROR[s.book.bits]), 0);
    const kept = coded / this.dim;
    return this.scale === 'mse' ? 1 - kept : 1 / kept - 1;
  }

  /**
   * @param x rows x dim float32, finite
   * @returns rows records of bytesPerVector bytes
   * @throws TypeError for wrong types; RangeError for a NaN, an infinity, a wrong length, an `out` that is too short or
   *   overlaps x. Nothing is written then.
   */
  encode(x: Float32Array, options?: EncodeOptions): Uint8Array {
    const given = checkOptions(options);
    const rows = checkRows('x', x, this.dim);
    checkFirstIndex(given.firstIndex);
    const out = checkOut(given.out, Uint8Array, rows * this.bytesPerVector, { x });
    requireUsableRows('x', x, this.dim);
    kernels().encode(this.#plan, x, recordColumns(this.#plan, out));
    return out;
  }

  /** `encode` off the event loop. `x` may be changed or transferred once the promise has settled, not before. */
  async encodeAsync(x: Float32Array, options?: EncodeOptions & AsyncOptions): Promise<Uint8Array> {
    const given = checkOptions(options);
    const schedule = checkAsyncOptions(given);
    const { dim, bytesPerVector } = this;
    const rows = checkRows('x', x, dim);
    checkFirstIndex(given.firstIndex);
    if (given.out !== undefined) checkOut(given.out, Uint8Array, rows * bytesPerVector, { x });
    const records = allocate(Uint8Array, rows * bytesPerVector);
    await runChunks(rows, chunkRows(dim), schedule, async (start, end) => {
      const chunk = ownChunk('x', x, rows * dim, start * dim, end * dim);
      requireUsableRows('x', chunk, dim, start);
      const part = records.subarray(start * bytesPerVector, end * bytesPerVector);
      await kernels().encodeAsync(this.#plan, chunk, recordColumns(this.#plan, part));
    });
    return deliver(records, given.out, Uint8Array);
  }

  /**
   * @param codes records
   * @returns rows x dim float32
   * @throws HadaquantFormatError, naming the record, if one cannot have come from an encoder.
   */
  decode(codes: Uint8Array, options?: DecodeOptions): Float32Array {
    const given = checkOptions(options);
    const rows = checkRecords('codes', codes, this.bytesPerVector);
    const out = checkOut(given.out, Float32Array, rows * this.dim, { codes });
    checkDecoded(kernels().decode(this.#plan, recordColumns(this.#plan, codes), out));
    return out;
  }

  /** `decode` off the event loop. */
  async decodeAsync(codes: Uint8Array, options?: DecodeOptions & AsyncOptions): Promise<Float32Array> {
    const given = checkOptions(options);
    const schedule = checkAsyncOptions(given);
    const { dim, bytesPerVector } = this;
    const rows = checkRecords('codes', codes, bytesPerVector);
    if (given.out !== undefined) checkOut(given.out, Float32Array, rows * dim, { codes });
    const vectors = allocate(Float32Array, rows * dim);
    await runChunks(rows, chunkRows(dim), schedule, async (start, end) => {
      const chunk = ownChunk('codes', codes, rows * bytesPerVector, start * bytesPerVector, end * bytesPerVector);
      const part = vectors.subarray(start * dim, end * dim);
      checkDecoded(await kernels().decodeAsync(this.#plan, recordColumns(this.#plan, chunk), part), start);
    });
    return deliver(vectors, given.out, Float32Array);
  }

  /**
   * Estimates of the inner product <query, x_i> for every record, unbiased (scale 'unbiased').
   * @param query dim float32
   */
  innerProducts(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip) => ip);
  }

  /** Estimates of |query - x_i|^2; a small distance can come out a little below 0. */
  squaredDistances(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip, norm, queryNorm) => queryNorm * queryNorm + norm * norm - 2 * ip);
  }

  /** Estimates of the cosine between query and x_i, from -1 to 1; 0 where either is a zero vector. */
  cosines(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip, norm, queryNorm) =>
      norm > 0 && queryNorm > 0 ? Math.max(-1, Math.min(1, ip / (queryNorm * norm))) : 0,
    );
  }

  /**
   * How far `innerProducts` may be off for each record: sigmas * |query| |x| sqrt(v / (dim - 1)) with
   * v = |decoded|^2 / |x|^2 - 1 (RaBitQ's bound for the unbiased scale). For scale 'mse' the estimate is first short by
   * the factor of its shrinkage, so that part is added.
   */
  errorBounds(query: Float32Array, codes: Uint8Array, options?: ErrorBoundOptions): Float32Array {
    const given = checkOptions(options);
    const sigmas = given.sigmas === undefined ? 2 : checkNumber('sigmas', given.sigmas, 0, Number.POSITIVE_INFINITY);
    const spread = sigmas / Math.sqrt(Math.max(1, this.dim - 1));
    return this.#estimate(query, codes, options, (_ip, norm, queryNorm, energy) => {
      // a row whose coded coordinates were all 0 (possible below one bit) is lost altogether
      if (energy === 0) return queryNorm * norm;
      const ratio = energy / (norm * norm);
      if (this.scale === 'unbiased') return queryNorm * norm * spread * Math.sqrt(Math.max(0, ratio - 1));
      // decoded = a projection of x of relative energy `ratio`: 1 - ratio is lost along x, the rest is spread
      const lost = Math.max(0, 1 - ratio);
      return queryNorm * norm * (lost + spread * Math.sqrt(ratio * lost));
    });
  }

  toJSON(): QuantizerJson {
    const { dim, bits, codec, scale, rounds, seed } = this;
    return { format: 'hadaquant-quantizer', version: 1, dim, bits, codec, scale, rounds, seed: String(seed) };
  }

  /**
   * The quantizer of `toJSON`, from its object (or any source of it).
   * @throws HadaquantFormatError if it is not one.
   */
  static fromJSON(json: unknown): Quantizer {
    const given = json as Partial<QuantizerJson> | null;
    if (typeof given !== 'object' || given === null || given.format !== 'hadaquant-quantizer') {
      throw new HadaquantFormatError("json must be a quantizer's toJSON() object");
    }
    if (given.version !== 1) throw new HadaquantFormatError(`json.version must be 1, got ${given.version}`);
    if (typeof given.seed !== 'string' || !/^\d{1,20}$/.test(given.seed)) {
      throw new HadaquantFormatError('json.seed must be a string of digits');
    }
    const seed = BigInt(given.seed);
    try {
      const { dim, bits, codec, scale, rounds } = given as QuantizerJson;
      return new Quantizer({
        dim,
        bits,
        codec,
        scale,
        rounds,
        seed: seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed,
      });
    } catch (error) {
      throw new HadaquantFormatError(`json.${(error as Error).message}`);
    }
  }

  #estimate(
    query: Float32Array,
    codes: Uint8Array,
    options: EstimateOptions | undefined,
    value: (ip: number, norm: number, queryNorm: number, energy: number) => number,
  ): Float32Array {
    const given = checkOptions(options);
    const { dim } = this;
    checkVector('query', query, dim);
    const rows = checkRecords('codes', codes, this.bytesPerVector);
    const out = checkOut(given.out, Float32Array, rows, { query, codes });
    requireUsableRows('query', query, dim);
    const forms = new Float32Array(3 * dim);
    kernels().rotate(this.#plan.rotation, query, forms.subarray(0, dim), 0, 1);
    for (let f = 1; f < 3; f++) {
      kernels().rotate(
        this.#plan.rotation,
        forms.subarray((f - 1) * dim, f * dim),
        forms.subarray(f * dim, (f + 1) * dim),
        f,
        f + 1,
      );
    }
    const queryMoments = new Float64Array(4);
    kernels().moments(query, dim, queryMoments);
    const products = new Float64Array(rows);
    const energy = new Float64Array(rows);
    checkDecoded(kernels().estimate(this.#plan, forms, recordColumns(this.#plan, codes), products, energy));
    const records = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    const norms = Float64Array.from({ length: rows }, (_, r) => recordNorm(this.#plan, records, r));
    const bad = norms.findIndex((norm) => !(norm >= 0 && norm < Number.POSITIVE_INFINITY));
    if (bad >= 0) throw new HadaquantFormatError(`codes: the norm of record ${bad} is no finite number of at least 0`);
    for (let r = 0; r < rows; r++) out[r] = value(products[r], norms[r], queryMoments[0], energy[r]);
    return out;
  }
}

function checkFirstIndex(value: number | undefined): void {
  if (value !== undefined) checkInteger('firstIndex', value, 0);
}

function checkDecoded(bad: number, first = 0): void {
  if (bad < 0) return;
  throw new HadaquantFormatError(
    `codes: record ${first + bad} cannot be decoded (its last ${TRAILER_BYTES} bytes hold no finite scale with 1 to 3 rounds)`,
  );
}

/** The finished result, copied to `out` if there is one (checked again: it may have been detached meanwhile). */
function deliver<T extends Float32Array | Uint8Array>(
  result: T,
  out: T | undefined,
  Type: { new (length: number): T; readonly name: string },
): T {
  if (out === undefined) return result;
  const view = checkOut(out, Type, result.length, {});
  view.set(result);
  return view;
}
