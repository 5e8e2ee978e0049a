// SPDX-License-Identifier: Apache-2.0
import { platform } from '#platform';
import { type AsyncOptions, ChunkMemory, checkAsyncOptions, chunkView, runChunks } from '../async.ts';
import { type Columns, kernels } from '../backend.ts';
import {
  allocate,
  checkBoolean,
  checkChoice,
  checkInteger,
  checkOptions,
  checkSeed,
  checkVector,
  MAX_FLOAT32,
  rangeError,
} from '../check.ts';
import { type CodecPlan, checkPrivateSeed, ROUNDS, type Rounds, type ScaleRule } from '../codec/codec.ts';
import { recordBytes, recordColumns } from '../codec/record.ts';
import { encodingColumns } from '../codec/record-format.ts';
import { rowSeed, type Seed } from '../random.ts';
import { newPacket, type PacketInfo, packetRecord, sealPacket } from './packet.ts';
import {
  ChunkPlans,
  type Chunks,
  checkGradientBits,
  checkGradientScale,
  chunkRange,
  chunksOf,
  DEFAULT_CHUNK,
  drawIndex,
  GRADIENT_CODECS,
  type GradientCodecName,
  MAX_CHUNK,
  PLAIN_BYTES,
  type QuantizingCodecName,
  rotationSeed,
} from './plan.ts';

/** Coordinates that a gradient can have. */
export const MAX_LENGTH: number = 2 ** 40;

/** What a `GradientCompressor` is made of. */
export interface GradientCompressorOptions {
  /** Coordinates of a gradient, 1 to 2^40. */
  length: number;
  /**
   * Bits a coordinate. eden: 0.5 to 8, fractions give some coordinates one bit more than others. drive: 1. quicfl: 1 to 6.
   * dithered: 1 to 8. Codec f32 needs none.
   */
  bits?: number;
  /**
   * 'eden' (default): the smallest error; every sender has a rotation of its own. 'drive': its one-bit form. 'quicfl',
   * 'dithered': unbiased for every input; all senders of a round share one rotation, so an aggregator rotates back once,
   * however many they are. 'f32': the numbers as they are.
   */
  codec?: GradientCodecName;
  /** The same for all senders of a job. Default 0. */
  seed?: Seed;
  /** Another for each sender, 0 to 2^32 - 1. Default 0. */
  clientId?: number;
  /**
   * Keep what compression left out and add it to the next gradient. For codecs and widths whose expected error is below 1
   * (others would let it grow without bound). Default false.
   */
  errorFeedback?: boolean;
  /**
   * Codecs eden and drive. 'unbiased': right on average over many senders. 'mse': the smallest error of each, a little
   * short. Default: 'mse' with errorFeedback, which makes up for the shortness, else 'unbiased'.
   */
  scale?: ScaleRule;
  /** Randomized Hadamard transforms a chunk; default 'auto'. */
  rounds?: Rounds;
  /** Coordinates of a packet, 1 to 2^18; the aggregator's too. Default 2^16. */
  chunk?: number;
  /**
   * Codec 'quicfl': seed of the sender's own randomness, which nobody else needs. Default: from the operating system. Give one for
   * packets that can be made again.
   */
  privateSeed?: Seed;
}

/** Options of `GradientCompressor.compress`. */
export interface CompressOptions {
  /** Number of the round or step, 0 to 2^53 - 1; another for each call. */
  round: number;
}

/**
 * Compresses gradients to packets, one for each chunk of coordinates, that a `GradientAggregator` averages. Packets are independent: any of them may
 * be lost, late, doubled or out of order.
 *
 * @example
 * const compressor = new GradientCompressor({ length: gradient.length, bits: 1, clientId: 7, errorFeedback: true });
 * for (const packet of compressor.compress(gradient, { round })) send(packet);
 */
export class GradientCompressor {
  /** Coordinates of a gradient. */
  readonly length: number;
  /** How coordinates are coded. */
  readonly codec: GradientCodecName;
  /** Bits a coordinate; 32 for codec 'f32'. */
  readonly bits: number;
  /** The same for all senders of a job. */
  readonly seed: Seed;
  /** Number of this sender. */
  readonly clientId: number;
  /** What compression left out is added to the next gradient. */
  readonly errorFeedback: boolean;
  /** What the scale of a packet is made for; 'fixed' for codecs with a scale of their own and for 'f32'. */
  readonly scale: ScaleRule;
  /** Hadamard transforms a chunk. */
  readonly rounds: Rounds;
  /** Coordinates of a packet; the last one of a gradient may have fewer. */
  readonly chunk: number;
  /** Expected |x - estimate|^2 / |x|^2 of one gradient for large chunks; the mean of n senders has 1/n of it. */
  readonly expectedError: number;
  readonly #chunks: Chunks;
  readonly #privateSeed: Seed;
  /** What was sent minus what was meant, the residual's opposite: kernels subtract rows. */
  readonly #excess: Float32Array | null;
  #busy = false;

