// SPDX-License-Identifier: Apache-2.0
/**
 * What a rotation of a given dimension and seed consists of: the transform size, and the random signs of three rounds.
 * Shared by every backend; cpp/hadaquant.h has the same structure as `Rotation`.
 */
import { type Seed, streamBytes } from '../random.ts';

/** Orders m of the Hadamard matrices behind transform sizes m * 2^j. */
export const ORDERS = [1, 12, 20, 28] as const;

/** Rounds that a rotation can have. */
export const MAX_ROUNDS = 3;

export interface RotationPlan {
  readonly dim: number;
  /** The largest m * 2^j <= dim: `dim` itself, or the length of the two overlapping spans of a round. */
  readonly span: number;
  /** m of the span. */
  readonly order: number;
  /** 1 / sqrt(span) as a float32. */
  readonly scale: number;
  /** Sign bits: stream s at byte s * signsStride, coordinate i at bit i & 7 of byte i >> 3; 1 means minus. */
  readonly signs: Uint8Array;
  /** Bytes a stream. */
  readonly signsStride: number;
}

/** The largest transform size m * 2^j (m = 1, 12, 20, 28) that is at most `dim`, and its m. */
export function transformSize(dim: number): { span: number; order: number } {
  let best = { span: 1, order: 1 };
  for (const order of ORDERS) {
    if (order > dim) continue;
    const span = order << Math.floor(Math.log2(dim / order));
    if (span > best.span) best = { span, order };
  }
  return best;
}

export function isTransformSize(dim: number): boolean {
  return transformSize(dim).span === dim;
}

export function rotationPlan(dim: number, seed: Seed): RotationPlan {
  const { span, order } = transformSize(dim);
  const words = Math.ceil(span / 64);
  const streams = span === dim ? MAX_ROUNDS : 2 * MAX_ROUNDS;
  const signs = new Uint8Array(streams * words * 8);
  for (let s = 0; s < streams; s++) signs.set(streamBytes(seed, s, words), s * words * 8);
  return { dim, span, order, scale: Math.fround(1 / Math.sqrt(span)), signs, signsStride: words * 8 };
}
