// SPDX-License-Identifier: Apache-2.0
/**
 * hadaquant/gradient: gradients of distributed workers at 1 to 8 bits a coordinate. Compressors make packets, an aggregator
 * averages those that came.
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
