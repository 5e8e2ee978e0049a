// SPDX-License-Identifier: Apache-2.0
/**
 * Vector quantization with randomized Hadamard transforms: compress, search and decode float vectors at 0.5 to 8 bits a
 * coordinate.
 *
 * Rows are always `rows x dim`, row-major, in one typed array; one vector is one row. TypeError for a wrong type,
 * RangeError for a wrong value, HadaquantFormatError for bytes that cannot be decoded; messages name the argument, what was
 * expected and what came. The papers: arXiv 2605.06014 (two and three transforms, the moment check), 2605.13810 (dithering),
 * and those that the codecs are from (see `CodecName`).
 *
 * @module hadaquant
 */
export type { AsyncOptions } from './async.ts';
export { type BackendInfo, backend } from './backend.ts';
export { HadaquantFormatError, HadaquantUnsupportedError } from './check.ts';
export type { CodecName, FixedSizeCodecName, Rounds, ScaleRule } from './codec/codec.ts';
export type { GridName } from './codec/grids.ts';
export {
  type DecodeOptions,
  type EncodeOptions,
  type ErrorBoundOptions,
  type EstimateOptions,
  Quantizer,
  type QuantizerJson,
  type QuantizerOptions,
} from './codec/quantizer.ts';
export type { Seed } from './random.ts';
export type { Filter, IdList } from './search/filter.ts';
export { type AddOptions, FlatIndex, type FlatIndexOptions } from './search/flat-index.ts';
export type { Metric } from './search/metric.ts';
export type { SearchOptions, SearchResult } from './search/request.ts';
export { type FwhtOptions, fwht } from './transform/fwht.ts';
export { type ChooseRoundsOptions, chooseRounds, type Moments, moments } from './transform/moments.ts';
export { type RotateOptions, Rotation, type RotationOptions } from './transform/rotation.ts';
export type { Block } from './transform/rounds.ts';
