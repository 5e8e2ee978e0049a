// SPDX-License-Identifier: Apache-2.0
/**
 * Levels as integers for the scan: round(127 level / top), and a second digit of 1/128 where cells are narrower than an
 * int8 step (recall@10 of 8-bit codes of sentence embeddings: 0.989 with one digit, 0.995 with two). Levels that are whole
 * numbers become exact multiples of them. Levels of many draws are brought to one size first, each draw by a factor that
 * the row's scale takes over.
 */
import { type Alphabet, drawsOf } from './alphabet.ts';
import { hasTwoDigits } from './section.ts';

const HIGH_TOP = 127;
const LOW_STEPS = 128;
/** A table has at least as many entries as a byte shuffle looks up. */
const MIN_ENTRIES = 16;

export interface Digits {
  readonly sections: readonly {
    readonly high: Int8Array;
    readonly low: Int8Array;
    /** What the digits stand for. */
    readonly levels: Float32Array;
  }[];
  /** Value of one fine step (1/128 of a high digit): of ordinary sections, of projected ones. */
  readonly units: readonly [number, number];
  /** Factor of each draw that the row's scale takes over. */
  readonly drawScales: Float64Array;
}

/** How a part of the sections (those with the scale, or the projected ones) turns levels into integers. */
interface Part {
  /** Digits of its tables. */
  readonly two: boolean;
  /** The largest level. */
  readonly top: number;
  /** Whole levels: what they are multiplied by; otherwise 0. */
  readonly multiple: number;
  /** Value of one fine step. */
  readonly unit: number;
}

function partOf(alphabets: readonly Alphabet[]): Part {
  const two = alphabets.some(hasTwoDigits);
  const top = alphabets.reduce((most, a) => Math.max(most, largest(a.levels)), 0);
  const most = two ? HIGH_TOP * LOW_STEPS : HIGH_TOP;
  const whole = alphabets.every((a) => a.levels.every(Number.isInteger));
  const multiple = whole && top > 0 ? Math.floor(most / top) : 0;
  return { two, top, multiple, unit: multiple ? 1 / (multiple * (two ? 1 : LOW_STEPS)) : top / (HIGH_TOP * LOW_STEPS) };
}

export function integerLevels(alphabets: readonly Alphabet[]): Digits {
  const main = partOf(alphabets.filter((a) => a.coding !== 'projected'));
  const projected = partOf(alphabets.filter((a) => a.coding === 'projected'));
  const drawScales = scalesOfDraws(alphabets[0], main.top);
  const sections = alphabets.map((a) => digitsOf(a, a.coding === 'projected' ? projected : main, drawScales));
  return { sections, units: [main.unit, projected.unit], drawScales };
}

function largest(levels: Float32Array): number {
  return levels.reduce((top, level) => Math.max(top, Math.abs(level)), 0);
}

function scalesOfDraws(alphabet: Alphabet, top: number): Float64Array {
  const draws = drawsOf(alphabet);
  if (draws === 1) return Float64Array.of(1);
  const codes = 2 ** alphabet.bits;
  return Float64Array.from(
    { length: draws },
    (_, h) => largest(alphabet.levels.subarray(h * codes, (h + 1) * codes)) / top,
  );
}

function digitsOf(alphabet: Alphabet, part: Part, drawScales: Float64Array): Digits['sections'][number] {
  const draws = drawsOf(alphabet);
  const { block } = alphabet;
  const perDraw = 2 ** alphabet.bits * block;
  const stride = Math.max(MIN_ENTRIES * block, perDraw);
  const two = hasTwoDigits(alphabet);
  const high = new Int8Array(draws * stride);
  const low = new Int8Array(two ? draws * stride : 0);
  const levels = new Float32Array(draws * perDraw);
  const steps = (level: number, most: number) => (part.multiple ? level * part.multiple : (level / part.top) * most);
  for (let h = 0; h < draws; h++) {
    for (let c = 0; c < perDraw; c++) {
      const level = alphabet.levels[h * perDraw + c] / drawScales[h];
      const fine = two ? roundHalfEven(steps(level, HIGH_TOP * LOW_STEPS)) : 0;
      const digit = two ? roundHalfEven(fine / LOW_STEPS) : roundHalfEven(steps(level, HIGH_TOP));
      high[h * stride + c] = digit;
      if (two) low[h * stride + c] = fine - LOW_STEPS * digit;
      levels[h * perDraw + c] = (two ? fine : LOW_STEPS * digit) * part.unit;
    }
  }
  return { high, low, levels };
}

export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1;
  return rest < 0.5 ? low : low + 1;
}
