// SPDX-License-Identifier: Apache-2.0
/**
 * What one worker does: a gradient from its own digits, the mean of all workers' gradients in exchange for it, a step of
 * SGD with momentum. All workers start from the same weights and take the same steps, so their models stay equal, and the
 * momentum is that of the mean: error feedback works on what is sent, before it.
 */
import { initialParameters, Mlp, parameterCount } from './mlp.mjs';
import { CLASSES, PIXELS } from './mnist.mjs';
import { permutation, seedOf } from './random.mjs';

/** What a seed is for; the same purpose has the same randomness in every mode. */
const PURPOSE = { weights: 1, order: 2 };

/**
 * @typedef {object} Link how a worker reaches the others
 * @property {(gradient: Float32Array, options: { round: number }) => Promise<Exchanged>} exchange
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Exchanged
 * @property {Float32Array} mean of the gradients that came
 * @property {number} up bytes sent, those of lost packets too
 * @property {number} down bytes received
 * @property {number} lost packets of this worker that were dropped on purpose
 * @property {number} late packets of this worker that came after the aggregator's deadline
 */

/** The model: 784 pixels, 256 hidden units, 10 classes; 203,530 parameters. */
export const SHAPE = { inputs: PIXELS, hidden: 256, outputs: CLASSES };

/** Factor of the learning rate: rises over the first 5 % of the rounds, then falls to 0 along a half cosine. */
export function schedule(round, rounds) {
  const warm = Math.max(1, Math.round(rounds / 20));
  if (round <= warm) return round / warm;
  return (1 + Math.cos((Math.PI * (round - warm)) / (rounds - warm + 1))) / 2;
}

/** Endless batches: every epoch the shard in another order. */
export function* batches(count, size, seed) {
  if (size > count) throw new RangeError(`a batch of ${size} is more than the ${count} digits of a worker`);
  for (let epoch = 0; ; epoch++) {
    const order = permutation(count, seedOf(seed, epoch));
    for (let at = 0; at + size <= count; at += size) yield order.subarray(at, at + size);
  }
}

/** A number that tells whether models are equal, bit for bit (FNV-1a over 32-bit words). */
export function fingerprint(parameters) {
  const words = new Uint32Array(parameters.buffer, parameters.byteOffset, parameters.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return hash >>> 0;
}

/**
 * @param {object} job
 * @param {number} job.worker from 0
 * @param {{ inputs: number, hidden: number, outputs: number }} job.shape
 * @param {number} job.seed @param {number} job.rounds @param {number} job.batch
 * @param {number} job.rate @param {number} job.momentum @param {number} job.evaluateEvery
 * @param {import('./mnist.mjs').Digits} job.train this worker's shard
 * @param {import('./mnist.mjs').Digits} job.test this worker's share of the test
 * @param {Link} job.link
 * @param {(report: object) => void} job.report called each round, and after each evaluation
 * @param {(step: number, gradient: Float32Array) => void} [job.record] sees every gradient before it is sent
 * @returns {Promise<number>} the fingerprint of the trained model
 */
export async function trainWorker(job) {
  const { worker, shape, seed, rounds, batch, rate, momentum, evaluateEvery, train, test, link, report, record } = job;
  const length = parameterCount(shape);
  const parameters = initialParameters(shape, seedOf(seed, PURPOSE.weights));
  const velocity = new Float32Array(length);
  const gradient = new Float32Array(length);
  const model = new Mlp(shape, parameters);
  const order = batches(train.labels.length, batch, seedOf(seed, PURPOSE.order, worker));
  for (let round = 1; round <= rounds; round++) {
    const loss = model.lossAndGradient(train, order.next().value, gradient);
    record?.(round, gradient);
    const { mean, up, down, lost, late } = await link.exchange(gradient, { round });
    const step = rate * schedule(round, rounds);
    for (let i = 0; i < length; i++) {
      velocity[i] = momentum * velocity[i] + mean[i];
      parameters[i] -= step * velocity[i];
    }
    report({ kind: 'round', worker, round, loss, up, down, lost, late });
    if (round % evaluateEvery === 0 || round === rounds) {
      report({ kind: 'test', worker, round, ...model.evaluate(test) });
    }
  }
  return fingerprint(parameters);
}
