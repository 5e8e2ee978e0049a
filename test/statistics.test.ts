// SPDX-License-Identifier: Apache-2.0
/**
 * The error of EDEN and DRIVE is that of Gaussian numbers, D / (1 - D) with D the Lloyd-Max error, whatever the input (arXiv
 * 2605.06014 and the papers of both codecs). The acceptance bars are wider than the sampling error stated at each test.
 */
import { describe, expect, it } from 'vitest';
import { lloydMaxAlphabet, lloydMaxLevels } from '../lib/codec/codebooks.ts';
import { LLOYD_MAX_ERROR } from '../lib/codec/lloyd-max.ts';
import { Quantizer } from '../lib/index.ts';
import { FAMILIES, random } from './random-inputs.ts';
import {
  deep,
  familyInputs,
  figure,
  type Inputs,
  meanErrors,
  meanOf,
  once,
  relativeError,
  squaredBiases,
} from './statistics.ts';

const limit = (bits: number) => LLOYD_MAX_ERROR[bits] / (1 - LLOYD_MAX_ERROR[bits]);

describe('adaptive rounds, d = 1024: NMSE is D / (1 - D)', () => {
  // Sampling error: one vector's error spreads by 5 % at 1 bit, 7 % at 2, 11 % at 4, so the mean of 300 by 0.3 to 0.6 %; by 20
  // to 70 % at 8, where the few coordinates beyond the last level make much of it: 0.4 to 1.2 % in a mean of 3000. The bars
  // leave room for what adaptive rounds at d = 1024 fall short of a uniformly random rotation, the more the narrower cells are.
  const bars: ['eden' | 'drive', number, number][] = [
    ['drive', 1, 0.04],
    ['eden', 1, 0.04],
    ['eden', 2, 0.04],
    ['eden', 4, 0.08],
  ];
  if (deep) bars.push(['eden', 6, 0.08], ['eden', 8, 0.25]);
  for (const [codec, bits, tolerance] of bars) {
    const errors = once(() =>
      meanErrors({ trials: deep ? 3000 : 300 }, { dim: 1024, bits, codec }, familyInputs(1024)),
    );
    it.each(Object.keys(FAMILIES))(`${codec}, ${bits} bits, %s`, (family) => {
      const got = errors()[family];
      figure(`${codec} d=1024 b=${bits} ${family}`, got, limit(bits));
      expect(Math.abs(got.mean / limit(bits) - 1)).toBeLessThan(tolerance);
    });
  }
});

describe('two-hot 1:0.9 at one bit', () => {
  const inputs: Inputs = { 'two-hot': () => FAMILIES['two-hot 1:0.9'](1024, random(1)) };
  const trials = { trials: deep ? 3000 : 300 };
  const at = (rounds: 1 | 2) => {
    const options = { dim: 1024, bits: 1, rounds };
    return {
      error: meanErrors(trials, options, inputs)['two-hot'],
      bias: squaredBiases(trials, options, inputs)['two-hot'],
    };
  };

  it('has an error of .81 with one round, all of it bias', () => {
    const { error, bias } = at(1);
    figure('two-hot rounds 1', error, 0.81);
    figure('two-hot rounds 1, bias^2', bias, 0.81);
    // exact, whatever the signs: half of the coordinates are +-1.9 / sqrt(d), half +-0.1 / sqrt(d), all with the sign of
    // the larger entry, so (1, .9) decodes to (1.81, 0): (.81^2 + .9^2) / 1.81 = .81; float32 rounds
    expect(error.mean).toBeCloseTo(0.81, 4);
    expect(bias.mean).toBeCloseTo(0.81, 4);
  });

  it('is unbiased and near the Gaussian error with two', () => {
    const { error, bias } = at(2);
    figure('two-hot rounds 2', error, limit(1));
    figure('two-hot rounds 2, bias^2', bias, 0);
    // standard errors: 0.002, and 0.0002 of the squared bias
    expect(Math.abs(error.mean - 0.571)).toBeLessThan(0.01);
    expect(Math.abs(bias.mean)).toBeLessThan(0.005);
  });
});

/** Mean error of quantizing normalised Gaussian vectors: what a uniformly random rotation makes of any vector. */
function uniformRotationError(dim: number, bits: number, trials: number): number {
  const levels = lloydMaxLevels(bits);
  const { thresholds } = lloydMaxAlphabet(bits).book;
  const r = random(dim);
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    const z = Float64Array.from({ length: dim }, () => r.gaussian());
    const scale = Math.sqrt(dim / z.reduce((square, v) => square + v * v, 0));
    let [zq, qq] = [0, 0];
    for (const v of z) {
      const q = levels[thresholds.findIndex((t) => v * scale < t)];
      zq += v * scale * q;
      qq += q * q;
    }
    sum += (dim * qq) / zq ** 2 - 1;
  }
  return sum / trials;
}

