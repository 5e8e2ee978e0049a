// SPDX-License-Identifier: Apache-2.0
/** What a compressor makes of a gradient: which packets, which bytes, and what they decode to. */
import { describe, expect, it } from 'vitest';
import { GradientCompressor, packetInfo } from '../../lib/gradient/index.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameBits, expectSameEverywhere } from '../same-bits.ts';
import { relativeError } from '../statistics.ts';
import {
  CHUNK,
  detach,
  GRADIENT_CASES,
  type GradientCase,
  gradient,
  LENGTH,
  meanOf,
  sender,
  titled,
} from './senders.ts';

const LENGTHS = [1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 1, 3 * CHUNK + 61];
const HEADER = 60;

const joined = (packets: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(packets));

/**
 * Largest squared error that a test lets pass, relative to |x|^2: 3 times what is expected for many coordinates, as one chunk of
 * 96 spreads, and more where few coordinates can be unlucky: 1 coordinate of dithered and quicfl errs by its whole level.
 */
function errorLimit(c: GradientCase, compressor: GradientCompressor): number {
  return c.codec === 'dithered' || c.codec === 'quicfl' ? 12 * compressor.expectedError : 3 * compressor.expectedError;
}

forEachBackend('compress', () => {
  it.each(titled(GRADIENT_CASES))('%s: a packet for each chunk, of any length', async (_, c) => {
    for (const length of LENGTHS) {
      const compressor = sender(c, { length, clientId: 3, seed: 2n ** 64n - 1n });
      const x = gradient(length);
      const before = x.slice();
      const packets = compressor.compress(x, { round: 2 ** 53 - 1 });
      expectSameBits(x, before, 'the gradient');
      expect(packets.length).toBe(Math.ceil(length / CHUNK));
      expect(packets.length).toBe(compressor.packets);
      packets.forEach((packet, chunk) => {
        const { seed, ...info } = packetInfo(packet);
        expect(info).toEqual({
          codec: c.codec,
          bits: Math.fround(c.bits),
          clientId: 3,
          round: 2 ** 53 - 1,
          length,
          chunk,
          first: chunk * CHUNK,
          count: Math.min(CHUNK, length - chunk * CHUNK),
        });
        expect(seed === 0n).toBe(c.codec === 'f32');
      });
      const mean = meanOf(packets, { length, round: 2 ** 53 - 1 });
      if (c.codec === 'f32') expectSameBits(mean, x);
      else if (length >= CHUNK - 1) expect(relativeError(x, mean)).toBeLessThan(errorLimit(c, compressor));
      expect(mean.every(Number.isFinite)).toBe(true);
      // the same packets again, and asynchronously
      expectSameBits(joined(compressor.compress(x, { round: 2 ** 53 - 1 })), joined(packets));
      for (const threads of [1, 3]) {
        expectSameBits(joined(await compressor.compressAsync(x, { round: 2 ** 53 - 1, threads })), joined(packets));
      }
    }
  });

  it.each(titled(GRADIENT_CASES))('%s: zeros, and gradients at the ends of float32', (_, c) => {
    const x = gradient(LENGTH);
    const zeros = meanOf(sender(c).compress(new Float32Array(LENGTH), { round: 0 }));
    expect(zeros.every((v) => v === 0)).toBe(true);
    const usual = meanOf(sender(c).compress(x, { round: 0 }));
    for (const power of [120, -110]) {
      const scaled = x.map((v) => v * 2 ** power);
      const mean = meanOf(sender(c).compress(scaled, { round: 0 }));
      // powers of two pass through: only the draws could differ, and they do not
      expectSameBits(
        mean,
        usual.map((v) => v * 2 ** power),
        `times 2^${power}`,
      );
    }
    // denormals: nothing is finer than 2^-149, to which input, scale and output are rounded
    const tiny = x.map((v) => v * 2 ** -140);
    const mean = meanOf(sender(c).compress(tiny, { round: 0 }));
    expect(mean.every(Number.isFinite)).toBe(true);
    if (c.codec === 'eden' && c.bits >= 4) expect(relativeError(tiny, mean)).toBeLessThan(0.05);
  });

  it.each(titled(GRADIENT_CASES))('%s: one-hot and constant gradients', (_, c) => {
    for (const value of [1, -3e37]) {
      const inputs = [new Float32Array(LENGTH), new Float32Array(LENGTH).fill(value / 100)];
      inputs[0][CHUNK + 5] = value;
      for (const x of inputs) {
        const mean = meanOf(sender(c).compress(x, { round: 1 }), { round: 1 });
        expect(mean.every(Number.isFinite)).toBe(true);
        if (c.codec === 'f32') expectSameBits(mean, x);
      }
    }
  });
});