  /** @throws TypeError or RangeError that names the option */
  constructor(options: GradientCompressorOptions) {
    const given = checkOptions(options);
    this.length = checkInteger('length', given.length, 1, MAX_LENGTH);
    this.codec = given.codec === undefined ? 'eden' : checkChoice('codec', given.codec, GRADIENT_CODECS);
    this.bits = checkGradientBits(given.bits, this.codec);
    this.seed = given.seed === undefined ? 0 : checkSeed(given.seed);
    this.clientId = given.clientId === undefined ? 0 : checkInteger('clientId', given.clientId, 0, 2 ** 32 - 1);
    this.errorFeedback = given.errorFeedback === undefined ? false : checkBoolean('errorFeedback', given.errorFeedback);
    const fitted = this.codec === 'eden' || this.codec === 'drive';
    const scale = given.scale === undefined && this.errorFeedback && fitted ? 'mse' : given.scale;
    this.scale = checkGradientScale(scale, this.codec);
    this.rounds = given.rounds === undefined ? 'auto' : checkChoice('rounds', given.rounds, ROUNDS);
    this.chunk = given.chunk === undefined ? DEFAULT_CHUNK : checkInteger('chunk', given.chunk, 1, MAX_CHUNK);
    this.#privateSeed = checkPrivateSeed(given.privateSeed, this.codec);
    this.#chunks = chunksOf(this.length, this.chunk);
    this.expectedError =
      this.codec === 'f32' ? 0 : this.#plans(this.codec, 0).of(Math.min(this.chunk, this.length)).relativeError;
    if (this.errorFeedback && this.expectedError >= 1) {
      const what = `false for codec '${this.codec}' with ${this.bits} bit, whose error is longer than the gradient`;
      throw rangeError('errorFeedback', what, true);
    }
    this.#excess = this.errorFeedback && this.codec !== 'f32' ? allocate(Float32Array, this.length) : null;
  }

  /** Packets that a gradient makes. */
  get packets(): number {
    return this.#chunks.count;
  }

  /** What compression has left out so far, a copy of `length` coordinates; null without `errorFeedback` or for codec f32. */
  get residual(): Float32Array | null {
    return this.#excess && this.#excess.map((v) => 0 - v);
  }

