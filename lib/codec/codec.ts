// SPDX-License-Identifier: Apache-2.0
/**
 * A codec is a table builder over shared kernels: which rotated coordinates get how many bits, the thresholds and levels
 * of each width, and the rule for the scale. Everything a backend needs to encode, decode and scan is in a CodecPlan;
 * backends know no codec by name.
 */
import { checkNumber, rangeError } from '../check.ts';
import type { Seed } from '../random.ts';
import { type RotationPlan, rotationPlan } from '../transform/rotation-plan.ts';
import { type RoundsRule, roundsRule } from '../transform/rounds.ts';
import type { Codebook } from './codebooks.ts';
import { drive } from './drive.ts';
import { eden } from './eden.ts';
import { formSectionBytes, packedBytes, type Section, type SectionShape } from './section.ts';

export type CodecName = 'eden' | 'drive';

interface Codec {
  readonly minBits: number;
  readonly maxBits: number;
  readonly sections: (dim: number, bits: number) => SectionShape[];
}

/** Codecs by name, in the order of their numbers in files (FORMAT.md, section 2). */
const CODECS: Readonly<Record<CodecName, Codec>> = {
  eden: { minBits: 0.5, maxBits: 8, sections: eden },
  drive: { minBits: 1, maxBits: 1, sections: drive },
};
export const CODEC_NAMES: readonly CodecName[] = Object.keys(CODECS) as CodecName[];

/** 'unbiased': inner products are right on average. 'mse': each vector decodes as near as it can, a little short. */
export type ScaleRule = 'unbiased' | 'mse';
export const SCALE_RULES: readonly ScaleRule[] = ['unbiased', 'mse'];

export type Rounds = 'auto' | 1 | 2 | 3;
export const ROUNDS: readonly Rounds[] = ['auto', 1, 2, 3];

/** The widest range of bits that a codec has. */
export const MIN_BITS = 0.5;
export const MAX_BITS = 8;

/** @throws TypeError or RangeError unless `bits` is a width that `codec` has */
export function checkBits(bits: unknown, codec: CodecName): number {
  const { minBits, maxBits } = CODECS[codec];
  if (typeof bits === 'number' && minBits === maxBits && bits !== minBits) {
    throw rangeError('bits', `${minBits} for codec '${codec}'`, bits);
  }
  return checkNumber('bits', bits, minBits, maxBits);
}

export interface CodecPlan {
  readonly rotation: RotationPlan;
  readonly rule: RoundsRule;
  readonly mse: boolean;
  readonly sections: readonly Section[];
  /** Coordinates that have a code: the first `coded` rotated ones. */
  readonly coded: number;
  /** Bytes of a row's codes. */
  readonly codeBytes: number;
  /** Bytes of one int8 query form. */
  readonly formBytes: number;
  /** Value of one step of the integer levels. */
  readonly levelUnit: number;
}

export interface CodecOptions {
  dim: number;
  bits: number;
  codec: CodecName;
  scale: ScaleRule;
  rounds: Rounds;
  seed: Seed;
}

function sectionShapes(options: Pick<CodecOptions, 'dim' | 'bits' | 'codec'>): SectionShape[] {
  return CODECS[options.codec].sections(options.dim, options.bits);
}

/** Bytes of a row's codes, without building the plan. */
export function codeBytes(options: Pick<CodecOptions, 'dim' | 'bits' | 'codec'>): number {
  return sectionShapes(options).reduce((sum, { count, book }) => sum + packedBytes(count, book.bits), 0);
}

const HIGH_TOP = 127;
const LOW_STEPS = 128;

/**
 * Builds the plan of a codec.
 *
 * `integerLevels`: use as levels exactly the values that the integer scan sees (a search index), so that its scale
 * and its scores agree; otherwise the codec's own levels (records).
 */
export function codecPlan(options: CodecOptions, integerLevels = false): CodecPlan {
  const { dim, bits } = options;
  const shapes = sectionShapes(options);
  const top = Math.max(...shapes.map(({ book }) => book.levels[book.levels.length - 1]));
  const levelUnit = top / (HIGH_TOP * LOW_STEPS);
  let codeOffset = 0;
  let queryOffset = 0;
  const sections = shapes.map((shape): Section => {
    const { high, low } = integerDigits(shape.book, top);
    const levels = Float32Array.from(high, (h, i) => (LOW_STEPS * h + (low[i] ?? 0)) * levelUnit);
    const book = integerLevels ? { ...shape.book, levels: levels.slice(0, shape.book.levels.length) } : shape.book;
    const section = { ...shape, book, codeOffset, queryOffset, high, low };
    codeOffset += packedBytes(shape.count, book.bits);
    queryOffset += formSectionBytes(shape.count, book.bits);
    return section;
  });
  const last = sections[sections.length - 1];
  return {
    rotation: rotationPlan(dim, options.seed),
    rule: roundsRule(dim, bits, options.rounds),
    mse: options.scale === 'mse',
    sections,
    coded: last.first + last.count,
    codeBytes: codeOffset,
    formBytes: queryOffset,
    levelUnit,
  };
}

/**
 * Levels as integers: round(127 level / top), and from 7 bits on a second digit of 1/128, because cells are narrower
 * than an int8 step there (recall@10 of 8-bit codes of sentence embeddings: 0.989 with one digit, 0.995 with two).
 */
function integerDigits(book: Codebook, top: number): { high: Int8Array; low: Int8Array } {
  const size = Math.max(16, book.levels.length);
  const high = new Int8Array(size);
  const low = new Int8Array(book.bits >= 7 ? size : 0);
  book.levels.forEach((level, i) => {
    const fine = low.length ? roundHalfEven((level / top) * HIGH_TOP * LOW_STEPS) : 0;
    high[i] = low.length ? roundHalfEven(fine / LOW_STEPS) : roundHalfEven((level / top) * HIGH_TOP);
    if (low.length) low[i] = fine - LOW_STEPS * high[i];
  });
  return { high, low };
}

export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1;
  return rest < 0.5 ? low : low + 1;
}
