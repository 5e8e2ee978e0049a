// SPDX-License-Identifier: Apache-2.0
/** Means of n senders of one gradient: their errors, by n, and their bias. */
import { readFileSync } from 'node:fs';
import { GradientAggregator, GradientCompressor, type GradientCompressorOptions } from '../../lib/gradient/index.ts';
import { FAMILIES, random } from '../random-inputs.ts';
import { Bias, type Mean, meanOf, relativeError } from '../statistics.ts';
import type { GradientCase } from './senders.ts';

/** Senders of a round. */
export const SENDERS = 64;
export const COUNTS = [1, 2, 4, 16, 64] as const;

const DIM = 1024;

/** Row 1 of the fixture: a gradient of a training under way (test/fixtures/README.md). */
function recorded(): Float32Array {
  const bytes = readFileSync(new URL('../fixtures/gradients.npy', import.meta.url));
  const start = 10 + bytes.readUInt16LE(8);
  const size = (bytes.length - start) / 4 / 3;
  return Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(start + 4 * (size + i)));
}

/** The gradients that all senders of a round have, the same in every round. */
export const INPUTS: Readonly<Record<string, () => Float32Array>> = {
  gaussian: () => FAMILIES['gaussian'](DIM, random(29)),
  'one-hot': () => FAMILIES['one-hot'](DIM, random(29)),
  'power 1/i': () => FAMILIES['power 1/i'](DIM, random(29)),
  recorded,
};

export interface Averaging {
  /** By n: n NMSE_n / NMSE_1, and its standard error over rounds. */
  readonly ratios: ReadonlyMap<number, Mean>;
  /** NMSE_1. */
  readonly single: Mean;
  /** Squared bias of the mean of all senders, relative to |x|^2. */
  readonly bias: Mean;
}

/**
 * In each round all senders compress x; NMSE_n is the mean over the 64 / n groups of n senders, and over rounds. A round is
 * independent of the others: its rotations and draws are its own. `seed`: of the senders' job.
 */
export function averaging(
  { codec, bits, scale }: GradientCase & Pick<GradientCompressorOptions, 'scale'>,
  x: Float32Array,
  rounds: number,
  seed: number,
): Averaging {
  const length = x.length;
  const options = { codec, bits, ...(scale ? { scale } : {}) };
  const senders = Array.from(
    { length: SENDERS },
    (_, clientId) => new GradientCompressor({ length, ...options, clientId, seed, privateSeed: 1e6 * seed + clientId }),
  );
  const aggregator = new GradientAggregator({ length });
  const errors = new Map<number, number[]>(COUNTS.map((n) => [n, []]));
  const bias = new Bias(length);
  const group = new Float32Array(length);
  for (let round = 0; round < rounds; round++) {
    aggregator.reset(round);
    // sums[k]: of the first k senders, as an aggregator that has heard of them gives their mean
    const sums = [new Float64Array(length)];
    for (const [k, sender] of senders.entries()) {
      for (const packet of sender.compress(x, { round })) aggregator.add(packet);
      const mean = aggregator.mean();
      sums.push(Float64Array.from(mean, (v) => (k + 1) * v));
      if (k + 1 === SENDERS) bias.add(x, mean);
    }
    for (const [n, list] of errors) {
      let total = 0;
      for (let from = 0; from < SENDERS; from += n) {
        for (let i = 0; i < length; i++) group[i] = (sums[from + n][i] - sums[from][i]) / n;
        total += relativeError(x, group);
      }
      list.push((total * n) / SENDERS);
    }
  }
  const single = meanOf(errors.get(1) as number[]);
  const ratios = [...errors].map(([n, list]): [number, Mean] => [
    n,
    meanOf(list.map((error) => (n * error) / single.mean)),
  ]);
  return { ratios: new Map(ratios), single, bias: bias.square() };
}
