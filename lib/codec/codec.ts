// SPDX-License-Identifier: Apache-2.0
/**
 * A codec is a table builder over shared kernels: which rotated coordinates are coded by which alphabet, and the rule for
 * the scale. Everything a backend needs to encode, decode and scan is in a CodecPlan; backends know no codec by name.
 */
import { checkChoice, checkDim, checkNumber, checkSeed, rangeError, typeError } from '../check.ts';
import { gaussians } from '../gaussian.ts';
import { randomSeed, type Seed } from '../random.ts';
import { type RotationPlan, rotationPlan } from '../transform/rotation-plan.ts';
import { type Block, type RoundsRule, roundsRule } from '../transform/rounds.ts';
import { type Alphabet, drawsOf } from './alphabet.ts';
import { dithered } from './dithered.ts';
import { drive } from './drive.ts';
import { eden } from './eden.ts';
import { GRID_NAMES, GRIDS, type GridName } from './grids.ts';
import { type Digits, integerLevels } from './integer-levels.ts';
import { quicfl } from './quicfl.ts';
import { formSectionBytes, type Section, type SectionShape, sectionBytes } from './section.ts';
import { MAX_PROJECTED_DIM, turboquantMse, turboquantProd } from './turboquant.ts';
import { uniform, uniformFactors } from './uniform.ts';
import { gridBits, gridOfBits, vq } from './vq.ts';

/**
 * How rotated coordinates become codes; `QuantizerOptions.codec` says which for what. 'eden': EDEN (Vargaftik and others 2022),
 * Lloyd-Max levels. 'drive': DRIVE (Vargaftik and others 2021), signs. 'quicfl': QUIC-FL (Ben Basat and others 2022, arXiv
 * 2205.13341). 'dithered': dithered TurboQuant (arXiv 2605.13810). 'turboquant-mse', 'turboquant-prod': TurboQuant (Zandieh and
 * others 2025, arXiv 2504.19874). 'uniform': the codes of multi-bit RaBitQ (Gao and others 2024, arXiv 2409.09913). 'vq':
 * nearest points of Gaussian grids, as in HIGGS (Malinovskii and others 2024, arXiv 2411.17525). Rotations are those of arXiv
 * 2605.06014. The tables of 'quicfl', 'dithered' and 'vq' are our own.
 */
export type CodecName =
  | 'eden'
  | 'drive'
  | 'quicfl'
  | 'dithered'
  | 'turboquant-mse'
  | 'turboquant-prod'
  | 'uniform'
  | 'vq';

/**
 * 'unbiased': inner products are right on average. 'mse': each vector decodes as near as it can, a little short.
 * 'fixed': |x| / sqrt(dim), the scale of the codecs whose levels alone make them what they are.
 */
export type ScaleRule = 'unbiased' | 'mse' | 'fixed';

/** Who shares one random draw. */
export type Dither = 'none' | 'row' | 'coordinate';

interface Codec {
  /** Widths it has: a range, or a list. */
  readonly bits: { readonly min: number; readonly max: number; readonly whole: boolean } | readonly number[];
  /** Scales it can have, the default first. */
  readonly scales: readonly ScaleRule[];
  readonly sections: (dim: number, bits: number, grid: GridName | null) => SectionShape[];
  readonly dither?: Dither;
  /** Multipliers that the encoder tries. */
  readonly factors?: (bits: number) => Float32Array;
  readonly maxDim?: number;
}

const FITTED: readonly ScaleRule[] = ['unbiased', 'mse'];
const FIXED: readonly ScaleRule[] = ['fixed'];
const wholeBits = (min: number, max: number) => ({ min, max, whole: true });

/** Codecs by name, in the order of their numbers in files (FORMAT.md, section 1). */
const CODECS: Readonly<Record<CodecName, Codec>> = {
  eden: { bits: { min: 0.5, max: 8, whole: false }, scales: FITTED, sections: eden },
  drive: { bits: [1], scales: FITTED, sections: drive },
  quicfl: { bits: wholeBits(1, 6), scales: FIXED, sections: quicfl, dither: 'coordinate' },
  dithered: { bits: wholeBits(1, 8), scales: FIXED, sections: dithered, dither: 'row' },
  'turboquant-mse': { bits: wholeBits(1, 8), scales: FIXED, sections: turboquantMse },
  'turboquant-prod': { bits: wholeBits(2, 8), scales: FIXED, sections: turboquantProd, maxDim: MAX_PROJECTED_DIM },
  uniform: { bits: wholeBits(1, 8), scales: FITTED, sections: uniform, factors: uniformFactors },
  vq: { bits: [1, 2, 4], scales: FITTED, sections: (dim, bits, grid) => vq(dim, bits, grid as GridName) },
};
export const CODEC_NAMES: readonly CodecName[] = Object.keys(CODECS) as CodecName[];
/** Codecs whose records all have the same size: those that an index can hold. */
export type FixedSizeCodecName = Exclude<CodecName, 'quicfl'>;
export const FIXED_SIZE_CODECS: readonly FixedSizeCodecName[] = CODEC_NAMES.filter(
  (name): name is FixedSizeCodecName => CODECS[name].dither !== 'coordinate',
);

