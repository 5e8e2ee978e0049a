// SPDX-License-Identifier: Apache-2.0
import { type AsyncOptions, ChunkMemory, checkAsyncOptions, chunkView, runChunks } from '../async.ts';
import { kernels } from '../backend.ts';
import {
  allocate,
  checkChoice,
  checkInteger,
  checkNumber,
  checkOptions,
  checkOut,
  checkRows,
  checkSeed,
  checkVector,
  HadaquantFormatError,
  trueLength,
} from '../check.ts';
import type { Seed } from '../random.ts';
import { refuseUnusableRow, requireUsableRows } from '../usable-rows.ts';
import {
  type CodecName,
  type CodecPlan,
  checkCodec,
  checkPrivateSeed,
  checkScale,
  codecPlan,
  ROUNDS,
  type Rounds,
  type ScaleRule,
} from './codec.ts';
import { errorSpread, type RowFacts } from './error-bound.ts';
import type { GridName } from './grids.ts';
import { concatenate } from './outlier-record.ts';
import { columnFloats, recordColumns } from './record.ts';
import { encodingColumns, type RecordFormat, recordFormat } from './record-format.ts';

/** What a `Quantizer` is made of. Both sides need the same, `privateSeed` excepted; `Quantizer.toJSON` carries it. */
export interface QuantizerOptions<C extends CodecName = CodecName> {
  /** Coordinates of a vector, 1 to 2^30; codec 'turboquant-prod': to 4096. */
  dim: number;
  /**
   * Bits a coordinate. eden: 0.5 to 8, fractions give some coordinates one bit more than others. drive: 1. quicfl: 1 to 6.
   * dithered, turboquant-mse, uniform: 1 to 8. turboquant-prod: 2 to 8. vq: 1, 2 or 4.
   */
  bits: number;
  /**
   * 'eden' (default): smallest error of the scalar codecs. 'drive': signs. 'quicfl': unbiased for every input, for averages over
   * many senders; its records differ in size. 'dithered': unbiased for every input after one rotation. 'vq': blocks of
   * coordinates, a smaller error at 1, 2 and 4 bits. 'uniform': integer levels. 'turboquant-mse', 'turboquant-prod': for
   * comparison. docs/choosing.md helps.
   */
  codec?: C;
  /**
   * Default 'unbiased': inner products are right on average. 'mse': smallest error of each decoded vector. Codecs quicfl,
   * dithered, turboquant-mse and turboquant-prod have a scale of their own, 'fixed'.
   */
  scale?: ScaleRule;
  /**
   * Randomized Hadamard transforms a vector. Default 'auto': 1, 2 or 3 by the moments of each vector (`chooseRounds`). A dim
   * that is no m * 2^j (m = 1, 12, 20, 28) always takes at least 2.
   */
  rounds?: Rounds;
  /** Of the rotation, the same on both sides. Default 0. */
  seed?: Seed;
  /** Codec 'vq': '8x256' (1 bit), '4x256' (2 bits, default), '2x16' (2 bits), '2x256' (4 bits). */
  grid?: GridName;
  /**
   * Codec 'quicfl': seed of the encoder's own randomness, which no decoder needs. Default: drawn at random. Give one for
   * records that can be made again.
   */
  privateSeed?: Seed;
}

/** A `Quantizer` as plain data, all that another machine needs to decode: what `toJSON` gives and `fromJSON` takes. */
export interface QuantizerJson {
  /** Says what the object is. */
  format: 'hadaquant-quantizer';
  /** Version of this form. */
  version: 1;
  /** Coordinates of a vector. */
  dim: number;
  /** Bits a coordinate. */
  bits: number;
  /** How coordinates are coded. */
  codec: CodecName;
  /** What the scale of a record is made for. */
  scale: ScaleRule;
  /** Hadamard transforms a vector. */
  rounds: Rounds;
  /** Codec 'vq' only. */
  grid?: GridName;
  /** Of the rotation, 0 to 2^64 - 1, as decimal digits. */
  seed: string;
}

/** Options of `Quantizer.encode`. */
export interface EncodeOptions {
  /** Where the records go: at least their bytes (rows * bytesPerVector). Default: a new array. */
  out?: Uint8Array;
  /**
   * Index of the first row in the whole collection, or a number of its sender: codecs dithered and quicfl draw their
   * randomness by it, so vectors that are to be averaged need different ones. Default 0.
   */
  firstIndex?: number;
}

