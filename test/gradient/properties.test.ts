// SPDX-License-Identifier: Apache-2.0
/** What holds for any gradient, any packets and any order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GradientAggregator, GradientCompressor, packetInfo } from '../../lib/gradient/index.ts';
import { forEachBackend } from '../backends.ts';
import { GRADIENT_CASES } from './senders.ts';

const uint32 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1));
const safe = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32, 2 ** 53 - 1));
const anyCase = fc.constantFrom(...GRADIENT_CASES);
const number = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }),
  fc.constantFrom(0, -0, 1, -1, 1e-45, -1e-40),
);

/** A gradient of 1 to 60 coordinates, and chunks for it. */
const shape = fc.record({ length: fc.integer({ min: 1, max: 60 }), chunk: fc.integer({ min: 1, max: 70 }) });
const withGradient = shape.chain(({ length, chunk }) =>
  fc.record({
    length: fc.constant(length),
    chunk: fc.constant(chunk),
    x: fc.float32Array({
      minLength: length,
      maxLength: length,
      noNaN: true,
      noDefaultInfinity: true,
      min: Math.fround(-1e30),
      max: Math.fround(1e30),
    }),
  }),
);

forEachBackend('packets', () => {
  it('carry what the compressor was told, and are taken by the aggregator that was told the same', () => {
    fc.assert(
      fc.property(withGradient, anyCase, uint32, safe, fc.bigInt(0n, 2n ** 64n - 1n), (g, c, clientId, round, seed) => {
        const { length, chunk, x } = g;
        const packets = new GradientCompressor({ length, chunk, ...c, clientId, seed }).compress(x, { round });
        expect(packets.length).toBe(Math.ceil(length / chunk));
        const aggregator = new GradientAggregator({ length, chunk, round });
        packets.forEach((packet, i) => {
          const info = packetInfo(packet);
          expect(info).toMatchObject({ codec: c.codec, clientId, round, length, chunk: i, first: i * chunk });
          expect(info.bits).toBe(Math.fround(c.bits));
          expect(aggregator.add(packet).message).toBe('');
        });
        const mean = aggregator.mean();
        expect(mean.every(Number.isFinite)).toBe(true);
        if (c.codec === 'f32') for (let i = 0; i < length; i++) expect(mean[i] === x[i]).toBe(true);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

const letter = fc.record({
  c: anyCase,
  clientId: fc.integer({ min: 0, max: 4 }),
  seed: fc.integer({ min: 0, max: 1 }),
  round: fc.integer({ min: 0, max: 4 }).map((n) => (n === 4 ? 8 : 7)),
  scale: fc.constantFrom(1, 2 ** -130, 2 ** 100, 2 ** -30),
  values: fc.array(number, { minLength: 5, maxLength: 5 }),
});

describe('the mean', () => {
  it('of any packets in any order is that of the first of each sender and chunk, decoded one by one', () => {
    const length = 23;
    const chunk = 9;
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 8 }), fc.infiniteStream(fc.nat(1000)), (letters, stream) => {
        const numbers = stream[Symbol.iterator]();
        const pick = (n: number) => (numbers.next().value as number) % n;
        const sent = letters.flatMap(({ c, clientId, seed, round, scale, values }) => {
          const x = Float32Array.from({ length }, (_, i) => (values[i % 5] / 1e30 + Math.sin(i + clientId)) * scale);
          const compressor = new GradientCompressor({ length, chunk, ...c, clientId, seed, privateSeed: 3 });
          return compressor.compress(x, { round });
        });
        // some lost, some doubled, in any order
        const arrivals = sent
          .filter(() => pick(4) > 0)
          .flatMap((packet) => (pick(4) === 0 ? [packet, packet] : [packet]));
        for (let i = arrivals.length - 1; i > 0; i--) {
          const j = pick(i + 1);
          [arrivals[i], arrivals[j]] = [arrivals[j], arrivals[i]];
        }
        const aggregator = new GradientAggregator({ length, chunk, round: 7 });
        const sums = new Float64Array(length);
        const most = new Float64Array(length);
        const counts = new Uint32Array(length);
        const seen = new Set<string>();
        for (const packet of arrivals) {
          const { clientId, chunk: at, round, first, count } = packetInfo(packet);
          const key = `${clientId} ${at}`;
          const { reason } = aggregator.add(packet);
          expect(reason).toBe(round !== 7 ? 'round' : seen.has(key) ? 'duplicate' : null);
          if (reason) continue;
          seen.add(key);
          const alone = new GradientAggregator({ length, chunk, round: 7 });
          alone.add(packet);
          const decoded = alone.mean();
          const largest = Math.max(...decoded.map(Math.abs));
          for (let i = first; i < first + count; i++) {
            sums[i] += decoded[i];
            most[i] = Math.max(most[i], largest);
            counts[i]++;
          }
        }
        expect(aggregator.counts()).toEqual(counts);
        expect(aggregator.accepted).toBe(seen.size);
        const mean = aggregator.mean();
        for (let i = 0; i < length; i++) {
          const expected = counts[i] ? sums[i] / counts[i] : 0;
          // Roundings to float32 before and in the inverse rotation, a dozen of them, relative to the largest coordinate of
          // the largest packet; and denormals, whose unit is 2^-149, in each of them.
          const tolerance = 2 ** -19 * most[i] + 2 ** -144;
          if (!(Math.abs(mean[i] - expected) <= tolerance)) expect.fail(`coordinate ${i}: ${mean[i]}, not ${expected}`);
        }
      }),
      { numRuns: 400, seed: 2 },
    );
  });

  it('throws at no bytes', () => {
    const [packet] = new GradientCompressor({ length: 9, chunk: 5, bits: 3 }).compress(new Float32Array(9).fill(1), {
      round: 0,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(packet.length), (bytes, at) => {
        const aggregator = new GradientAggregator({ length: 9, chunk: 5 });
        expect(aggregator.add(bytes).reason).toBe('corrupt');
        const spliced = new Uint8Array([...packet.subarray(0, at), ...bytes, ...packet.subarray(at)]);
        expect(aggregator.add(spliced).reason).toBe(bytes.length === 0 ? null : 'corrupt');
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
