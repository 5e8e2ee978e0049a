// SPDX-License-Identifier: Apache-2.0
/**
 * Gradients of distributed workers at 0.5 to 8 bits a coordinate. Compressors make packets, an aggregator averages those that
 * came. docs/gradients.md says which codec, and what it costs; FORMAT.md, section 3, has the bytes of a packet.
 *
 * @module hadaquant/gradient
 */
export {
  GradientAggregator,
  type GradientAggregatorOptions,
  type PacketResult,
  type Refusal,
} from './aggregator.ts';
export { type CompressOptions, GradientCompressor, type GradientCompressorOptions } from './compressor.ts';
export { type PacketInfo, packetInfo } from './packet.ts';
export type { GradientCodecName } from './plan.ts';