/** Options of `Quantizer.decode`. */
export interface DecodeOptions {
  /** Where the vectors go: at least rows * dim elements. Default: a new array. */
  out?: Float32Array;
}

/** Options of `Quantizer.innerProducts`, `squaredDistances` and `cosines`. */
export interface EstimateOptions {
  /** Where the numbers go: at least one a record. Default: a new array. */
  out?: Float32Array;
}

/** Options of `Quantizer.errorBounds`. */
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
export class Quantizer<C extends CodecName = 'eden'> {
  /** Coordinates of a vector. */
  readonly dim: number;
  /** Bits a coordinate. */
  readonly bits: number;
  /** How coordinates are coded. */
  readonly codec: CodecName;
  /** What the scale of a record is made for; 'fixed' for codecs with a scale of their own. */
  readonly scale: ScaleRule;
  /** Hadamard transforms a vector. */
  readonly rounds: Rounds;
  /** Of the rotation. */
  readonly seed: Seed;
  /** Codec 'vq': its grid; null for the others. */
  readonly grid: GridName | null;
  /** Bytes of a record; null for codec 'quicfl', whose records differ in size. */
  readonly bytesPerVector: C extends 'quicfl' ? null : number;
  readonly #plan: CodecPlan;
  readonly #format: RecordFormat;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: QuantizerOptions<C>) {
    const given = checkOptions(options);
    const choice = checkCodec(given);
    this.dim = choice.dim;
    this.codec = choice.codec;
    this.bits = choice.bits;
    this.grid = choice.grid;
    this.scale = checkScale(given.scale, choice.codec);
    this.rounds = given.rounds === undefined ? 'auto' : checkChoice('rounds', given.rounds, ROUNDS);
    this.seed = given.seed === undefined ? 0 : checkSeed(given.seed);
    const privateSeed = checkPrivateSeed(given.privateSeed, choice.codec);
    this.#plan = codecPlan({ ...choice, scale: this.scale, rounds: this.rounds, seed: this.seed, privateSeed });
    this.#format = recordFormat(this.#plan);
    this.bytesPerVector = this.#format.bytesPerVector as C extends 'quicfl' ? null : number;
  }

  /**
   * Expected |x - decoded|^2 / |x|^2 for large dim. With D the mean squared error of the codes for N(0,1): D/(1-D) for scale
   * 'unbiased', D for 'mse', turboquant-mse, quicfl and dithered (where D is the larger for being unbiased), pi/2 times the
   * D of one bit less for turboquant-prod.
   */
  get expectedError(): number {
    return this.#plan.relativeError;
  }

  /**
   * Compresses vectors. FORMAT.md, section 1, has the bytes of a record.
   * @param x rows x dim float32, finite
   * @returns rows records, one after the other
   * @throws TypeError for wrong types; RangeError for a NaN, an infinity, a norm beyond float32, a wrong length, an `out` that
   *   is too short or overlaps x. Nothing is written then.
   */
  encode(x: Float32Array, options?: EncodeOptions): Uint8Array {
    const given = checkOptions(options);
    const { dim, bytesPerVector } = this;
    const rows = checkRows('x', x, dim);
    const firstIndex = checkFirstIndex(given.firstIndex, rows);
    if (bytesPerVector !== null) {
      const out = checkOut(given.out, Uint8Array, rows * bytesPerVector, { x });
      // encoding finds unusable rows too, but only on its way: too late for an array of the caller's
      if (given.out !== undefined) requireUsableRows('x', x, dim);
      refuseUnusableRow('x', x, dim, kernels().encode(this.#plan, x, firstIndex, recordColumns(this.#plan, out)));
      return out;
    }
    this.#checkRecordsOut(given.out, rows, x);
    const parts: Uint8Array[] = [];
    const step = chunkRows(dim);
    for (let start = 0; start < rows; start += step) {
      const end = Math.min(start + step, rows);
      const { columns, records } = encodingColumns(this.#plan, end - start);
      const chunk = x.subarray(start * dim, end * dim);
      refuseUnusableRow('x', chunk, dim, kernels().encode(this.#plan, chunk, firstIndex + start, columns), start);
      parts.push(records());
    }
    return deliver(concatenate(parts), given.out, Uint8Array);
  }

  /**
   * `encode` off the event loop. `x` may be changed or transferred once the promise has settled, not before.
   * @returns rows records; the promise rejects with the errors of `encode`, or with the reason of `signal`
   */
  async encodeAsync(x: Float32Array, options?: EncodeOptions & AsyncOptions): Promise<Uint8Array> {
    const given = checkOptions(options);
    const schedule = checkAsyncOptions(given);
    const { dim } = this;
    const rows = checkRows('x', x, dim);
    const firstIndex = checkFirstIndex(given.firstIndex, rows);
    this.#checkRecordsOut(given.out, rows, x);
    const size = this.bytesPerVector ?? 0;
    const whole = size ? allocate(Uint8Array, rows * size) : undefined;
    const parts: Uint8Array[] = [];
    const step = chunkRows(dim);
    const memory = new ChunkMemory<Float32Array>(Float32Array);
    await runChunks(rows, step, schedule, (start, end) =>
      memory.lendCopy(chunkView('x', x, rows * dim, start * dim, end * dim), async (chunk) => {
        // records of one size go where they belong at once
        const place = whole?.subarray(start * size, end * size);
        const { columns, records } = encodingColumns(this.#plan, end - start, place);
        const bad = await kernels().encodeAsync(this.#plan, chunk, firstIndex + start, columns);
        refuseUnusableRow('x', chunk, dim, bad, start);
        parts[start / step] = records();
      }),
    );
    return deliver(whole ?? concatenate(parts), given.out, Uint8Array);
  }

  /**
   * Restores vectors, as far as their codes tell: |x - decoded|^2 is `expectedError` |x|^2 on average.
   * @param codes whole records of a quantizer of the same options
   * @returns rows x dim float32
   * @throws TypeError for a wrong type; RangeError for a wrong length, an `out` that is too short or overlaps codes;
   *   HadaquantFormatError, naming the record, if one cannot have come from an encoder. Nothing is written then.
   */
  decode(codes: Uint8Array, options?: DecodeOptions): Float32Array {
    const given = checkOptions(options);
    const located = this.#format.locate(codes);
    const out = checkOut(given.out, Float32Array, located.rows * this.dim, { codes });
    checkDecoded(kernels().decode(this.#plan, located.columns(codes, 0, located.rows), out));
    return out;
  }

  /**
   * `decode` off the event loop. `codes` may be changed or transferred once the promise has settled, not before.
   * @returns rows x dim float32; the promise rejects with the errors of `decode`, or with the reason of `signal`
   */
  async decodeAsync(codes: Uint8Array, options?: DecodeOptions & AsyncOptions): Promise<Float32Array> {
    const given = checkOptions(options);
    const schedule = checkAsyncOptions(given);
    const { dim } = this;
    const located = this.#format.locate(codes);
    const { rows } = located;
    if (given.out !== undefined) checkOut(given.out, Float32Array, rows * dim, { codes });
    const vectors = allocate(Float32Array, rows * dim);
    const bytes = located.start(rows);
    const memory = new ChunkMemory<Uint8Array>(Uint8Array);
    await runChunks(rows, chunkRows(dim), schedule, (start, end) =>
      memory.lendCopy(chunkView('codes', codes, bytes, located.start(start), located.start(end)), async (chunk) => {
        const part = vectors.subarray(start * dim, end * dim);
        checkDecoded(await kernels().decodeAsync(this.#plan, located.columns(chunk, start, end), part), start);
      }),
    );
    return deliver(vectors, given.out, Float32Array);
  }

  /**
   * Estimates of the inner product <query, x_i> for every record, unbiased (scale 'unbiased').
   * @param query dim float32, finite
   * @param codes whole records
   * @returns one number a record
   * @throws TypeError for a wrong type; RangeError for a wrong length, a query that is not finite, an `out` that is too short
   *   or overlaps; HadaquantFormatError for a record that cannot be decoded
   */
  innerProducts(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip) => ip);
  }

  /**
   * Estimates of |query - x_i|^2; a small distance can come out a little below 0. Arguments and errors are those of
   * `innerProducts`.
   */
  squaredDistances(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip, { norm }, length) => length * length + norm * norm - 2 * ip);
  }

  /**
   * Estimates of the cosine between query and x_i, from -1 to 1; 0 where either is a zero vector. Arguments and errors are
   * those of `innerProducts`.
   */
  cosines(query: Float32Array, codes: Uint8Array, options?: EstimateOptions): Float32Array {
    return this.#estimate(query, codes, options, (ip, { norm }, length) =>
      norm > 0 && length > 0 ? Math.max(-1, Math.min(1, ip / (length * norm))) : 0,
    );
  }

  /**
   * How far `innerProducts` may be off for each record, at a number of standard deviations over random rotations. For
   * the unbiased scale it is sigmas * |query| |x| sqrt(v / (dim - 1)), v = |decoded|^2 / |x|^2 - 1 (RaBitQ's bound); scales
   * that fall short on average add that part. lib/codec/error-bound.ts has each codec's. Arguments and errors are those of
   * `innerProducts`.
   */
  errorBounds(query: Float32Array, codes: Uint8Array, options?: ErrorBoundOptions): Float32Array {
    const given = checkOptions(options);
    const sigmas = given.sigmas === undefined ? 2 : checkNumber('sigmas', given.sigmas, 0, Number.POSITIVE_INFINITY);
    return this.#estimate(query, codes, options, (_ip, row, length) => {
      const { offset, deviation } = errorSpread(this.#plan, row);
      return length * (offset + sigmas * deviation);
    });
  }

  /** Everything that a second machine needs to decode, for JSON.stringify. */
  toJSON(): QuantizerJson {
    const { dim, bits, codec, scale, rounds, grid, seed } = this;
    const start = { format: 'hadaquant-quantizer', version: 1, dim, bits, codec, scale, rounds } as const;
    return { ...start, ...(grid ? { grid } : {}), seed: String(seed) };
  }

  /**
   * The quantizer of `toJSON`, from its object (or any source of it).
   * @throws HadaquantFormatError if it is not one.
   */
  static fromJSON(json: unknown): Quantizer<CodecName> {
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
      const { dim, bits, codec, scale, rounds, grid } = given as QuantizerJson;
      return new Quantizer({
        dim,
        bits,
        codec,
        scale,
        rounds,
        ...(grid === undefined ? {} : { grid }),
        seed: seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed,
      });
    } catch (error) {
      throw new HadaquantFormatError(`json.${(error as Error).message}`);
    }
  }

  /** `out` for records: of their least size at least, and no byte of it shared with x, however many are needed. */
  #checkRecordsOut(out: Uint8Array | undefined, rows: number, x: Float32Array): void {
    if (out === undefined) return;
    checkOut(out, Uint8Array, rows * this.#format.leastBytes, { x });
    checkOut(out, Uint8Array, trueLength(out), { x });
  }

  #estimate(
    query: Float32Array,
    codes: Uint8Array,
    options: EstimateOptions | undefined,
    value: (ip: number, row: RowFacts, queryNorm: number) => number,
  ): Float32Array {
    const given = checkOptions(options);
    const { dim } = this;
    checkVector('query', query, dim);
    const located = this.#format.locate(codes);
    const { rows } = located;
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
    const queryMoments = new Float64Array(6);
    kernels().moments(query, dim, 1, queryMoments);
    const products = new Float64Array(rows);
    const energies = new Float64Array(rows);
    const columns = located.columns(codes, 0, rows);
    checkDecoded(kernels().estimate(this.#plan, forms, columns, products, energies));
    const norms = columnFloats(columns.norms as Uint8Array, columns.stride, rows);
    const bad = norms.findIndex((norm) => !(norm >= 0 && norm < Number.POSITIVE_INFINITY));
    if (bad >= 0) throw new HadaquantFormatError(`codes: the norm of record ${bad} is no finite number of at least 0`);
    const residuals = columns.residuals && columnFloats(columns.residuals, columns.stride, rows);
    for (let r = 0; r < rows; r++) {
      const length = queryMoments[0] * norms[r];
      const cosine = length > 0 ? Math.min(1, Math.abs(products[r]) / length) : 0;
      const row = { norm: norms[r], energy: energies[r], residual: residuals ? residuals[r] : 0, cosine };
      out[r] = value(products[r], row, queryMoments[0]);
    }
    return out;
  }
}

/** Rows are numbered up to 2^53 - 1. */
function checkFirstIndex(value: number | undefined, rows: number): number {
  return value === undefined ? 0 : checkInteger('firstIndex', value, 0, Number.MAX_SAFE_INTEGER - rows);
}

function checkDecoded(bad: number, first = 0): void {
  if (bad < 0) return;
  throw new HadaquantFormatError(
    `codes: record ${first + bad} cannot be decoded (its trailer holds no scale, rounds and draw that an encoder writes)`,
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
