// SPDX-License-Identifier: Apache-2.0
/**
 * The adaptive number of Hadamard rounds: an O(d) check of a row's moments.
 *
 * After one round every coordinate is a signed sum of the row's entries, within 0.56 * l3 of the normal law
 * (Berry-Esseen); after two, the row in between has l3 of about 1.6 / sqrt(d) whatever the input. So one round is
 * enough when l3 is already that small. Rows of few distinct magnitudes (l4 = l3^2 for equal ones) come out of the
 * transform on a lattice, which meets fine quantizer cells badly: they take one more round. The idea of the check is from
 * arXiv 2605.06014; the rule and its constants are ours, fitted on 18 inputs and checked on 15 others.
 */
import { isTransformSize } from './rotation-plan.ts';

export interface RoundsRule {
  /** 1..3, or 0 to decide by the moments. */
  readonly fixed: number;
  /** Fewest rounds: 2 where a round is two overlapping spans, which one round alone mixes too little. */
  readonly least: number;
  readonly l3Limit: number;
  readonly latticeRatio: number;
  readonly l4Limit: number;
  readonly third: boolean;
}

/** The rule for rows of `dim` coordinates at `bits` a coordinate (fractions count as the next whole number). */
export function roundsRule(dim: number, bits: number, rounds: 'auto' | 1 | 2 | 3): RoundsRule {
  const whole = Math.ceil(bits);
  const least = isTransformSize(dim) ? 1 : 2;
  return {
    fixed: rounds === 'auto' ? 0 : Math.max(rounds, least),
    least,
    l3Limit: Math.max(0.02, 2.5 / Math.sqrt(dim)),
    latticeRatio: 1.04,
    l4Limit: 0.5 * 2 ** (-2 * whole),
    third: dim < 2 ** (2 * whole + 2),
  };
}

/** Rounds for a row with these moments. cpp/kernels/codec.inl.h has the same expression. */
export function chooseRoundsFor(rule: RoundsRule, l3: number, l4: number, dim: number): number {
  if (rule.fixed) return rule.fixed;
  let rounds = l3 <= rule.l3Limit ? 1 : 2;
  if (l4 < rule.latticeRatio * (l3 * l3)) {
    if (rounds === 1 && l4 > rule.l4Limit) rounds = 2;
    if (rounds === 2 && rule.third && l4 * dim > 4) rounds = 3;
  }
  return Math.max(rounds, rule.least);
}
