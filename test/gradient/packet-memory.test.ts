// SPDX-License-Identifier: Apache-2.0
/** Packets in any memory that a network hands out: Buffers of a pool, odd offsets, shared, detached, other classes. */
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, kernels, useBackend } from '../../lib/backend.ts';
import { packetInfo } from '../../lib/gradient/index.ts';
import { forEachBackend, restoreBackend } from '../backends.ts';
import { expectSameBits } from '../same-bits.ts';
import { detach, FEW_GRADIENT_CASES, gradient, LENGTH, meanOf, receiver, sender, titled } from './senders.ts';

/** A Uint8Array of another realm: `instanceof` does not know it. */
function foreign(bytes: Uint8Array): Uint8Array {
  const copy = runInNewContext('(n) => new Uint8Array(n)')(bytes.length) as Uint8Array;
  copy.set(bytes);
  return copy;
}

class Chooser extends Uint8Array {
  static get [Symbol.species]() {
    return (() => new Uint8Array(3)) as unknown as Uint8ArrayConstructor;
  }
}

const WRAPS: Record<string, (packet: Uint8Array) => Uint8Array> = {
  // a Buffer of Node's pool: its `slice` is a view, and its `buffer` holds other things too
  'a pooled Buffer': (packet) => Buffer.from(packet),
  'a view at an odd place': (packet) => {
    const all = new Uint8Array(packet.length + 10).fill(0xa5);
    all.set(packet, 3);
    return all.subarray(3, 3 + packet.length);
  },
  'shared memory': (packet) => {
    const shared = new Uint8Array(new SharedArrayBuffer(packet.length));
    shared.set(packet);
    return shared;
  },
  'another realm': foreign,
  'a class with its own slices': (packet) => Chooser.from(packet),
};

forEachBackend('packets', () => {
  describe.each(titled(FEW_GRADIENT_CASES))('%s', (_, c) => {
    const packets = sender(c).compress(gradient(LENGTH), { round: 0 });
    it.each(Object.entries(WRAPS))('in %s', async (_, wrap) => {
      const expected = meanOf(packets);
      const wrapped = packets.map(wrap);
      expect(wrapped.map(packetInfo)).toEqual(packets.map(packetInfo));
      expectSameBits(meanOf(wrapped), expected);
      const later = receiver();
      expect((await later.addAsync(wrapped)).every(({ accepted }) => accepted)).toBe(true);
      expectSameBits(later.mean(), expected);
    });
  });

  it('that were detached are refused as corrupt', async () => {
    const packets = sender(FEW_GRADIENT_CASES[0]).compress(gradient(LENGTH), { round: 0 });
    for (const packet of packets) detach(packet);
    const aggregator = receiver();
    expect(aggregator.add(packets[0]).reason).toBe('corrupt');
    expect((await aggregator.addAsync(packets)).map(({ reason }) => reason)).toEqual(['corrupt', 'corrupt', 'corrupt']);
    expect(aggregator.accepted).toBe(0);
    expectSameBits(aggregator.mean(), new Float32Array(LENGTH));
  });
});

describe('what other threads work on', () => {
  afterEach(restoreBackend);

  it.each(Object.entries(WRAPS))('is never the memory of a packet: %s', async (_, wrap) => {
    const inner = kernels();
    const seen: ArrayBufferLike[] = [];
    const spy: Backend = Object.create(inner, {
      accumulateAsync: {
        value: (...args: Parameters<Backend['accumulateAsync']>) => {
          seen.push(args[1].codes.buffer);
          return inner.accumulateAsync(...args);
        },
      },
    });
    const packets = sender(FEW_GRADIENT_CASES[0]).compress(gradient(LENGTH), { round: 0 }).map(wrap);
    useBackend(spy);
    await receiver().addAsync(packets);
    expect(seen.length).toBe(packets.length);
    for (const { buffer } of packets) expect(seen.includes(buffer)).toBe(false);
  });

  it('are the packets as they were when the call was made', async () => {
    const packets = sender(FEW_GRADIENT_CASES[0]).compress(gradient(LENGTH), { round: 0 });
    const expected = meanOf(packets);
    const aggregator = receiver();
    const call = aggregator.addAsync(packets);
    for (const packet of packets) packet.fill(0);
    expect((await call).every(({ accepted }) => accepted)).toBe(true);
    expectSameBits(aggregator.mean(), expected);
  });
});