  /**
   * @param grad `length` float32, finite
   * @returns one packet for each chunk, in order
   * @throws TypeError for a wrong type; RangeError for a wrong length, or for a gradient that is not finite or too long a
   *   vector. The residual is as before then.
   */
  compress(grad: Float32Array, options: CompressOptions): Uint8Array[] {
    const round = this.#check(grad, options);
    if (this.codec === 'f32') {
      return Array.from({ length: this.packets }, (_, i) => this.#plainPacket(grad, round, i));
    }
    const plans = this.#plans(this.codec, round);
    return Array.from({ length: this.packets }, (_, i) => {
      const { first, end } = chunkRange(this.#chunks, i);
      const x = this.#withResidual(chunkView('grad', grad, this.length, first, end), first);
      const { packet, plan, columns, finish } = this.#open(plans, round, i, end - first);
      this.#refuse(x, first, kernels().encode(plan, x, this.#draw(i), columns));
      finish();
      if (this.#excess) this.#keepExcess(x, first, plan, columns);
      return packet();
    });
  }

  /**
   * `compress` off the event loop, several chunks at a time. A gradient on a SharedArrayBuffer is read where it lies; of any other
   * a chunk is copied when its turn comes. It may be changed or transferred once the promise has settled, not before.
   * @returns one packet for each chunk, in order; the promise rejects with the errors of `compress`, or with the reason of
   *   `signal`. The residual is as before then.
   */
  async compressAsync(grad: Float32Array, options: CompressOptions & AsyncOptions): Promise<Uint8Array[]> {
    const round = this.#check(grad, options);
    const schedule = checkAsyncOptions(options);
    const packets: Uint8Array[] = [];
    if (this.codec === 'f32') {
      await runChunks(this.packets, 1, schedule, async (i) => {
        await platform.turn();
        packets[i] = this.#plainPacket(grad, round, i);
      });
      return packets;
    }
    const plans = this.#plans(this.codec, round);
    this.#busy = true;
    try {
      const before = this.#excess?.slice();
      try {
        const memory = new ChunkMemory<Float32Array>(Float32Array);
        await runChunks(this.packets, 1, schedule, (i) => {
          const { first, end } = chunkRange(this.#chunks, i);
          return memory.lendCopy(chunkView('grad', grad, this.length, first, end), async (chunk) => {
            const x = this.#withResidual(chunk, first);
            const { packet, plan, columns, finish } = this.#open(plans, round, i, end - first);
            this.#refuse(x, first, await kernels().encodeAsync(plan, x, this.#draw(i), columns));
            finish();
            if (this.#excess) this.#keepExcess(x, first, plan, columns);
            packets[i] = packet();
          });
        });
      } catch (error) {
        if (before) this.#excess?.set(before);
        throw error;
      }
    } finally {
      this.#busy = false;
    }
    return packets;
  }

  /** Forgets the residual. @throws Error while `compressAsync` is under way */
  reset(): void {
    this.#requireIdle();
    this.#excess?.fill(0);
  }

  #check(grad: Float32Array, options: CompressOptions): number {
    this.#requireIdle();
    const given = checkOptions(options);
    const round = checkInteger('round', given.round, 0, Number.MAX_SAFE_INTEGER);
    checkVector('grad', grad, this.length, 'length');
    if (this.#excess) {
      // all or nothing: no chunk of a gradient with a residual may turn out to be unusable on the way
      const largest = kernels().maxAbs(grad);
      if (!Number.isFinite(largest)) this.#refuse(grad, 0, 0);
      const sum = largest + kernels().maxAbs(this.#excess);
      if (sum * Math.sqrt(this.chunk) >= MAX_FLOAT32) {
        throw new RangeError(`grad with its residual must have a norm within float32, its largest value is ${sum}`);
      }
    }
    return round;
  }

  #requireIdle(): void {
    if (this.#busy) throw new Error('compressAsync is running: wait for it before the next call');
  }

  #plainPacket(grad: Float32Array, round: number, chunk: number): Uint8Array {
    const { codec, bits, clientId, length } = this;
    const { first, end } = chunkRange(this.#chunks, chunk);
    const x = chunkView('grad', grad, length, first, end);
    if (!Number.isFinite(kernels().maxAbs(x))) this.#refuse(x, first, 0);
    const count = end - first;
    const packet = newPacket(
      { codec, bits, clientId, round, length, chunk, first, count, seed: 0n },
      PLAIN_BYTES * count,
    );
    // in the machine's order: little-endian on all that this package is built for
    packetRecord(packet).set(new Uint8Array(x.buffer, x.byteOffset, PLAIN_BYTES * count));
    sealPacket(packet);
    return packet;
  }

  #plans(codec: QuantizingCodecName, round: number): ChunkPlans {
    const { bits, scale, rounds, seed, clientId } = this;
    return new ChunkPlans({
      codec,
      bits: Math.fround(bits), // as the packet says it: another width may give another coordinate one bit more
      scale,
      rounds,
      seed: rotationSeed(codec, seed, round, clientId),
      privateSeed: rowSeed(this.#privateSeed, round),
    });
  }

  #draw(chunk: number): number {
    return drawIndex(this.clientId, chunk, this.packets);
  }

  /** A packet that waits for its record: `columns` to encode into, then `finish`, then the `packet`. */
  #open(plans: ChunkPlans, round: number, chunk: number, count: number) {
    const plan = plans.of(count);
    const { codec, bits, clientId, length } = this;
    const first = chunk * this.chunk;
    const info: PacketInfo = { codec, bits, clientId, round, length, chunk, first, count, seed: plan.seed };
    if (plan.dither !== 'coordinate') {
      const packet = newPacket(info, recordBytes(plan));
      const columns = recordColumns(plan, packetRecord(packet));
      return { plan, columns, finish: () => sealPacket(packet), packet: () => packet };
    }
    // records with outliers get their size from what is in them
    const { columns, records } = encodingColumns(plan, 1);
    let packet: Uint8Array;
    const finish = () => {
      const record = records();
      packet = newPacket(info, record.length);
      packetRecord(packet).set(record);
      sealPacket(packet);
    };
    return { plan, columns, finish, packet: () => packet };
  }

  #refuse(x: Float32Array, first: number, bad: number): void {
    if (bad < 0) return;
    const at = x.findIndex((v) => !Number.isFinite(v));
    if (at >= 0) throw new RangeError(`grad must hold finite numbers, got ${x[at]} at coordinate ${first + at}`);
    throw new RangeError(
      `grad must have a norm within float32, coordinates ${first} to ${first + x.length - 1} are longer than 3.4e38`,
    );
  }

  /** The chunk, or its sum with the residual in memory of its own. */
  #withResidual(chunk: Float32Array, first: number): Float32Array {
    if (!this.#excess) return chunk;
    const dim = chunk.length;
    const sum = new Float32Array(dim);
    kernels().centerRows(chunk, dim, this.#excess.subarray(first, first + dim), false, sum);
    return sum;
  }

  #keepExcess(x: Float32Array, first: number, plan: CodecPlan, columns: Columns): void {
    const dim = x.length;
    const sent = new Float32Array(dim);
    kernels().decode(plan, columns, sent);
    kernels().centerRows(sent, dim, x, false, (this.#excess as Float32Array).subarray(first, first + dim));
  }
}
