// SPDX-License-Identifier: Apache-2.0
/** What the tests of gradients share: every codec and width, senders whose packets can be made again, and their mean. */
import {
  GradientAggregator,
  type GradientAggregatorOptions,
  type GradientCodecName,
  GradientCompressor,
  type GradientCompressorOptions,
} from '../../lib/gradient/index.ts';
import { random } from '../random-inputs.ts';

export interface GradientCase {
  readonly codec: GradientCodecName;
  readonly bits: number;
}

const widths = (codec: GradientCodecName, bits: readonly number[]): GradientCase[] =>
  bits.map((width) => ({ codec, bits: width }));

/** Every codec at every whole width, and fractional ones; 1.3 is no float32. */
export const GRADIENT_CASES: readonly GradientCase[] = [
  ...widths('eden', [0.5, 1, 1.3, 1.5, 2, 2.75, 3, 4, 5, 6, 6.5, 7, 8]),
  ...widths('drive', [1]),
  ...widths('quicfl', [1, 2, 3, 4, 5, 6]),
  ...widths('dithered', [1, 2, 3, 4, 5, 6, 7, 8]),
  ...widths('f32', [32]),
];

/** One of each kind of record. */
export const FEW_GRADIENT_CASES: readonly GradientCase[] = [
  { codec: 'eden', bits: 2 },
  { codec: 'eden', bits: 1.3 },
  { codec: 'drive', bits: 1 },
  { codec: 'quicfl', bits: 2 },
  { codec: 'dithered', bits: 3 },
  { codec: 'f32', bits: 32 },
];

export const titled = (cases: readonly GradientCase[]): [string, GradientCase][] =>
  cases.map((c) => [`${c.codec} ${c.bits}`, c]);

export const CHUNK = 96;
/** A whole chunk after whole chunks, and one with a tail. */
export const LENGTH = 2 * CHUNK + 7;

/** Packets that can be made again: quicfl draws from a seed that depends on the sender. */
export function sender(c: GradientCase, options: Partial<GradientCompressorOptions> = {}): GradientCompressor {
  const clientId = options.clientId ?? 0;
  return new GradientCompressor({
    length: LENGTH,
    chunk: CHUNK,
    seed: 5,
    privateSeed: 100 + clientId,
    ...c,
    ...options,
  });
}

export function receiver(options: Partial<GradientAggregatorOptions> = {}): GradientAggregator {
  return new GradientAggregator({ length: LENGTH, chunk: CHUNK, ...options });
}

export function gradient(length: number, seed = 1): Float32Array {
  const r = random(seed);
  return Float32Array.from({ length }, () => r.gaussian());
}

/** The mean that an aggregator makes of packets, all of which it must take. */
export function meanOf(packets: readonly Uint8Array[], options: Partial<GradientAggregatorOptions> = {}): Float32Array {
  const aggregator = receiver(options);
  for (const packet of packets) {
    const { accepted, message } = aggregator.add(packet);
    if (!accepted) throw new Error(message);
  }
  return aggregator.mean();
}

/** Takes an array's memory away. */
export function detach(array: ArrayBufferView): void {
  const buffer = array.buffer as ArrayBuffer;
  structuredClone(buffer, { transfer: [buffer] });
}
