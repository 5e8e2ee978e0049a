// SPDX-License-Identifier: Apache-2.0
/** Error feedback: what was left out is kept, is added to the next gradient, and never lost. */
import { describe, expect, it } from 'vitest';
import { GradientCompressor } from '../../lib/gradient/index.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameBits, expectSameEverywhere } from '../same-bits.ts';
import { dot } from '../statistics.ts';
import { CHUNK, GRADIENT_CASES, type GradientCase, gradient, LENGTH, meanOf, sender, titled } from './senders.ts';

const STEPS = 12;

const expectedError = ({ codec, bits }: GradientCase, length = LENGTH) =>
  new GradientCompressor({ length, chunk: CHUNK, codec, bits, ...mse(codec) }).expectedError;
const mse = (codec: string) => (codec === 'eden' || codec === 'drive' ? ({ scale: 'mse' } as const) : {});

const POSSIBLE = GRADIENT_CASES.filter((c) => c.codec !== 'f32' && expectedError(c) < 1);
const IMPOSSIBLE = GRADIENT_CASES.filter((c) => expectedError(c) >= 1);

const norm = (x: Float32Array) => Math.sqrt(dot(x, x));

forEachBackend('error feedback', () => {
  it.each(titled(POSSIBLE))('%s: what was sent and the residual add up to the gradients', (_, c) => {
    const compressor = sender(c, { errorFeedback: true });
    expect(compressor.residual).toEqual(new Float32Array(LENGTH));
    const given = new Float64Array(LENGTH);
    const sent = new Float64Array(LENGTH);
    let largest = 0;
    for (let round = 0; round < STEPS; round++) {
      const x = gradient(LENGTH, round);
      const decoded = meanOf(compressor.compress(x, { round }), { round });
      const residual = compressor.residual as Float32Array;
      for (let i = 0; i < LENGTH; i++) {
        given[i] += x[i];
        sent[i] += decoded[i];
        largest = Math.max(largest, Math.abs(decoded[i]), Math.abs(residual[i]), Math.abs(x[i]));
      }
      // Each step rounds the sum with the residual and what is left of it to float32: half a unit in the last place each. A
      // receiver of quicfl or dithered decodes otherwise than a sender, by a few roundings in the transform of 96.
      const tolerance = (round + 1) * 2 ** -20 * largest;
      for (let i = 0; i < LENGTH; i++) {
        expect(Math.abs(sent[i] + residual[i] - given[i])).toBeLessThanOrEqual(tolerance);
      }
    }
    compressor.reset();
    expect(compressor.residual).toEqual(new Float32Array(LENGTH));
    // and then it is as new
    const fresh = sender(c, { errorFeedback: true });
    const x = gradient(LENGTH);
    const [again, first] = [compressor, fresh].map((s) => s.compress(x, { round: 3 }));
    again.forEach((packet, i) => {
      expectSameBits(packet, first[i]);
    });
  });

  it.each(titled(POSSIBLE))('%s: the residual does not grow without bound', (_, c) => {
    // of a gradient that is always the same: |residual| tends to at most |x| sqrt(e) / (1 - sqrt(e)), e the error
    const compressor = sender(c, { errorFeedback: true });
    const x = gradient(LENGTH);
    let most = 0;
    for (let round = 0; round < 60; round++) {
      compressor.compress(x, { round });
      most = Math.max(most, norm(compressor.residual as Float32Array) / norm(x));
    }
    const root = Math.sqrt(compressor.expectedError);
    // 3 times, as the error of one gradient of 199 coordinates spreads about its expectation; dithered has one draw for a whole
    // chunk, and rare errors many times the mean (docs/choosing.md)
    const spread = c.codec === 'dithered' ? 6 : 3;
    expect(most).toBeLessThan((spread * root) / (1 - root));
  });

  it.each(titled(POSSIBLE))('%s: a gradient that is refused leaves it as it was', async (_, c) => {
    const compressor = sender(c, { errorFeedback: true });
    compressor.compress(gradient(LENGTH), { round: 0 });
    const before = compressor.residual as Float32Array;
    expect(norm(before)).toBeGreaterThan(0);
    for (const [at, value, message] of [
      [LENGTH - 1, Number.NaN, `grad must hold finite numbers, got NaN at coordinate ${LENGTH - 1}`],
      [0, Infinity, 'grad must hold finite numbers, got Infinity at coordinate 0'],
      [LENGTH - 1, 3.3e38, 'grad with its residual must have a norm within float32'],
    ] as const) {
      const x = gradient(LENGTH, 2);
      x[at] = value;
      expect(() => compressor.compress(x, { round: 1 })).toThrow(RangeError);
      expect(() => compressor.compress(x, { round: 1 })).toThrow(message);
      await expect(compressor.compressAsync(x, { round: 1 })).rejects.toThrow(message);
      expectSameBits(compressor.residual as Float32Array, before);
    }
    expect(() => compressor.compress(gradient(LENGTH + 1), { round: 1 })).toThrow(RangeError);
    const reason = new Error('stop');
    for (const stopAt of [1, 3]) {
      const controller = new AbortController();
      const onProgress = (done: number) => done === stopAt && controller.abort(reason);
      const options = { round: 1, signal: controller.signal, onProgress, threads: 1 };
      await expect(compressor.compressAsync(gradient(LENGTH, 3), options)).rejects.toBe(reason);
      expectSameBits(compressor.residual as Float32Array, before);
    }
    // the next gradient is coded as if nothing had happened
    const fresh = sender(c, { errorFeedback: true });
    fresh.compress(gradient(LENGTH), { round: 0 });
    const [a, b] = [compressor, fresh].map((s) => s.compress(gradient(LENGTH, 4), { round: 1 }));
    a.forEach((packet, i) => {
      expectSameBits(packet, b[i]);
    });
  });

  it.each(titled(POSSIBLE))('%s: asynchronously the same packets and residual', async (_, c) => {
    const [now, later] = [0, 1].map(() => sender(c, { errorFeedback: true }));
    for (let round = 0; round < 3; round++) {
      const x = gradient(LENGTH, round);
      const packets = now.compress(x, { round });
      const async = await later.compressAsync(x, { round, threads: 3 });
      packets.forEach((packet, i) => {
        expectSameBits(async[i], packet);
      });
      expectSameBits(later.residual as Float32Array, now.residual as Float32Array);
    }
  });

  it('keeps what it cannot send at the ends of float32', () => {
    for (const power of [115, -130]) {
      const compressor = sender({ codec: 'eden', bits: 1 }, { errorFeedback: true });
      const x = gradient(LENGTH).map((v) => v * 2 ** power);
      const decoded = meanOf(compressor.compress(x, { round: 0 }));
      const residual = compressor.residual as Float32Array;
      for (let i = 0; i < LENGTH; i++) {
        const tolerance = Math.max(2 ** -22 * 4 * 2 ** power, 2 ** -148);
        expect(Math.abs(decoded[i] + residual[i] - x[i])).toBeLessThanOrEqual(tolerance);
      }
    }
  });
});

