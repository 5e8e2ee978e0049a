// SPDX-License-Identifier: Apache-2.0
/**
 * Plans and columns for calls of a backend itself. Arrays are views into the middle of larger ones, so a kernel that does
 * not stop where it should is seen, and crashes nothing.
 */
import { expect } from 'vitest';
import type { Columns } from '../lib/backend.ts';
import { type CodecPlan, checkCodec, codecPlan, defaultScale } from '../lib/codec/codec.ts';
import type { CodecCase } from './codec-cases.ts';

export const dim = 20;
export const ROWS = 3;

export const planOf = ({ codec, bits, grid }: CodecCase, d = dim): CodecPlan => {
  const choice = checkCodec({ dim: d, bits, codec, grid });
  return codecPlan({ ...choice, scale: defaultScale(codec), rounds: 2, seed: 3, privateSeed: 4 });
};
export const QUICFL: CodecCase = { codec: 'quicfl', bits: 3 };
export const PROD: CodecCase = { codec: 'turboquant-prod', bits: 3 };
export const MSE: CodecCase = { codec: 'turboquant-mse', bits: 3 };
export const DITHERED: CodecCase = { codec: 'dithered', bits: 3 };
export const VQ: CodecCase = { codec: 'vq', bits: 4, grid: '2x256' };

/** Arrays in the middle of one that is filled with 0xa5, and a look at the rest. */
export class Arena {
  readonly bytes = new Uint8Array(1 << 16).fill(0xa5);
  readonly #taken: { from: number; to: number }[] = [];
  #at = 1024;

  take<T>(
    Type: { new (buffer: ArrayBuffer, at: number, length: number): T; BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const from = this.#at;
    this.#at = Math.ceil((from + length * Type.BYTES_PER_ELEMENT + 512) / 8) * 8;
    this.#taken.push({ from, to: from + length * Type.BYTES_PER_ELEMENT });
    return new Type(this.bytes.buffer as ArrayBuffer, from, length);
  }

  /** Nothing has been written outside of the arrays; or, with `inside`, anywhere. */
  expectUntouched(inside: boolean): void {
    const copy = this.bytes.slice();
    if (!inside) for (const { from, to } of this.#taken) copy.fill(0xa5, from, to);
    expect(copy.every((b) => b === 0xa5)).toBe(true);
  }
}

export type Sizes = Partial<
  Record<'codes' | 'scales' | 'norms' | 'tags' | 'residuals' | 'nonces' | 'starts' | 'coordinates' | 'values', number>
>;

/** Columns for ROWS rows: those that the codec has, at their sizes, or at others. Less than 0: none. */
export function columnsFor(plan: CodecPlan, sizes: Sizes, arena: Arena): Columns {
  const own = plan.dither === 'coordinate';
  const size = { ...columnSizes(plan), ...sizes };
  const bytes = (length: number) => (length < 0 ? null : arena.take(Uint8Array, length));
  const outliers = own || 'starts' in sizes;
  return {
    codes: bytes(size.codes) as Uint8Array,
    scales: bytes(size.scales) as Uint8Array,
    norms: bytes(size.norms),
    tags: bytes(size.tags) as Uint8Array,
    residuals: bytes(size.residuals),
    nonces: bytes(size.nonces),
    outliers:
      outliers && size.starts >= 0
        ? {
            starts: arena.take(Uint32Array, size.starts),
            coordinates: arena.take(Uint32Array, size.coordinates),
            values: arena.take(Float32Array, size.values),
          }
        : null,
    stride: 0,
  };
}

export function columnSizes(plan: CodecPlan): Required<Sizes> {
  const own = plan.dither === 'coordinate';
  return {
    codes: ROWS * plan.codeBytes,
    scales: 4 * ROWS,
    norms: 4 * ROWS,
    tags: ROWS,
    residuals: plan.projection ? 4 * ROWS : -1,
    nonces: own ? 4 * ROWS : -1,
    starts: ROWS + 1,
    coordinates: 9,
    values: 9,
  };
}