describe('dimensions without a Hadamard matrix, 1 bit: NMSE of a uniformly random rotation', () => {
  // one vector's error spreads by about 1.5 / sqrt(dim) of itself: these trials leave a standard error of 0.5 % in each mean
  const trialsOf = (dim: number) => (deep ? 4 : 1) * Math.max(400, Math.ceil(90000 / dim));
  const dims = [27, 100, 300, 513, 639, 1000, 1500];
  const inputsOf = (dim: number): Inputs => {
    const gaussian = FAMILIES['gaussian'](dim, random(dim));
    return {
      'first basis vector': () => Float32Array.from({ length: dim }, (_, i) => (i === 0 ? 1 : 0)),
      'last basis vector': () => Float32Array.from({ length: dim }, (_, i) => (i === dim - 1 ? 1 : 0)),
      'two-hot 1:0.9': () => FAMILIES['two-hot 1:0.9'](dim, random(1)),
      'half const': () => FAMILIES['half-block const'](dim, random(1)),
      gaussian: () => gaussian,
    };
  };

  for (const dim of dims) {
    const inputs = inputsOf(dim);
    const expected = once(() => uniformRotationError(dim, 1, trialsOf(dim)));
    for (const rounds of [2, 'auto'] as const) {
      const errors = once(() => meanErrors({ trials: trialsOf(dim) }, { dim, bits: 1, rounds }, inputs));
      it.each(Object.keys(inputs))(`d = ${dim}, rounds ${rounds}, %s`, (input) => {
        const got = errors()[input];
        figure(`d=${dim} rounds ${rounds} ${input}`, got, expected());
        expect(Math.abs(got.mean / expected() - 1)).toBeLessThan(0.04);
      });
    }
  }
});

describe('widths between whole ones, d = 1024', () => {
  // D of a share f of the coordinates at one bit more is f D(b + 1) + (1 - f) D(b), and below one bit, where a share f has
  // codes, 1 - f (1 - D(1)): our derivation, from the joint scale of all sections
  const kept = (bits: number) => {
    const low = Math.floor(bits);
    return 1 - ((bits - low) * LLOYD_MAX_ERROR[low + 1] + (1 - bits + low) * LLOYD_MAX_ERROR[low]);
  };
  it.each([0.5, 0.75, 1.5, 2.25, 3.5])('%d bits', (bits) => {
    const got = meanErrors({ trials: deep ? 3000 : 300 }, { dim: 1024, bits }, { hot: familyInputs(1024)['8-hot'] })[
      'hot'
    ];
    const expected = 1 / kept(bits) - 1;
    figure(`eden d=1024 b=${bits} 8-hot`, got, expected);
    // standard error 0.3 %; from 8-hot to Gaussian another 0.5 % or so, as at whole widths
    expect(Math.abs(got.mean / expected - 1)).toBeLessThan(0.03);
  });
});

describe('mean of 16 senders of one vector', () => {
  const senders = 16;
  const dim = 1024;
  const r = random(3);

  /** n NMSE(mean of n) / NMSE(one) in each trial, with the seed that each sender takes. */
  function averaging(
    options: { bits: number; rounds: 1 | 2 | 'auto' },
    seedOf: (trial: number, sender: number) => number,
  ) {
    const ratios = Array.from({ length: deep ? 400 : 60 }, (_, trial) => {
      const x = FAMILIES['lognormal(0,1)'](dim, r);
      const mean = new Float32Array(dim);
      let single = 0;
      for (let sender = 0; sender < senders; sender++) {
        const quantizer = new Quantizer({ dim, ...options, seed: seedOf(trial, sender) });
        const decoded = quantizer.decode(quantizer.encode(x));
        decoded.forEach((v, i) => {
          mean[i] += v / senders;
        });
        single += relativeError(x, decoded) / senders;
      }
      return (senders * relativeError(x, mean)) / single;
    });
    return meanOf(ratios);
  }

  it.each([1, 2, 4])('EDEN, %i bits: errors average out with a seed of its own for each sender', (bits) => {
    const got = averaging({ bits, rounds: 'auto' }, (trial, sender) => 1000 * trial + sender);
    figure(`16 senders, eden b=${bits}, own seeds`, got, 1);
    // errors of one trial's mean spread by 5 %, so 60 have a standard error of 0.6 %; the squared bias of two rounds, which
    // 16 senders multiply by 16, is below 0.001
    expect(Math.abs(got.mean - 1)).toBeLessThan(0.03);
  });

  it('EDEN: they do not with one seed for all', () => {
    const got = averaging({ bits: 2, rounds: 'auto' }, (trial) => trial);
    figure('16 senders, eden b=2, one seed', got, senders);
    // all senders make the same record; float32 sums
    expect(Math.abs(got.mean / senders - 1)).toBeLessThan(1e-4);
  });
});
