// SPDX-License-Identifier: Apache-2.0
/** Which chunks a gradient is cut into, how they are coded, and who shares which randomness. */
import { rangeError, typeError } from '../check.ts';
import {
  type CodecPlan,
  checkBits,
  checkScale,
  codecPlan,
  ditherOf,
  type Rounds,
  type ScaleRule,
} from '../codec/codec.ts';
import { rowSeed, type Seed } from '../random.ts';

/** Codecs whose estimates are unbiased, so that averages of many senders come near the true mean. */
export type QuantizingCodecName = 'eden' | 'drive' | 'quicfl' | 'dithered';
/**
 * How a gradient is coded: by a codec whose estimates are unbiased, 'eden', 'drive', 'quicfl' or 'dithered', or 'f32', the numbers
 * as they are, to compare with and where nothing may be lost.
 */
export type GradientCodecName = QuantizingCodecName | 'f32';
export const GRADIENT_CODECS: readonly GradientCodecName[] = ['eden', 'drive', 'quicfl', 'dithered', 'f32'];
/** Bits a coordinate of codec 'f32'. */
export const PLAIN_BITS = 32;
/** Bytes a coordinate of codec 'f32'. */
export const PLAIN_BYTES = 4;

/** @throws TypeError or RangeError unless the codec has such a width; 'f32' has one, which may be left out */
export function checkGradientBits(bits: unknown, codec: GradientCodecName): number {
  if (codec !== 'f32') return checkBits(bits, codec);
  if (bits === undefined || bits === PLAIN_BITS) return PLAIN_BITS;
  throw rangeError('bits', `${PLAIN_BITS} or left out for codec 'f32'`, bits);
}

/** The scale of a codec; plain numbers have none, which 'fixed' stands for. */
export function checkGradientScale(scale: unknown, codec: GradientCodecName): ScaleRule {
  if (codec !== 'f32') return checkScale(scale, codec);
  if (scale === undefined || scale === 'fixed') return 'fixed';
  throw (typeof scale === 'string' ? rangeError : typeError)('scale', `'fixed' for codec 'f32'`, scale);
}

/** Coordinates of a chunk at most: with 8 bits a packet is then a quarter of the 1 MiB that NATS takes by default. */
export const MAX_CHUNK: number = 2 ** 18;
/** The default: one row that stays in L2 while it is rotated and coded. */
export const DEFAULT_CHUNK: number = 2 ** 16;

/** Consecutive chunks of `chunk` coordinates; the last one may be shorter. */
export interface Chunks {
  readonly length: number;
  readonly chunk: number;
  readonly count: number;
}

export function chunksOf(length: number, chunk: number): Chunks {
  return { length, chunk, count: Math.ceil(length / chunk) };
}

/** First coordinate of chunk i, and the one after its last. */
export function chunkRange({ length, chunk }: Chunks, i: number): { first: number; end: number } {
  return { first: i * chunk, end: Math.min((i + 1) * chunk, length) };
}

/**
 * Whether all senders of a round rotate alike. QUIC-FL and dithered codecs are unbiased for every rotation, so they can,
 * and the receiver adds before it rotates back. EDEN and DRIVE are unbiased over rotations: errors of senders that share
 * one do not average out (at 16 senders 15.8 times the error of rotations of their own).
 */
export function sharesRotation(codec: QuantizingCodecName): boolean {
  return ditherOf(codec) !== 'none';
}

/** Seed of a round's rotation: of all senders, or of this one. */
export function rotationSeed(codec: QuantizingCodecName, seed: Seed, round: number, clientId: number): bigint {
  return rowSeed(rowSeed(seed, round), sharesRotation(codec) ? 0 : 1 + clientId);
}

/** Number by which a chunk draws what its sender does not share with the others. */
export function drawIndex(clientId: number, chunk: number, chunks: number): number {
  return (Math.imul(clientId, chunks) + chunk) >>> 0; // modulo 2^32, exactly beyond 2^53 too
}

export interface ChunkCoding {
  readonly codec: QuantizingCodecName;
  readonly bits: number;
  readonly scale: ScaleRule;
  readonly rounds: Rounds;
  readonly seed: bigint;
  readonly privateSeed?: bigint;
}

/** The plans of one way of coding, by the coordinates of a chunk: there are two at most. */
export class ChunkPlans {
  readonly #coding: ChunkCoding;
  readonly #plans = new Map<number, CodecPlan>();

  constructor(coding: ChunkCoding) {
    this.#coding = coding;
  }

  of(dim: number): CodecPlan {
    let plan = this.#plans.get(dim);
    if (!plan) {
      plan = codecPlan({ ...this.#coding, dim, grid: null });
      this.#plans.set(dim, plan);
    }
    return plan;
  }
}
