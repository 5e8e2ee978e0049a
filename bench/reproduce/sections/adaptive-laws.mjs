// SPDX-License-Identifier: Apache-2.0
/** For section f: numbers that need no sampling. */
import { GRIDS } from '../../../dist/codec/grids.js';
import { normalCdf, normalDensity } from '../normal.mjs';

const STEP = 1 / 1024;
const REACH = 8;

/** The codeword nearest to (z, sign z), as its inner product with that and its energy. */
function nearestToPair(points, z, sign) {
  let best = { distance: Number.POSITIVE_INFINITY };
  for (let i = 0; i < points.length; i += 2) {
    const distance = (points[i] - z) ** 2 + (points[i + 1] - sign * z) ** 2;
    if (distance < best.distance) best = { distance, first: points[i], second: points[i + 1] };
  }
  return { product: z * (best.first + sign * best.second), energy: best.first ** 2 + best.second ** 2 };
}

/**
 * Error (unbiased scale, large d) of a grid in the plane for pairs that are (Z, Z) in half of the rows and (Z, -Z) in the
 * others, Z ~ N(0,1): what two RHTs make of e0 + e1.
 */
export function pairError(grid) {
  const { points } = GRIDS[grid];
  const errors = [1, -1].map((sign) => {
    let product = 0;
    let energy = 0;
    for (let z = -REACH + STEP / 2; z < REACH; z += STEP) {
      const weight = (normalDensity(z) * STEP) / 2;
      const nearest = nearestToPair(points, z, sign);
      product += weight * nearest.product;
      energy += weight * nearest.energy;
    }
    return energy / product ** 2 - 1;
  });
  return (errors[0] + errors[1]) / 2;
}

/** P(X <= x) for the chi-square law with an odd number of degrees of freedom. */
function chiSquareCdf(x, degrees) {
  const root = Math.sqrt(x);
  let tail = 0;
  for (let k = 1, term = root; k < degrees; k += 2, term *= x / k) tail += term;
  return 2 * normalCdf(root) - 1 - 2 * normalDensity(root) * tail;
}

/**
 * Share of Gaussian rows that pass the check of blocks after one RHT. Each of the m - 1 covariances of a block is about
 * normal with variance 2/d, and they are independent; the limit is 0.01 m for the sum of their squares.
 */
export function gaussianShare(dim, block) {
  return block === 1 ? 1 : chiSquareCdf((0.01 * block * dim) / 2, block - 1);
}
