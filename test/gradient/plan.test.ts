// SPDX-License-Identifier: Apache-2.0
/** Chunks, seeds and draws: who shares what. */
import { describe, expect, it } from 'vitest';
import { packetInfo } from '../../lib/gradient/index.ts';
import { chunkRange, chunksOf, drawIndex, rotationSeed } from '../../lib/gradient/plan.ts';
import { CHUNK, GRADIENT_CASES, gradient, meanOf, sender, titled } from './senders.ts';

describe('chunks', () => {
  it('follow each other and end with the gradient', () => {
    for (const [length, chunk] of [
      [1, 1],
      [1, 8],
      [7, 8],
      [8, 8],
      [9, 8],
      [31, 8],
      [2 ** 40, 2 ** 18],
    ]) {
      const chunks = chunksOf(length, chunk);
      const last = chunkRange(chunks, chunks.count - 1);
      expect(chunkRange(chunks, 0).first).toBe(0);
      expect(last.end).toBe(length);
      expect(last.end - last.first).toBeGreaterThan(0);
      if (chunks.count > 1) expect(chunkRange(chunks, chunks.count - 2).end).toBe(last.first);
    }
  });
});

describe('draws', () => {
  it('differ for all chunks of all senders while there are fewer than 2^32', () => {
    const seen = new Set<number>();
    for (let client = 0; client < 100; client++) {
      for (let chunk = 0; chunk < 37; chunk++) seen.add(drawIndex(client, chunk, 37));
    }
    expect(seen.size).toBe(3700);
  });

  it('are exact modulo 2^32, however large the product', () => {
    const exact = (client: number, chunk: number, chunks: number) =>
      Number((BigInt(client) * BigInt(chunks) + BigInt(chunk)) % 2n ** 32n);
    for (const client of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      for (const chunks of [1, 2 ** 22 + 1, 2 ** 33 + 5, 2 ** 40]) {
        for (const chunk of [0, chunks >> 1, chunks - 1]) {
          const at = Math.max(chunk, 0);
          expect(drawIndex(client, at, chunks)).toBe(exact(client, at, chunks));
        }
      }
    }
  });
});

describe('seeds of rotations', () => {
  it('are shared by the senders of a round for quicfl and dithered, and their own for eden and drive', () => {
    for (const codec of ['quicfl', 'dithered', 'eden', 'drive'] as const) {
      const shared = codec === 'quicfl' || codec === 'dithered';
      const seeds = [0, 1, 2 ** 32 - 1].map((client) => rotationSeed(codec, 7, 3, client));
      expect(new Set(seeds).size).toBe(shared ? 1 : 3);
      // another round, another seed
      expect(rotationSeed(codec, 7, 4, 0)).not.toBe(seeds[0]);
      expect(rotationSeed(codec, 8, 3, 0)).not.toBe(seeds[0]);
      expect(rotationSeed(codec, 7n, 3, 0)).toBe(seeds[0]);
    }
    expect(rotationSeed('quicfl', 7, 3, 0)).toBe(rotationSeed('dithered', 7, 3, 0));
    // the largest of everything is still exact
    const top = rotationSeed('eden', 2n ** 64n - 1n, 2 ** 53 - 1, 2 ** 32 - 1);
    expect(top).not.toBe(rotationSeed('eden', 2n ** 64n - 1n, 2 ** 53 - 2, 2 ** 32 - 1));
  });

  it.each(titled(GRADIENT_CASES))('%s: is what packets carry', (_, c) => {
    const x = gradient(CHUNK);
    const seedOf = (round: number, clientId: number, seed = 5) =>
      packetInfo(sender(c, { length: CHUNK, clientId, seed }).compress(x, { round })[0]).seed;
    for (const [round, clientId] of [
      [0, 0],
      [3, 0],
      [3, 9],
    ]) {
      expect(seedOf(round, clientId)).toBe(c.codec === 'f32' ? 0n : rotationSeed(c.codec, 5, round, clientId));
    }
  });
});

describe('bits', () => {
  // 0.3 * 5 rounds to 2 coordinates of 2 bits, float32(0.3) * 5 to 1
  it.each([1.3, 1.7, 2.1, 0.7, 3.9])('%d, which is no float32: packets decode as they were coded', (bits) => {
    for (let length = 1; length <= 45; length++) {
      const x = gradient(length, length);
      const compressor = sender({ codec: 'eden', bits }, { length, errorFeedback: bits > 1 });
      expect(compressor.bits).toBe(bits);
      const packets = compressor.compress(x, { round: 0 });
      expect(packetInfo(packets[0]).bits).toBe(Math.fround(bits));
      const decoded = meanOf(packets, { length });
      if (!compressor.residual) continue;
      // what was sent is what the receiver decodes, to the last bit
      const sent = x.map((v, i) => v - (compressor.residual as Float32Array)[i]);
      for (let i = 0; i < length; i++) expect(Math.abs(decoded[i] - sent[i])).toBeLessThanOrEqual(2 ** -20 * 4);
    }
  });
});