describe('compress', () => {
  it.each(titled(GRADIENT_CASES))('%s: the same bytes on every backend', (_, c) => {
    for (const length of [1, CHUNK, LENGTH]) {
      const x = gradient(length, length);
      expectSameEverywhere(() => sender(c, { length, clientId: 4 }).compress(x, { round: 9 }), c.codec);
    }
  });

  it.each(titled(GRADIENT_CASES))(
    '%s: round, sender and seed change the bytes, the residual does not change the form',
    (_, c) => {
      const x = gradient(LENGTH);
      const recordOf = (options: Parameters<typeof sender>[1], round: number) =>
        Buffer.from(
          sender(c, { privateSeed: 1, ...options })
            .compress(x, { round })[0]
            .subarray(HEADER, -4),
        ).toString('hex');
      const first = recordOf({}, 0);
      expect(recordOf({}, 0)).toBe(first);
      const others = [recordOf({}, 1), recordOf({ clientId: 1 }, 0), recordOf({ seed: 6 }, 0)];
      if (c.codec === 'f32') expect(new Set([first, ...others]).size).toBe(1);
      else expect(new Set([first, ...others]).size).toBe(4);
    },
  );

  it('quicfl: draws of its own unless it is given a private seed', () => {
    const x = gradient(LENGTH);
    const make = (privateSeed?: number) =>
      new GradientCompressor({
        length: LENGTH,
        codec: 'quicfl',
        bits: 2,
        ...(privateSeed === undefined ? {} : { privateSeed }),
      }).compress(x, { round: 0 });
    expect(
      joined(make()).length === joined(make()).length && joined(make()).every((v, i) => v === joined(make())[i]),
    ).toBe(false);
    expectSameBits(joined(make(8)), joined(make(8)));
  });

  it('has the options as properties, and their defaults', () => {
    const plain = new GradientCompressor({ length: 70_000, bits: 2 });
    const { length, codec, bits, seed, clientId, errorFeedback, scale, rounds, chunk, packets, residual } = plain;
    expect({ length, codec, bits, seed, clientId, errorFeedback, scale, rounds, chunk, packets, residual }).toEqual({
      length: 70_000,
      codec: 'eden',
      bits: 2,
      seed: 0,
      clientId: 0,
      errorFeedback: false,
      scale: 'unbiased',
      rounds: 'auto',
      chunk: 65_536,
      packets: 2,
      residual: null,
    });
    expect(new GradientCompressor({ length: 3, codec: 'f32' }).bits).toBe(32);
    expect(new GradientCompressor({ length: 3, codec: 'f32' }).expectedError).toBe(0);
    expect(new GradientCompressor({ length: 3, bits: 1, errorFeedback: true }).scale).toBe('mse');
    expect(new GradientCompressor({ length: 3, bits: 1, errorFeedback: true, scale: 'unbiased' }).scale).toBe(
      'unbiased',
    );
    expect(new GradientCompressor({ length: 3, bits: 4, codec: 'dithered' }).scale).toBe('fixed');
  });

  it.each([
    ['eden', 1, 0.571],
    ['eden', 2, 0.133],
    ['eden', 4, 0.00959],
    ['drive', 1, 0.571],
    ['quicfl', 2, 0.214],
    ['dithered', 4, 0.0116],
  ] as const)('%s %i: expects the error of the README', (codec, bits, error) => {
    // three digits there
    expect(new GradientCompressor({ length: 1 << 20, codec, bits }).expectedError / error).toBeCloseTo(1, 2);
  });

  it('rounds: as many rotations as were asked for', () => {
    const x = gradient(1024);
    for (const rounds of [1, 2, 3] as const) {
      const packet = new GradientCompressor({ length: 1024, bits: 1, rounds }).compress(x, { round: 0 })[0];
      // the tag is the last byte of the record (FORMAT.md, section 1)
      expect(packet[packet.length - 5] & 3).toBe(rounds);
    }
  });
});

