// SPDX-License-Identifier: Apache-2.0
/** The standard normal law. */

export function normalDensity(z) {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** P(Z <= z), to about 1e-15: Marsaglia's series (2004), summed until it no longer changes. */
export function normalCdf(z) {
  if (z < -9) return 0;
  if (z > 9) return 1;
  let sum = z;
  let term = z;
  for (let i = 3, previous = Number.NaN; sum !== previous; i += 2) {
    previous = sum;
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

/** The integral of the distribution function from minus infinity to z. */
export function normalCdfIntegral(z) {
  return z * normalCdf(z) + normalDensity(z);
}
