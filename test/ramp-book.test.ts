// SPDX-License-Identifier: Apache-2.0
/** The table behind quicfl's codes: one compare must give what counting all thresholds of the draw gives. */
import { describe, expect, it } from 'vitest';
import type { DitherAlphabet } from '../lib/codec/alphabet.ts';
import { binOf } from '../lib/codec/codebooks.ts';
import { quicfl } from '../lib/codec/quicfl.ts';
import { rampBook } from '../lib/codec/ramp-book.ts';
import { neighbour } from './neighbour.ts';

const f = Math.fround;
const alphabetOf = (bits: number) => quicfl(64, bits)[0].alphabet as DitherAlphabet;

/** How many thresholds of draw h are at most x, from FORMAT.md 1.3; the fraction is in steps of 2^-24. */
function counted({ bits, draws, ramps }: DitherAlphabet, x: number, h: number, steps: number): number {
  let count = 0;
  for (let j = 0; j < 2 ** bits - 1; j++) {
    const low = f(ramps[j * draws + h]);
    const width = f(f(ramps[j * draws + h + 1]) - low);
    count += +(x >= f(low + f(width * f(steps * 2 ** -24))));
  }
  return count;
}

function found({ draws, book }: DitherAlphabet, x: number, h: number, steps: number): number {
  const { pairs, base, binScale, binOffset } = book as NonNullable<typeof book>;
  const passed = Math.floor((base[binOf(x, binScale, binOffset, base.length)] - h) / draws);
  const ramp = 2 * (passed * draws + h);
  return passed + +(x >= f(pairs[ramp] + f(pairs[ramp + 1] * steps)));
}

describe('the ramp book of quicfl', () => {
  it.each([1, 2, 3, 4, 5, 6])('%i bits: finds the codes of values at and beside the ends of all ramps', (bits) => {
    const alphabet = alphabetOf(bits);
    const ends = [...alphabet.ramps].flatMap((r) => [-1, 0, 1].map((steps) => neighbour(f(r), steps)));
    const wrong: string[] = [];
    for (const x of [...ends, -1e-6, 0, 1e-6, -100, 100]) {
      for (let h = 0; h < alphabet.draws; h++) {
        for (const steps of [0, 1, 2 ** 23, 2 ** 24 - 1]) {
          if (found(alphabet, x, h, steps) !== counted(alphabet, x, h, steps)) wrong.push(`${x} ${h} ${steps}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])('%i bits: finds the codes of values at the ends of bins', (bits) => {
    const alphabet = alphabetOf(bits);
    const { base, binScale, binOffset } = alphabet.book as NonNullable<typeof alphabet.book>;
    for (let bin = 1; bin < base.length; bin++) {
      // the least float32 number of the bin
      let x = f((bin - binOffset) / binScale);
      while (binOf(x, binScale, binOffset, base.length) >= bin) x = neighbour(x, -1);
      while (binOf(x, binScale, binOffset, base.length) < bin) x = neighbour(x, 1);
      for (const value of [neighbour(x, -1), x]) {
        for (let h = 0; h < alphabet.draws; h++) {
          expect(found(alphabet, value, h, 2 ** 23)).toBe(counted(alphabet, value, h, 2 ** 23));
        }
      }
    }
  });

  it('has as many bins as fit the registers up to 4 bits, and refuses thresholds that no bins tell apart', () => {
    expect([1, 2, 3, 4, 5, 6].map((bits) => alphabetOf(bits).book?.base.length)).toEqual([4, 8, 16, 32, 64, 128]);
    const ramps = Float64Array.of(0, 1e-9, 2e-9, 3e-9, 4e-9, 1, 2);
    expect(() => rampBook({ bits: 2, draws: 2, ramps })).toThrow('too close together');
  });
});