/**
 * Randomized Hadamard transforms, one after the other, before a vector is quantized; 'auto': as many as its moments ask for
 * (see `chooseRounds`).
 */
export type Rounds = 'auto' | 1 | 2 | 3;
export const ROUNDS: readonly Rounds[] = ['auto', 1, 2, 3];

/** The widest range of bits that a codec has. */
export const MIN_BITS = 0.5;
export const MAX_BITS = 8;

/** What decides how a vector is coded, apart from scale, rounds and seeds. */
export interface CodecChoice {
  readonly dim: number;
  readonly bits: number;
  readonly codec: CodecName;
  /** The grid of codec 'vq'; null for the others. */
  readonly grid: GridName | null;
}

/** @throws TypeError or RangeError unless `bits` is a width that the codec has */
export function checkBits(bits: unknown, name: CodecName): number {
  const allowed = CODECS[name].bits;
  if ('min' in allowed && !allowed.whole) return checkNumber('bits', bits, allowed.min, allowed.max);
  const [fits, text] =
    'min' in allowed
      ? [
          (value: number) => Number.isInteger(value) && value >= allowed.min && value <= allowed.max,
          `a whole number from ${allowed.min} to ${allowed.max}`,
        ]
      : [
          (value: number) => allowed.includes(value),
          allowed.length > 1 ? `one of ${allowed.join(', ')}` : `${allowed[0]}`,
        ];
  if (typeof bits !== 'number') throw typeError('bits', `${text} for codec '${name}'`, bits);
  if (!fits(bits)) throw rangeError('bits', `${text} for codec '${name}'`, bits);
  return bits;
}

/** @throws TypeError or RangeError that names the option, unless there is such a codec */
export function checkCodec(
  given: { dim?: unknown; bits?: unknown; codec?: unknown; grid?: unknown },
  names: readonly CodecName[] = CODEC_NAMES,
): CodecChoice {
  const dim = checkDim(given.dim);
  const codec = given.codec === undefined ? 'eden' : checkChoice('codec', given.codec, names);
  const bits = checkBits(given.bits, codec);
  const { maxDim } = CODECS[codec];
  if (maxDim !== undefined && dim > maxDim) {
    throw rangeError('dim', `at most ${maxDim} for codec '${codec}', whose matrix has dim^2 numbers`, dim);
  }
  if (codec !== 'vq') {
    if (given.grid === undefined || given.grid === null) return { dim, bits, codec, grid: null };
    throw rangeError('grid', `left out unless codec is 'vq'`, given.grid);
  }
  if (given.grid === undefined || given.grid === null) return { dim, bits, codec, grid: gridOfBits(bits) as GridName };
  const grid = checkChoice('grid', given.grid, GRID_NAMES);
  if (gridBits(grid) !== bits) {
    const fitting = GRID_NAMES.filter((name) => gridBits(name) === bits).map((name) => `'${name}'`);
    throw rangeError('grid', `${fitting.join(' or ')} for ${bits} bit${bits === 1 ? '' : 's'}`, grid);
  }
  return { dim, bits, codec, grid };
}

/** The scale of a codec: one of those it can have, by default the first. */
export function checkScale(scale: unknown, codec: CodecName): ScaleRule {
  const { scales } = CODECS[codec];
  if (scale === undefined || (scales.length === 1 && scale === scales[0])) return scales[0];
  const only = `'${scales[0]}' for codec '${codec}'`;
  if (scales.length === 1) throw (typeof scale === 'string' ? rangeError : typeError)('scale', only, scale);
  return checkChoice('scale', scale, scales);
}

export function ditherOf(codec: CodecName): Dither {
  return CODECS[codec].dither ?? 'none';
}

/** The private seed given, or for the codec that uses one, one that nobody else knows. */
export function checkPrivateSeed(value: Seed | undefined, codec: string): Seed {
  if (value !== undefined) return checkSeed(value, 'privateSeed');
  // not for the others: edge workers have no random numbers outside a request
  return codec === 'quicfl' ? randomSeed() : 0;
}

export function hasProjection(codec: CodecName): boolean {
  return codec === 'turboquant-prod';
}

export function defaultScale(codec: CodecName): ScaleRule {
  return CODECS[codec].scales[0];
}