describe('error feedback', () => {
  it.each(titled(POSSIBLE))('%s: the same residual on every backend', (_, c) => {
    expectSameEverywhere(() => {
      const compressor = sender(c, { errorFeedback: true });
      for (let round = 0; round < 3; round++) compressor.compress(gradient(LENGTH, round), { round });
      return compressor.residual as Float32Array;
    }, c.codec);
  });

  it('is there for all codecs but those whose error is longer than the gradient', () => {
    expect(IMPOSSIBLE).toEqual([
      { codec: 'quicfl', bits: 1 },
      { codec: 'dithered', bits: 1 },
    ]);
    const message = (codec: string, bits: number) =>
      `errorFeedback must be false for codec '${codec}' with ${bits} bit, whose error is longer than the gradient, got true`;
    for (const { codec, bits } of IMPOSSIBLE) {
      const make = () => new GradientCompressor({ length: 8, codec, bits, errorFeedback: true });
      expect(make).toThrow(new RangeError(message(codec, bits)));
    }
    // half a bit an unbiased coordinate: half of them are not sent at all, the others more than make up for it
    const half = { length: 4096, bits: 0.5, errorFeedback: true } as const;
    expect(() => new GradientCompressor({ ...half, scale: 'unbiased' })).toThrow(new RangeError(message('eden', 0.5)));
    expect(new GradientCompressor(half).expectedError).toBeLessThan(1);
    expect(new GradientCompressor({ length: 8, codec: 'f32', errorFeedback: true }).residual).toBe(null);
  });

  it('residual: a copy, which changes nothing', () => {
    const compressor = sender({ codec: 'eden', bits: 1 }, { errorFeedback: true });
    compressor.compress(gradient(LENGTH), { round: 0 });
    const copy = compressor.residual as Float32Array;
    const kept = copy.slice();
    copy.fill(Number.NaN);
    expectSameBits(compressor.residual as Float32Array, kept);
    expect(compressor.compress(gradient(LENGTH), { round: 1 }).length).toBe(3);
  });

  it('both ways: senders up, the mean down, every machine at the same parameters', () => {
    const length = 300;
    const senders = 4;
    const target = gradient(length, 1);
    // up: each sender with its own residual; down: the aggregator's side compresses the mean with another
    const up = Array.from({ length: senders }, (_, clientId) =>
      sender({ codec: 'eden', bits: 1 }, { length, clientId, errorFeedback: true }),
    );
    const down = sender({ codec: 'eden', bits: 1 }, { length, clientId: 1000, errorFeedback: true });
    const parameters = Array.from({ length: senders }, () => new Float32Array(length));
    const distance = (x: Float32Array) => norm(x.map((v, i) => v - target[i])) / norm(target);
    for (let round = 0; round < 150; round++) {
      // gradient of |x - target|^2 / 2 and noise of its own for each sender
      const packets = up.flatMap((compressor, i) => {
        const noise = gradient(length, 1000 * round + i);
        return compressor.compress(
          parameters[i].map((v, j) => v - target[j] + 0.1 * noise[j]),
          { round },
        );
      });
      const mean = meanOf(packets, { length, round });
      const broadcast = down.compress(mean, { round });
      for (const x of parameters) {
        const step = meanOf(broadcast, { length, round });
        for (let j = 0; j < length; j++) x[j] -= 0.1 * step[j];
      }
    }
    for (const x of parameters) expectSameBits(x, parameters[0]);
    // Descent at rate 0.1 without compression leaves 0.9^150 of the distance and noise of 0.1 / sqrt(4) * sqrt(0.1 / 1.9)
    // = 0.011; one bit both ways may leave some times that, and 0.1 is far from where it began, 1.
    expect(distance(parameters[0])).toBeLessThan(0.1);
  });
});
