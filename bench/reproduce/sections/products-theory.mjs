// SPDX-License-Identifier: Apache-2.0
/**
 * For section g: the variance of (⟨q, x̂⟩ − ⟨q, x⟩) / (|q| |x|) times d, for a uniform rotation and large d, and its mean.
 *
 * q = c x + s w with c the cosine, s² = 1 − c², w across x. With z the rotated, normalised coordinates of x and e = z − Q(z)
 * what their codes miss, e has a part along x, which meets c, and a rest in a random direction, which meets s:
 *
 *   variance · d = across · s² + along · c² + d · gain · c²
 *
 * along: z has a fixed norm, so only the part of z e counts that z² does not explain. gain: where one random draw serves a
 * whole vector, the mean of z e depends on it, and that part does not fall with d.
 */
import { lloydMaxLevels, midpoints } from '../../../dist/codec/codebooks.js';
import { DITHER_TABLES } from '../../../dist/codec/dither-tables.js';
import { ditherAlphabet } from '../../../dist/codec/dithered.js';
import { LLOYD_MAX_ERROR } from '../../../dist/codec/lloyd-max.js';
import { QUICFL_TABLES } from '../../../dist/codec/quicfl-tables.js';
import { normalDensity } from '../normal.mjs';

const STEP = 1 / 512;
const REACH = 8;

/** Moments of e for levels between thresholds, both ascending, z ~ N(0,1). */
function missed(levels, thresholds) {
  let code = 0;
  const sums = { ze: 0, ee: 0, zzee: 0, zzze: 0 };
  for (let z = -REACH + STEP / 2; z < REACH; z += STEP) {
    while (code < thresholds.length && thresholds[code] <= z) code++;
    const weight = normalDensity(z) * STEP;
    const e = z - levels[code];
    sums.ze += weight * z * e;
    sums.ee += weight * e * e;
    sums.zzee += weight * (z * e) ** 2;
    sums.zzze += weight * z ** 3 * e;
  }
  const along = sums.zzee - sums.ze ** 2 - (sums.zzze - sums.ze) ** 2 / 2;
  return { lost: sums.ze, across: sums.ee - sums.ze ** 2, along };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Fractions of a ramp that stand for all. */
const FRACTIONS = [0.125, 0.375, 0.625, 0.875];

/** One draw (h, v) a vector: every draw is a quantizer of its own. */
function ditheredLaw(bits) {
  const { levels, ramps, draws } = ditherAlphabet(DITHER_TABLES[bits]);
  const size = 2 ** bits;
  const laws = Array.from({ length: draws }, (_, h) => h).flatMap((h) =>
    FRACTIONS.map((v) => {
      const thresholds = Array.from({ length: size - 1 }, (_, j) => {
        const at = j * draws + h;
        return ramps[at] + v * (ramps[at + 1] - ramps[at]);
      });
      return missed(levels.subarray(h * size, (h + 1) * size), thresholds);
    }),
  );
  return {
    across: mean(laws.map(({ across }) => across)),
    along: mean(laws.map(({ along }) => along)),
    // the draws of v are infinitely many: the table has the integral
    gain: DITHER_TABLES[bits].gainVariance,
  };
}

/** One draw a coordinate: given z the errors are independent with mean 0 and variance lerp(mean of r²) − z². */
function quicflLaw(bits) {
  const { levels, ramps, draws, limit, error } = ditherAlphabet(QUICFL_TABLES[bits]);
  const size = 2 ** bits;
  const ascending = Array.from({ length: draws * size }, (_, i) => levels[(i % draws) * size + Math.floor(i / draws)]);
  const squares = Array.from(ramps, (_, k) => mean(ascending.slice(k, k + draws).map((r) => r * r)));
  let along = 0;
  let k = 0;
  for (let z = -limit + STEP / 2; z < limit; z += STEP) {
    while (k + 2 < ramps.length && ramps[k + 1] <= z) k++;
    const part = (z - ramps[k]) / (ramps[k + 1] - ramps[k]);
    const variance = squares[k] + part * (squares[k + 1] - squares[k]) - z * z;
    along += normalDensity(z) * STEP * z * z * variance;
  }
  return { across: error, along, gain: 0 };
}

function lloydMaxLaw(bits) {
  const levels = lloydMaxLevels(bits);
  return { ...missed(levels, midpoints(levels)), gain: 0 };
}

/**
 * @param {{ codec: string, bits: number }} options @param {number} expectedError of the quantizer
 * @returns {{ across: number, along: number, gain: number, shrink: number }} shrink: what estimates are short by
 */
export function law({ codec, bits }, expectedError) {
  if (codec === 'quicfl') return { ...quicflLaw(bits), shrink: 0 };
  if (codec === 'dithered') return { ...ditheredLaw(bits), shrink: 0 };
  if (codec === 'turboquant-mse') return { ...lloydMaxLaw(bits), shrink: LLOYD_MAX_ERROR[bits] };
  // signs of d Gaussian projections: (pi/2) |r|² |q|² − ⟨q, r⟩², and ⟨q, r⟩ = c D
  if (codec === 'turboquant-prod') {
    return { across: expectedError, along: expectedError - LLOYD_MAX_ERROR[bits - 1] ** 2, gain: 0, shrink: 0 };
  }
  // the unbiased scale leaves nothing along x
  return { across: expectedError, along: 0, gain: 0, shrink: 0 };
}

/** Variance times dim at a cosine. */
export function variance({ across, along, gain }, cosine, dim) {
  const c2 = cosine * cosine;
  return across * (1 - c2) + (along + dim * gain) * c2;
}
