// SPDX-License-Identifier: Apache-2.0
/**
 * What the statistical tests share: trials, means with their standard errors, and the squared bias. Seeds are fixed, so
 * every figure is the same on each run and backend. HADAQUANT_FIGURES=1 prints what was measured;
 * HADAQUANT_STATISTICS=deep (npm run test:deep) takes all cases and more trials.
 */
import { type CodecName, Quantizer, type QuantizerOptions } from '../lib/index.ts';
import { FAMILIES, random } from './random-inputs.ts';

export const deep: boolean = process.env['HADAQUANT_STATISTICS'] === 'deep';

export interface Mean {
  readonly mean: number;
  readonly standardError: number;
}

export function figure(what: string, value: number | Mean, expected: number): void {
  if (!process.env['HADAQUANT_FIGURES']) return;
  const mean = typeof value === 'number' ? value : value.mean;
  const spread = typeof value === 'number' ? '' : `, standard error ${value.standardError.toPrecision(2)}`;
  const ratio = expected === 0 ? '' : `, ratio ${(mean / expected).toFixed(4)}`;
  console.log(`${what}: ${mean.toPrecision(5)}, expected ${expected.toPrecision(5)}${ratio}${spread}`);
}

/** Of independent numbers. */
export function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, standardError: Math.sqrt(variance / values.length) };
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** |x - decoded|^2 / |x|^2 */
export function relativeError(x: Float32Array, decoded: Float32Array): number {
  let [error, square] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    error += (x[i] - decoded[i]) ** 2;
    square += x[i] ** 2;
  }
  return error / square;
}

/** Computed by the first test that asks: a filter that leaves out the tests leaves out the work. */
export function once<T>(compute: () => T): () => T {
  let result: { value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}

/** A vector for each trial. */
export type Input = () => Float32Array;
export type Inputs = Readonly<Record<string, Input>>;

const POOL = 200;
const pools = new Map<number, Record<string, Float32Array[]>>();

function familyPool(dim: number): Record<string, Float32Array[]> {
  let pool = pools.get(dim);
  if (!pool) {
    pool = Object.fromEntries(
      Object.entries(FAMILIES).map(([name, family]) => {
        const r = random(17);
        return [name, Array.from({ length: POOL }, () => family(dim, r))];
      }),
    );
    pools.set(dim, pool);
  }
  return pool;
}

/** Every family of random-inputs.ts: 200 vectors in turn, which are the same for each caller. */
export function familyInputs(dim: number): Record<string, Input> {
  return Object.fromEntries(
    Object.keys(FAMILIES).map((name) => {
      let next = 0;
      return [name, () => familyPool(dim)[name][next++ % POOL]];
    }),
  );
}

export interface Trials {
  readonly trials: number;
  /** Where the seeds of the trials begin. */
  readonly seed?: number;
}

/**
 * Encodes and decodes one vector of each input in every trial. A trial has seeds of its own, which its vectors share:
 * what is seen of one input is independent from trial to trial, what is seen of two inputs is not.
 */
export function forEachTrial<C extends CodecName>(
  { trials, seed = 1000 }: Trials,
  options: QuantizerOptions<C>,
  inputs: Inputs,
  visit: (name: string, x: Float32Array, decoded: Float32Array) => void,
): void {
  const { dim, codec } = options;
  const names = Object.keys(inputs);
  const rows = new Float32Array(names.length * dim);
  for (let trial = seed; trial < seed + trials; trial++) {
    const own = codec === 'quicfl' ? { privateSeed: 1e9 + trial } : {};
    const quantizer = new Quantizer({ ...options, seed: trial, ...own });
    names.forEach((name, i) => {
      rows.set(inputs[name](), i * dim);
    });
    const decoded = quantizer.decode(quantizer.encode(rows, { firstIndex: trial * names.length }));
    names.forEach((name, i) => {
      const [from, to] = [i * dim, (i + 1) * dim];
      visit(name, rows.subarray(from, to), decoded.subarray(from, to));
    });
  }
}

/** Mean relative error of each input. */
export function meanErrors<C extends CodecName>(
  trials: Trials,
  options: QuantizerOptions<C>,
  inputs: Inputs,
): Record<string, Mean> {
  const errors = Object.fromEntries(Object.keys(inputs).map((name) => [name, [] as number[]]));
  forEachTrial(trials, options, inputs, (name, x, decoded) => errors[name].push(relativeError(x, decoded)));
  return Object.fromEntries(Object.entries(errors).map(([name, values]) => [name, meanOf(values)]));
}

const GROUPS = 20;

/**
 * The squared bias |E decoded - x|^2 / |x|^2 of one x. With e_t = (decoded - x) / |x| in independent trials t, the average
 * of <e_s, e_t> over all pairs s < t is an unbiased estimate of it (a U statistic: no trial is multiplied by itself), which
 * can come out negative.
 *
 * Trials are dealt out to 20 groups; each has its U statistic, and these 20 independent numbers give the mean and its
 * standard error (19 degrees of freedom) without assuming anything about the errors. That costs a factor of sqrt(20) in
 * sharpness against one U statistic of all trials, whose law is skewed to the right where errors have few directions: up
 * to a chi-square law of one degree, which is beyond 3 standard errors once in 50 times. A mean of 20 is less skewed, and
 * its standard error rises where it does, so that it is beyond 3 once in 250 times at most (Student's law).
 */
export class Bias {
  readonly #groups: { readonly sum: Float64Array; squares: number; count: number }[];
  #trials = 0;

  constructor(dim: number) {
    this.#groups = Array.from({ length: GROUPS }, () => ({ sum: new Float64Array(dim), squares: 0, count: 0 }));
  }

  add(x: Float32Array, decoded: Float32Array): void {
    const group = this.#groups[this.#trials++ % GROUPS];
    const norm = Math.sqrt(dot(x, x));
    for (let i = 0; i < x.length; i++) {
      const error = (decoded[i] - x[i]) / norm;
      group.sum[i] += error;
      group.squares += error * error;
    }
    group.count++;
  }

  square(): Mean {
    return meanOf(
      this.#groups.map(({ sum, squares, count }) => {
        const all = sum.reduce((total, v) => total + v * v, 0);
        return (all - squares) / (count * (count - 1));
      }),
    );
  }
}

/** Squared bias of each input, whose vectors must be the same in all trials. */
export function squaredBiases<C extends CodecName>(
  trials: Trials,
  options: QuantizerOptions<C>,
  inputs: Inputs,
): Record<string, Mean> {
  const biases = Object.fromEntries(Object.keys(inputs).map((name) => [name, new Bias(options.dim)]));
  forEachTrial(trials, options, inputs, (name, x, decoded) => biases[name].add(x, decoded));
  return Object.fromEntries(Object.entries(biases).map(([name, bias]) => [name, bias.square()]));
}
