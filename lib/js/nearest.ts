// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/nearest.inl.h: blocks of coordinates -> the nearest codewords.
 *
 * A score is a chain of float32 sums, which are slow in JavaScript. So all scores are first taken in float64, and only the
 * codewords that are near enough to the best to win after rounding get their float32 score. Loops take four codewords at a
 * time: every grid has a multiple of four.
 */
import type { NearestAlphabet } from '../codec/alphabet.ts';

const f = Math.fround;

/** A codebook in float64, and the magnitudes that bound the rounding errors of its scores. */
interface Doubles {
  readonly points: Float64Array;
  readonly offsets: Float64Array;
  readonly scores: Float64Array;
  readonly largestPoint: number;
  readonly largestOffset: number;
}

const doublesOf = new WeakMap<NearestAlphabet, Doubles>();
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function doubles(alphabet: NearestAlphabet): Doubles {
  let made = doublesOf.get(alphabet);
  if (made) return made;
  const { points, offsets } = alphabet;
  made = {
    points: Float64Array.from(points),
    offsets: Float64Array.from(offsets),
    scores: new Float64Array(offsets.length),
    largestPoint: largest(points),
    largestOffset: largest(offsets),
  };
  doublesOf.set(alphabet, made);
  return made;
}

/** scores[k] += x * points[at + k] + y * points[at + size + k], for blocks of an even size. */
function addProducts(scores: Float64Array, points: Float64Array, at: number, x: number, y: number): void {
  const size = scores.length;
  for (let k = 0, i = at, j = at + size; k < size; k += 4, i += 4, j += 4) {
    scores[k] += x * points[i] + y * points[j];
    scores[k + 1] += x * points[i + 1] + y * points[j + 1];
    scores[k + 2] += x * points[i + 2] + y * points[j + 2];
    scores[k + 3] += x * points[i + 3] + y * points[j + 3];
  }
}

function highestOf(scores: Float64Array): number {
  let a = scores[0];
  let b = scores[1];
  let c = scores[2];
  let d = scores[3];
  for (let k = 4; k < scores.length; k += 4) {
    if (scores[k] > a) a = scores[k];
    if (scores[k + 1] > b) b = scores[k + 1];
    if (scores[k + 2] > c) c = scores[k + 2];
    if (scores[k + 3] > d) d = scores[k + 3];
  }
  return Math.max(a, b, c, d);
}

/** The first k >= from with scores[k] >= enough, or how many there are. */
function nextOf(scores: Float64Array, from: number, enough: number): number {
  const size = scores.length;
  let k = from;
  for (; k < size && k & 3; k++) if (scores[k] >= enough) return k;
  while (k < size && scores[k] < enough && scores[k + 1] < enough && scores[k + 2] < enough && scores[k + 3] < enough) {
    k += 4;
  }
  while (k < size && scores[k] < enough) k++;
  return k;
}

/** Roundings of a score, two a coordinate of up to 8, times 2^-24; the rest is for the bound's own errors. */
const ROUNDING = 32 * 2 ** -24;

/** Codes of v[at .. at + count). */
export function nearestCodewords(
  alphabet: NearestAlphabet,
  v: Float32Array,
  at: number,
  count: number,
  codes: Uint8Array,
): void {
  const { block } = alphabet;
  const { points, offsets, scores, largestPoint, largestOffset } = doubles(alphabet);
  const size = scores.length;
  for (let first = at, c = 0; first < at + count; first += block, c++) {
    scores.set(offsets);
    let magnitude = 0;
    for (let t = 0; t < block; t += 2) {
      const x = v[first + t];
      const y = v[first + t + 1];
      addProducts(scores, points, t * size, x, y);
      magnitude += Math.abs(x) + Math.abs(y);
    }
    // no float32 score is further than `slack` from its float64 one
    const slack = ROUNDING * (largestOffset + magnitude * largestPoint);
    const enough = highestOf(scores) - 2 * slack;
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = nextOf(scores, 0, enough); k < size; k = nextOf(scores, k + 1, enough)) {
      let score = offsets[k];
      for (let t = 0; t < block; t++) score = f(score + f(v[first + t] * points[t * size + k]));
      if (score > highest) {
        highest = score;
        best = k;
      }
    }
    codes[c] = best;
  }
}

export function lookupCodewords(
  { levels, block }: NearestAlphabet,
  codes: Uint8Array,
  count: number,
  out: Float32Array,
  at: number,
): void {
  for (let i = 0, c = 0; i < count; i += block, c++) {
    for (let t = 0; t < block; t++) out[at + i + t] = levels[codes[c] * block + t];
  }
}