forEachBackend('a gradient that cannot be sent', () => {
  it.each(titled(GRADIENT_CASES))('%s: is refused with the coordinate named, nothing is sent', async (_, c) => {
    for (const [at, value] of [
      [0, Number.NaN],
      [CHUNK + 3, Number.POSITIVE_INFINITY],
      [LENGTH - 1, Number.NEGATIVE_INFINITY],
    ]) {
      const x = gradient(LENGTH);
      x[at] = value;
      const compressor = sender(c);
      const error = new RangeError(`grad must hold finite numbers, got ${value} at coordinate ${at}`);
      expect(() => compressor.compress(x, { round: 0 })).toThrow(error);
      for (const threads of [1, 4]) {
        await expect(compressor.compressAsync(x, { round: 0, threads })).rejects.toThrow(error);
      }
      x[at] = 0; // and goes on afterwards
      expect(compressor.compress(x, { round: 0 }).length).toBe(3);
    }
    if (c.codec === 'f32') return;
    const long = gradient(LENGTH);
    long.fill(3e38, CHUNK, CHUNK + 4);
    const error = `grad must have a norm within float32, coordinates ${CHUNK} to ${2 * CHUNK - 1} are longer than 3.4e38`;
    expect(() => sender(c).compress(long, { round: 0 })).toThrow(new RangeError(error));
    await expect(sender(c).compressAsync(long, { round: 0 })).rejects.toThrow(new RangeError(error));
  });

  it('is named by the foremost coordinate, whichever thread meets one first', async () => {
    const x = gradient(LENGTH);
    x[CHUNK + 2] = Number.NaN;
    x[LENGTH - 1] = Number.NaN;
    await expect(sender({ codec: 'eden', bits: 2 }).compressAsync(x, { round: 0, threads: 4 })).rejects.toThrow(
      `at coordinate ${CHUNK + 2}`,
    );
  });
});

forEachBackend('compressAsync', () => {
  it.each(['eden', 'f32'] as const)('%s: progress by packets, an abort, and a detached gradient', async (codec) => {
    const compressor = sender({ codec, bits: codec === 'f32' ? 32 : 2 }, { length: 20 * CHUNK });
    const x = gradient(20 * CHUNK);
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(20);
      seen.push(done);
    };
    await compressor.compressAsync(x, { round: 0, onProgress });
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const reason = { any: 'value' };
    await expect(compressor.compressAsync(x, { round: 0, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const abort = (done: number) => done === 3 && controller.abort(reason);
    await expect(compressor.compressAsync(x, { round: 0, signal: controller.signal, onProgress: abort })).rejects.toBe(
      reason,
    );
    const call = compressor.compressAsync(x, { round: 0, threads: 1 });
    detach(x);
    await expect(call).rejects.toThrow(new TypeError('grad was detached or resized while the call was running'));
    expect(() => compressor.compress(x, { round: 0 })).toThrow(
      new RangeError(`grad must have length = ${20 * CHUNK} elements, got 0`),
    );
    expect(compressor.compress(gradient(20 * CHUNK), { round: 0 }).length).toBe(20);
  });

  it('takes no other call meanwhile', async () => {
    const compressor = sender({ codec: 'eden', bits: 2 });
    const x = gradient(LENGTH);
    const call = compressor.compressAsync(x, { round: 0 });
    const error = new Error('compressAsync is running: wait for it before the next call');
    expect(() => compressor.compress(x, { round: 1 })).toThrow(error);
    expect(() => compressor.reset()).toThrow(error);
    await expect(compressor.compressAsync(x, { round: 1 })).rejects.toThrow(error);
    await call;
    expect(compressor.compress(x, { round: 1 }).length).toBe(3);
  });
});
