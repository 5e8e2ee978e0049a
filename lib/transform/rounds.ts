// SPDX-License-Identifier: Apache-2.0
/**
 * The adaptive number of Hadamard rounds: an O(d) check of a row's moments, in the pass that sums its norm. The idea of the
 * check is from arXiv 2605.06014; the rule and its constants are ours, fitted on 18 inputs and checked on 15 others.
 * With a_i = |x_i| / |x|:
 *
 * l3 = sum a^3. After one round a coordinate is a signed sum of the a_i, within 0.56 l3 of the normal law in Kolmogorov
 * distance (Berry-Esseen) and l3 in W1. After two, the row in between has E l3 = 1.6 / sqrt(d) whatever the input
 * (Khintchine's inequality), so l3 <= 2.5 / sqrt(d) gives one round the guarantee that two have for any input; 0.02 is the same
 * error at d = 16384.
 *
 * l4 = sum a^4. A row of one magnitude (and zeros) has l4 = l3^2; a Gaussian one 1.18 l3^2. One magnitude comes out of the
 * transform on a lattice whose places among the cells are always the same. Its own error may then be near the Gaussian one,
 * but what little else the row holds falls into the same cells whatever it is: estimates for queries along that part are off
 * by several times their bound (e0 + e1 and a part of length 1 / sqrt(d), 3 bits, two rounds: 5.7 times). So rows with
 * l4 < 1.04 l3^2 take one more round than l3 asks for. Few magnitudes instead of one show only in cells as narrow as 6 bits have,
 * and not in these moments: from 6 bits on two rounds are the least.
 *
 * Codecs of blocks of m coordinates also need these to be independent of each other. For m aligned coordinates:
 * r1 = sum over s = 1 .. m-1 of (sum_r (-1)^popcount(s & r) e_r)^2, e_r the energy of the coordinates i = r mod m, is the sum
 * of the squared covariances of a coordinate with the others of its block after ONE round (exactly: Cov(z_i, z_j) is the Walsh-Hadamard transform of a^2 at
 * i xor j); r2 = 2 (sum_B E_B^2 - l4), E_B the energy of aligned block B, is the expected one after TWO, given the first
 * signs. A row of two equal neighbours has r2 = 1: all pairs are equal or opposite after two rounds, however normal each is.
 * After three rounds r2 is O(m / d) for every input. Up to 0.01 m costs 1.3 % of distortion (measured on pairs). Rows that take
 * overlapping spans obey this only roughly.
 *
 * Dithered codecs keep their guarantees after one round for any input.
 */
import { isTransformSize } from './rotation-plan.ts';

export interface RoundsRule {
  /** 1..3, or 0 to decide by the moments. */
  readonly fixed: number;
  /** Fewest rounds: 2 where a round is two overlapping spans, which mix too little alone, and for narrow cells. */
  readonly least: number;
  readonly l3Limit: number;
  readonly latticeRatio: number;
  readonly block: Block;
  readonly covarianceLimit: number;
}

/** Coordinates coded together: 1 for scalar codecs, else the block length of a grid. */
export type Block = 1 | 2 | 4 | 8;
export const BLOCKS: readonly Block[] = [1, 2, 4, 8];

/** Bits from which on cells are so narrow that they see lattices of several magnitudes. */
const NARROW_BITS = 6;

/**
 * The rule for rows of `dim` coordinates at `bits` a coordinate.
 * `anyInput`: the codec needs no more rounds for one input than for another.
 */
export function roundsRule(
  dim: number,
  bits: number,
  rounds: 'auto' | 1 | 2 | 3,
  { block = 1, anyInput = false }: { block?: Block; anyInput?: boolean } = {},
): RoundsRule {
  const possible = isTransformSize(dim) ? 1 : 2;
  const least = bits >= NARROW_BITS && !anyInput ? 2 : possible;
  const byMoments = rounds === 'auto' && !anyInput;
  return {
    fixed: byMoments ? 0 : Math.max(rounds === 'auto' ? 1 : rounds, possible),
    least: byMoments ? least : possible,
    l3Limit: Math.max(0.02, 2.5 / Math.sqrt(dim)),
    latticeRatio: 1.04,
    block,
    covarianceLimit: 0.01 * block,
  };
}

/** What the rule looks at. */
export interface RowMoments {
  readonly l3: number;
  readonly l4: number;
  readonly r1: number;
  readonly r2: number;
}

/** Rounds for a row with these moments. cpp/kernels/encode.inl.h has the same expression. */
export function chooseRoundsFor(rule: RoundsRule, { l3, l4, r1, r2 }: RowMoments): number {
  if (rule.fixed) return rule.fixed;
  let rounds = l3 <= rule.l3Limit ? 1 : 2;
  if (l4 < rule.latticeRatio * (l3 * l3)) rounds++;
  rounds = Math.max(rounds, rule.least);
  if (rule.block > 1) {
    if (rounds === 1 && r1 > rule.covarianceLimit) rounds = 2;
    if (rounds === 2 && r2 > rule.covarianceLimit) rounds = 3;
  }
  return rounds;
}