export interface CodecPlan {
  readonly rotation: RotationPlan;
  readonly rule: RoundsRule;
  readonly scaling: ScaleRule;
  readonly sections: readonly Section[];
  /** Coordinates that have a code: the first `coded` rotated ones. */
  readonly coded: number;
  /** Bytes of a row's codes. */
  readonly codeBytes: number;
  /** Bytes of one int8 query form. */
  readonly formBytes: number;
  /** Value of one step of the integer levels, of sections that count with the scale and of projected ones. */
  readonly levelUnits: readonly [number, number];
  /** Multipliers that the encoder tries; empty: none. */
  readonly factors: Float32Array;
  readonly dither: Dither;
  /** Values of the random draw; 1 for none. */
  readonly draws: number;
  /** What the scale of a row is multiplied by, by draw. */
  readonly drawScales: Float64Array;
  readonly seed: bigint;
  readonly privateSeed: bigint;
  /** Normalised coordinates beyond are kept apart; 0 where none are. */
  readonly outlierLimit: number;
  /**
   * Gives dim x dim standard normal numbers, row-major, and 16 zeros that kernels may read; null for codecs without. They
   * are made at the first call: at dim 4096 that takes a second and 64 MiB, which an index that is only opened does not need.
   */
  readonly projection: (() => Float32Array) | null;
  /** Expected |x - decoded|^2 / |x|^2 for large dim. */
  readonly relativeError: number;
}

export interface CodecOptions extends CodecChoice {
  readonly scale: ScaleRule;
  readonly rounds: Rounds;
  readonly seed: Seed;
  /** Of the encoder's own randomness; only codecs with dither 'coordinate' use it. */
  readonly privateSeed?: Seed;
}

function sectionShapes({ codec, dim, bits, grid }: CodecChoice): SectionShape[] {
  return CODECS[codec].sections(dim, bits, grid);
}

/** Bytes of a row's codes, without building the plan. */
export function codeBytes(choice: CodecChoice): number {
  return sectionShapes(choice).reduce((sum, shape) => sum + sectionBytes(shape), 0);
}

/** Numbers after the projection that a kernel may read; they count for nothing. */
const PROJECTION_SLACK = 16;
const PROJECTION_STREAM = 19;

function projection(dim: number, seed: Seed): () => Float32Array {
  let matrix: Float32Array | undefined;
  return () => {
    if (!matrix) {
      const made = new Float32Array(dim * dim + PROJECTION_SLACK);
      made.set(gaussians(seed, PROJECTION_STREAM, dim * dim));
      matrix = made;
    }
    return matrix;
  };
}

function withLevels(alphabet: Alphabet, levels: Float32Array): Alphabet {
  return alphabet.coding === 'projected' ? alphabet : { ...alphabet, levels };
}

function relativeErrorOf(shapes: readonly SectionShape[], options: CodecOptions): number {
  const coded = shapes.filter(({ alphabet }) => alphabet.coding !== 'projected');
  const kept = coded.reduce((sum, { count, alphabet }) => sum + count * (1 - alphabet.error), 0) / options.dim;
  if (hasProjection(options.codec)) return (Math.PI / 2) * (1 - kept);
  return options.scale === 'unbiased' ? 1 / kept - 1 : 1 - kept;
}

/**
 * Builds the plan of a codec.
 *
 * `indexed`: use as levels exactly the values that the integer scan sees (a search index), so that its scale and its
 * scores agree; otherwise the codec's own levels (records).
 */
export function codecPlan(options: CodecOptions, indexed = false): CodecPlan {
  const { dim, bits, codec } = options;
  const { factors, dither = 'none' } = CODECS[codec];
  const shapes = sectionShapes(options);
  const digits: Digits = integerLevels(shapes.map((shape) => shape.alphabet));
  let codeOffset = 0;
  let queryOffset = 0;
  const sections = shapes.map((shape, i): Section => {
    const { high, low, levels } = digits.sections[i];
    const alphabet = indexed ? withLevels(shape.alphabet, levels) : shape.alphabet;
    const section = { ...shape, alphabet, codeOffset, queryOffset, high, low };
    codeOffset += sectionBytes(shape);
    queryOffset += formSectionBytes(shape);
    return section;
  });
  const last = sections[sections.length - 1];
  const draws = drawsOf(last.alphabet);
  return {
    rotation: rotationPlan(dim, options.seed),
    rule: roundsRule(dim, bits, options.rounds, {
      block: options.grid ? (GRIDS[options.grid].block as Block) : 1,
      anyInput: dither !== 'none',
    }),
    scaling: options.scale,
    sections,
    coded: last.first + last.count,
    codeBytes: codeOffset,
    formBytes: queryOffset,
    levelUnits: digits.units,
    factors: factors ? factors(bits) : new Float32Array(0),
    dither,
    draws,
    drawScales: indexed ? digits.drawScales : new Float64Array(draws).fill(1),
    seed: BigInt(options.seed),
    privateSeed: BigInt(options.privateSeed ?? 0),
    outlierLimit: dither === 'coordinate' && last.alphabet.coding === 'dither' ? last.alphabet.limit : 0,
    projection: hasProjection(codec) ? projection(dim, options.seed) : null,
    relativeError: relativeErrorOf(shapes, options),
  };
}
