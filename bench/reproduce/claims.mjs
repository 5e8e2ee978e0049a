// SPDX-License-Identifier: Apache-2.0
/**
 * What a claim is and when it holds. A section hands over numbers only; whether the claim holds is computed here, once.
 */

const TESTS = {
  '=': ({ ours, expected, tolerance }) => Math.abs(ours - expected) <= tolerance,
  '<=': ({ ours, expected, tolerance }) => ours <= expected + tolerance,
  '>=': ({ ours, expected, tolerance }) => ours >= expected - tolerance,
};

export const RELATIONS = Object.keys(TESTS);

/** The claim with `pass`. */
export function judge(claim) {
  return { ...claim, pass: TESTS[claim.relation](claim) };
}

/** Claims of a list of sections, and how many of them hold. A section that broke off counts as one that does not. */
export function tally(sections) {
  const claims = sections.flatMap((section) => section.claims);
  const broken = sections.filter((section) => section.error !== undefined).length;
  return { claims: claims.length, hold: claims.filter((claim) => claim.pass).length, broken };
}
