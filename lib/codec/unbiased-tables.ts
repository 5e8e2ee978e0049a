// SPDX-License-Identifier: Apache-2.0
/**
 * Unbiased scalar quantizers of the standard normal law with shared randomness.
 *
 * With b bits and a shared h, uniform over 0..H-1, a quantizer is one ascending odd-symmetric array r of N = H 2^b
 * levels: the receiver of code c under h reads r[c H + h]. M[k] is the mean of r[k..k+H-1], k = 0..N-H, and
 * M[N-H] = T. With v uniform over [0, 1), the code of z is the number of thresholds
 *     t_j = M[jH+h] + v (M[jH+h+1] - M[jH+h]),  j = 0..2^b-2,
 * that are at most z. The mean over h and v of what the receiver reads is z for every |z| <= T.
 *
 * QUIC-FL (Ben Basat et al. 2022, arXiv 2205.13341) has the structure: h shared, v private, both drawn for every
 * coordinate, and what is beyond T sent apart. The form with windows and thresholds, and the solver, are our own. So is
 * the use for TurboQuant with a dither (arXiv 2605.13810): one shared draw (h, v) for a whole vector, and a T so wide
 * that nothing is sent apart.
 *
 * The levels are where the gradient of `error` under M[N-H] = T vanishes in float64. scripts/tables/unbiased.mjs finds
 * them; test/unbiased-tables.test.ts checks every table by quadrature and derives the smaller ones again,
 * test/deep/unbiased-tables.mjs derives all of them.
 */
export interface UnbiasedTable {
  /** Width of a code (b). */
  readonly bits: number;
  /** Values of the shared randomness (H), a power of two. */
  readonly draws: number;
  /** Largest |z| that is coded without bias (T). */
  readonly limit: number;
  /** Mean squared error for N(0,1), counting |z| <= limit alone. */
  readonly error: number;
  /**
   * Variance over one draw (h, v) of the gain E[Z Q(Z)], Z ~ N(0,1), where Q reads the levels of h under the thresholds
   * of (h, v); the mean of the gain is P(|Z| <= limit). With one draw for a vector this part of the error does not
   * average out over its coordinates. Dithered tables only.
   */
  readonly gainVariance?: number;
  /** Positive half of r, ascending: draws * 2^bits / 2 numbers, exact to 9 digits after the point and 9 significant. */
  readonly positive: readonly number[];
}
