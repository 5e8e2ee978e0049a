// SPDX-License-Identifier: Apache-2.0
/**
 * For section f: inputs that had no part in fitting the rule for the number of rounds. They have what the rule looks at in
 * other mixtures: few magnitudes, much energy in few coordinates or in few aligned blocks, heavy tails, and nothing of it.
 */
import { Random } from '../random.mjs';

const fill = (dim, value) => Float32Array.from({ length: dim }, (_, i) => value(i));

/** Knuth's method: how many uniform numbers until their product is below e^-mean. */
function poisson(mean, random) {
  let count = 0;
  for (let product = random.uniform(); product > Math.exp(-mean); product *= random.uniform()) count++;
  return count;
}

/** Gaussian entries; all but the largest are dropped. */
function largestOnly(dim, random, kept) {
  const x = fill(dim, () => random.normal());
  const limit = x.map(Math.abs).sort().at(-kept);
  return x.map((value) => (Math.abs(value) >= limit ? value : 0));
}

/** By name: (dim, random) => float32 vector. dim is 256 or more. */
const MAKERS = {
  '10 % gaussian': (dim, random) => fill(dim, () => (random.uniform() < 0.1 ? random.normal() : 0)),
  '10 % signs': (dim, random) => fill(dim, () => (random.uniform() < 0.1 ? Math.sign(random.uniform() - 0.5) : 0)),
  'levels 1 and 2': (dim, random) => fill(dim, () => 1 + random.integer(2)),
  'Poisson counts': (dim, random) => fill(dim, () => poisson(1, random)),
  'int8 gaussian': (dim, random) => fill(dim, () => Math.round(12 * random.normal())),
  relu: (dim, random) => fill(dim, () => Math.max(0, random.normal())),
  cauchy: (dim, random) => fill(dim, () => random.normal() / random.normal()),
  'top 1 %': (dim, random) => largestOnly(dim, random, Math.ceil(dim / 100)),
  '1/√i': (dim) => fill(dim, (i) => 1 / Math.sqrt(i + 1)),
  ramp: (dim) => fill(dim, (i) => i),
  cosine: (dim) => fill(dim, (i) => Math.cos((2 * Math.PI * 3.3 * i) / dim)),
  '16 in a row': (dim) => fill(dim, (i) => (i >= 32 && i < 48 ? 1 : 0)),
  '8 pairs': (dim) => fill(dim, (i) => (i < 128 && i % 16 < 2 ? 1 : 0)),
  'every 4th': (dim) => fill(dim, (i) => (i % 4 === 0 ? 1 : 0)),
  'constant + spike': (dim) => fill(dim, (i) => (i === 9 ? Math.sqrt(dim) : 1)),
  'gaussian + pair': (dim, random) => fill(dim, (i) => random.normal() + (i === 6 || i === 7 ? Math.sqrt(dim) : 0)),
};

export const OTHER_NAMES = Object.keys(MAKERS);

/** The same vector for the same name and dim, always. */
export function otherInput(name, dim) {
  return MAKERS[name](dim, new Random('other input', name, dim));
}
