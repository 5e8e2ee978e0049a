// SPDX-License-Identifier: Apache-2.0
/** The mean of what came: which packets count, and that neither order nor loss, doubling or delay make it wrong. */
import { describe, expect, it } from 'vitest';
import { GradientAggregator, type Refusal } from '../../lib/gradient/index.ts';
import { forEachBackend } from '../backends.ts';
import { random } from '../random-inputs.ts';
import { expectSameBits, expectSameEverywhere } from '../same-bits.ts';
import {
  CHUNK,
  FEW_GRADIENT_CASES,
  GRADIENT_CASES,
  type GradientCase,
  gradient,
  LENGTH,
  meanOf,
  receiver,
  sender,
  titled,
} from './senders.ts';

const SENDERS = 5;
const CHUNKS = 3;

/** What `SENDERS` senders send of gradients of their own. */
function packetsOf(c: GradientCase, round = 0, length = LENGTH): Uint8Array[] {
  return Array.from({ length: SENDERS }, (_, clientId) =>
    sender(c, { clientId, length }).compress(gradient(length, 10 + clientId), { round }),
  ).flat();
}

/** Each packet alone, decoded, its coordinates in place. */
const decodedAlone = (packets: readonly Uint8Array[]) => packets.map((packet) => meanOf([packet]));

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const r = random(seed);
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = r.below(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/** Sum over the packets of a coordinate, divided by how many hold it. */
function plainMean(packets: readonly Uint8Array[], counts: Uint32Array): Float64Array {
  const sums = new Float64Array(LENGTH);
  for (const decoded of decodedAlone(packets)) for (let i = 0; i < LENGTH; i++) sums[i] += decoded[i];
  return sums.map((v, i) => (counts[i] ? v / counts[i] : 0));
}

/**
 * Packets that share a rotation are added before it is undone, so what is rounded differs from decoding each alone: 16 roundings to
 * float32 of the largest coordinate are more than a transform of 96 makes. Others are added decoded, in float64: one rounding.
 */
function expectMean(actual: Float32Array, expected: Float64Array, what = 'mean'): void {
  const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  actual.forEach((v, i) => {
    if (!(Math.abs(v - expected[i]) <= 2 ** -20 * largest)) expect.fail(`${what}[${i}] is ${v}, not ${expected[i]}`);
  });
}

forEachBackend('the mean', () => {
  it.each(titled(GRADIENT_CASES))('%s: is that of the packets decoded one by one', async (_, c) => {
    const packets = packetsOf(c);
    const aggregator = receiver();
    for (const packet of packets) {
      expect(aggregator.add(packet)).toEqual({ accepted: true, reason: null, message: '' });
    }
    expect(aggregator.accepted).toBe(SENDERS * CHUNKS);
    expect(aggregator.counts()).toEqual(new Uint32Array(LENGTH).fill(SENDERS));
    const mean = aggregator.mean();
    expectMean(mean, plainMean(packets, aggregator.counts()));
    // again, into out, and all at once
    const out = new Float32Array(LENGTH + 2).fill(9);
    expect(aggregator.mean({ out }).buffer).toBe(out.buffer);
    expectSameBits(out.subarray(0, LENGTH), mean);
    expect([...out.subarray(LENGTH)]).toEqual([9, 9]);
    for (const threads of [1, 3]) {
      const later = receiver();
      const results = await later.addAsync(packets, { threads });
      expect(results).toEqual(packets.map(() => ({ accepted: true, reason: null, message: '' })));
      expectSameBits(later.mean(), mean);
    }
  });

  // Sums are float64, so in another order they differ in their last bits at most, and numbers of 24 bits whose exponents are
  // less than 2^26 apart add up exactly. Rounded to float32 these means are therefore the same bits in every order.
  it.each(titled(GRADIENT_CASES))('%s: is the same whatever the order', async (_, c) => {
    const packets = packetsOf(c);
    const expected = meanOf(packets);
    for (let seed = 1; seed <= 5; seed++) {
      const order = shuffled(packets, seed);
      expectSameBits(meanOf(order), expected);
      const later = receiver();
      await later.addAsync(order, { threads: 2 });
      expectSameBits(later.mean(), expected);
    }
  });

  it.each(titled(FEW_GRADIENT_CASES))('%s: of what came, where packets are lost', (_, c) => {
    const packets = packetsOf(c);
    for (let seed = 1; seed <= 4; seed++) {
      const r = random(seed);
      const kept = packets.filter(() => r.uniform() < 0.5);
      const aggregator = receiver();
      for (const packet of kept) aggregator.add(packet);
      const counts = new Uint32Array(LENGTH);
      for (const packet of kept) {
        const chunk = packets.indexOf(packet) % CHUNKS;
        for (let i = chunk * CHUNK; i < Math.min((chunk + 1) * CHUNK, LENGTH); i++) counts[i]++;
      }
      expect(aggregator.counts()).toEqual(counts);
      expectMean(aggregator.mean(), plainMean(kept, counts));
    }
    expectSameBits(receiver().mean(), new Float32Array(LENGTH));
  });

  it.each(titled(FEW_GRADIENT_CASES))('%s: doubled packets count once, late ones not at all', async (_, c) => {
    const packets = packetsOf(c, 7);
    const late = packetsOf(c, 6);
    const early = packetsOf(c, 8);
    const expected = meanOf(packets, { round: 7 });
    const arrivals = shuffled([...packets, ...packets, ...late, ...early], 3);
    const counts: Record<Refusal, number> = { corrupt: 0, length: 0, round: 30, duplicate: 15 };
    const aggregator = receiver({ round: 7 });
    for (const packet of arrivals) {
      const { accepted, reason, message } = aggregator.add(packet);
      expect(accepted).toBe(reason === null);
      expect(message === '').toBe(accepted);
    }
    const later = receiver({ round: 7 });
    const results = await later.addAsync(arrivals);
    expect(results.filter(({ reason }) => reason === 'duplicate').length).toBe(15);
    for (const a of [aggregator, later]) {
      expect(a.accepted).toBe(15);
      expect(a.refused).toEqual(counts);
      expectSameBits(a.mean(), expected);
    }
    expect(aggregator.add(packets[0]).message).toBe('packet: chunk 0 of sender 0 is in already');
    expect(aggregator.add(late[0]).message).toBe('packet: of round 6, not 7');
  });

  it('of senders with different codecs, widths, seeds and rotations, in any order', () => {
    // quicfl and dithered of one seed share a rotation; another seed and other rounds do not
    const cases: [GradientCase, object][] = [
      [{ codec: 'quicfl', bits: 2 }, {}],
      [{ codec: 'dithered', bits: 4 }, {}],
      [{ codec: 'dithered', bits: 2 }, { seed: 99 }],
      [{ codec: 'quicfl', bits: 1 }, { rounds: 3 }],
      [{ codec: 'eden', bits: 1.3 }, {}],
      [{ codec: 'drive', bits: 1 }, {}],
      [{ codec: 'f32', bits: 32 }, {}],
    ];
    const packets = cases.flatMap(([c, options], clientId) =>
      sender(c, { clientId, ...options }).compress(gradient(LENGTH, clientId), { round: 0 }),
    );
    for (let seed = 1; seed <= 8; seed++) {
      const order = shuffled(packets, seed);
      const aggregator = receiver();
      for (const packet of order) expect(aggregator.add(packet).accepted).toBe(true);
      // the first one's rotation is that of the sums: another order rounds otherwise
      expectMean(aggregator.mean(), plainMean(packets, aggregator.counts()));
    }
  });

  it('takes more packets after a mean, and forgets all at a reset', () => {
    const c = FEW_GRADIENT_CASES[3];
    const packets = packetsOf(c);
    const aggregator = receiver();
    for (const packet of packets.slice(0, 6)) aggregator.add(packet);
    aggregator.add(packets[0]);
    expectSameBits(aggregator.mean(), meanOf(packets.slice(0, 6)));
    for (const packet of packets.slice(6)) aggregator.add(packet);
    expectSameBits(aggregator.mean(), meanOf(packets));
    aggregator.reset(1);
    expect(aggregator.round).toBe(1);
    expect(aggregator.accepted).toBe(0);
    expect(aggregator.refused).toEqual({ corrupt: 0, length: 0, round: 0, duplicate: 0 });
    expect(aggregator.counts()).toEqual(new Uint32Array(LENGTH));
    expectSameBits(aggregator.mean(), new Float32Array(LENGTH));
    const others = packetsOf(FEW_GRADIENT_CASES[0], 1);
    for (const packet of others) expect(aggregator.add(packet).accepted).toBe(true);
    expectSameBits(aggregator.mean(), meanOf(others, { round: 1 }));
    aggregator.reset(0); // an earlier round again
    for (const packet of packets) aggregator.add(packet);
    expectSameBits(aggregator.mean(), meanOf(packets));
  });

  it('is finite where everything is as large as float32', () => {
    // x = +-top / 16 on 64 coordinates has a norm of half the largest float32; sums of many are beyond it
    const top = 3.4028234663852886e38;
    const x = gradient(64).map((v) => (Math.sign(v) * top) / 16);
    const plain = new Float32Array(64).fill(top);
    const packets = [0, 1, 2, 3, 4, 5].flatMap((clientId) => {
      const c = FEW_GRADIENT_CASES[2 + (clientId % 4)];
      const options = { clientId, length: 64, seed: clientId < 4 ? 5 : 6 };
      return sender(c, options).compress(c.codec === 'f32' ? plain : x, { round: 0 });
    });
    for (let seed = 1; seed < 6; seed++) {
      expect(meanOf(shuffled(packets, seed), { length: 64 }).every(Number.isFinite)).toBe(true);
    }
  });
});

forEachBackend('packets of another gradient', () => {
  it('are refused by their length or their chunks', () => {
    const c = FEW_GRADIENT_CASES[0];
    const x = gradient(LENGTH);
    const aggregator = receiver();
    const longer = sender(c, { length: LENGTH + 1 }).compress(gradient(LENGTH + 1), { round: 0 });
    expect(aggregator.add(longer[0])).toEqual({
      accepted: false,
      reason: 'length',
      message: `packet: of a gradient of ${LENGTH + 1}, not ${LENGTH}`,
    });
    for (const chunk of [1, 7, 95, 97, 100, LENGTH]) {
      for (const packet of sender(c, { chunk }).compress(x, { round: 0 })) {
        expect(aggregator.add(packet).reason).toBe('length');
      }
    }
    const [packet] = sender(c, { chunk: 50 }).compress(x, { round: 0 });
    expect(aggregator.add(packet).message).toBe('packet: coordinates 0 to 49 are no chunk of 96');
    expect(aggregator.accepted).toBe(0);
    expectSameBits(aggregator.mean(), new Float32Array(LENGTH));
  });
});

describe('the mean', () => {
  it.each(titled(GRADIENT_CASES))('%s: the same bits on every backend', (_, c) => {
    expectSameEverywhere(() => meanOf(packetsOf(c)), c.codec);
  });
});

describe('an aggregator', () => {
  it('of a huge gradient costs nothing before packets come', () => {
    for (const chunk of [1, 2 ** 18]) {
      const aggregator = new GradientAggregator({ length: 2 ** 40, chunk });
      expect(aggregator.packets).toBe(2 ** 40 / chunk);
      aggregator.reset(3);
      expect(() => aggregator.mean()).toThrow(
        new RangeError('cannot allocate a Float32Array of 1099511627776 elements'),
      );
      expect(() => aggregator.counts()).toThrow(
        new RangeError('cannot allocate a Uint32Array of 1099511627776 elements'),
      );
    }
  });

  it('keeps the tables of at most 64 senders, and makes them again', () => {
    const c = FEW_GRADIENT_CASES[0];
    const x = gradient(LENGTH);
    const packets = Array.from({ length: 150 }, (_, clientId) => sender(c, { clientId }).compress(x, { round: 0 }));
    // chunk by chunk: each sender's tables are asked for three times, 150 others in between
    const order = [0, 1, 2].flatMap((chunk) => packets.map((list) => list[chunk]));
    expectSameBits(meanOf(order), meanOf(packets.flat()));
  });

  it('takes no other call while addAsync runs, and goes on after an abort', async () => {
    const packets = packetsOf(FEW_GRADIENT_CASES[0]);
    const aggregator = receiver();
    const call = aggregator.addAsync(packets);
    const error = new Error('addAsync is running: wait for it before the next call');
    expect(() => aggregator.add(packets[0])).toThrow(error);
    expect(() => aggregator.mean()).toThrow(error);
    expect(() => aggregator.reset(1)).toThrow(error);
    await expect(aggregator.addAsync(packets)).rejects.toThrow(error);
    await call;
    expectSameBits(aggregator.mean(), meanOf(packets));

    const reason = { any: 'value' };
    for (const threads of [1, 2]) {
      const stopped = receiver();
      const controller = new AbortController();
      const progress: number[] = [];
      const onProgress = (done: number, total: number) => {
        progress.push(done);
        expect(total).toBe(CHUNKS);
        if (done === 1) controller.abort(reason);
      };
      const options = { threads, signal: controller.signal, onProgress };
      await expect(stopped.addAsync(packets, options)).rejects.toBe(reason);
      // whole chunks are in, and the rest can be added later: nothing counts twice
      expect(stopped.accepted).toBe(SENDERS * progress.length);
      await stopped.addAsync(packets);
      expect(stopped.accepted).toBe(SENDERS * CHUNKS);
      expect(stopped.refused.duplicate).toBe(SENDERS * progress.length);
      expectSameBits(stopped.mean(), meanOf(packets));
    }
    expect(await receiver().addAsync([])).toEqual([]);
    expect((await receiver().addAsync([new Uint8Array(5)])).length).toBe(1);
  });
});
