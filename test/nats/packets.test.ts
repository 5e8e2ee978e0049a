// SPDX-License-Identifier: Apache-2.0
/** Lost, doubled, overtaken, damaged and foreign packets: the mean is right all the same. */
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GradientCompressor } from '../../lib/gradient/index.ts';
import { NatsAggregator } from '../../lib/nats/index.ts';
import { decodeAnswer, meanMessage } from '../../lib/nats/messages.ts';
import { type Faults, faulty } from './faulty.ts';
import { exchangeAll, marked, membersOf, team } from './gradients.ts';
import { program, TestServer } from './server.ts';

const text = new TextEncoder();

describe.skipIf(!program)('packets', () => {
  let server: TestServer;
  let connections: NatsConnection[];

  beforeAll(async () => {
    server = await TestServer.start();
    connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
  });
  afterAll(() => server?.stop());

  const cases: [string, Faults][] = [
    ['20 % lost', { loss: 0.2 }],
    ['half of them doubled', { duplicate: 0.5 }],
    ['overtaking each other', { delay: 30 }],
    ['20 % damaged', { corrupt: 0.2 }],
    ['all of it', { loss: 0.2, duplicate: 0.3, delay: 20, corrupt: 0.1 }],
  ];
  it.each(cases)('%s', async (name, faults) => {
    const length = 2000;
    const job = `packets-${name.replaceAll(/[^a-z0-9]/g, '')}`;
    const settings = { job, length, chunk: 100, shards: 2 };
    const bad = connections.map((connection, i) => faulty(connection, faults, i + 1));
    const aggregator = new NatsAggregator(bad[0], { ...settings, workers: 3, deadline: 15_000 });
    await aggregator.start();
    const workers = team(bad.slice(1), { ...settings, codec: 'f32', ackTimeout: 30 });
    for (let round = 0; round < 2; round++) {
      for (const result of await exchangeAll(workers, length, round)) {
        expect(membersOf(result, 100, round)).toEqual(new Array(20).fill(7));
      }
    }
    const { packets, rounds } = aggregator.stats;
    expect(rounds).toBe(4);
    expect(packets.taken).toBe(2 * 60);
    if (faults.corrupt) expect(packets.corrupt).toBeGreaterThan(0);
    if (faults.duplicate) expect(packets.duplicate).toBeGreaterThan(0);
    await aggregator.close();
  });

  it('refuses a packet with any byte changed, of another round, length or cut, and anything that is none', async () => {
    const settings = { job: 'bytes', length: 40, chunk: 20 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, deadline: 20_000 });
    await aggregator.start();
    const [a, b] = team(connections.slice(1, 3), { ...settings, codec: 'f32' });
    const first = a.exchange(marked(40, 0, 6), { round: 6 });
    const raw = connections[3];
    const send = async (packet: Uint8Array, to = '6.0') =>
      decodeAnswer((await raw.request(`hadaquant.bytes.to.${aggregator.member}.packet.${to}`, packet)).data).word;
    // a third sender, which must not come in
    const codec = { codec: 'f32', clientId: 77 } as const;
    const [whole] = new GradientCompressor({ ...settings, ...codec }).compress(marked(40, 5, 6), { round: 6 });
    while (aggregator.stats.packets.taken < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < whole.length; i++) {
      const flipped = whole.slice();
      flipped[i] ^= 0xff;
      expect(await send(flipped)).toBe('corrupt');
      expect(await send(whole.subarray(0, i))).toBe('corrupt');
    }
    const other = (options: object, round = 6) =>
      new GradientCompressor({ ...settings, ...codec, ...options }).compress(new Float32Array(40).fill(9), {
        round,
      })[0];
    expect(await send(other({}, 5))).toBe('round');
    expect(await send(other({ chunk: 10 }))).toBe('length');
    const [longer] = new GradientCompressor({ length: 50, chunk: 20, ...codec }).compress(new Float32Array(50), {
      round: 6,
    });
    expect(await send(longer)).toBe('length');
    expect(await send(whole, '7.0')).toBe('moved');
    expect(await send(whole, '6.5')).toBe('moved');
    for (const subject of [
      'to.x',
      'packet',
      'packet.-1.0',
      'state.a.b',
      'mean.6.0.99999999999999999999',
      'other.6.0',
    ]) {
      raw.publish(`hadaquant.bytes.to.${aggregator.member}.${subject}`, text.encode('nonsense'));
    }
    for (const payload of ['', 'null', '[]', '{', '{"length":40}', '"x"']) {
      raw.publish('hadaquant.bytes.open.6.0', text.encode(payload));
      raw.publish('hadaquant.bytes.open.6.x', text.encode(payload));
    }
    // means that nobody made, or that were damaged
    const [forged] = new GradientCompressor({ ...settings, ...codec }).compress(marked(40, 6, 6), { round: 6 });
    const message = meanMessage(forged, 2);
    for (let i = 0; i < message.length; i++) {
      const flipped = message.slice();
      flipped[i] ^= 0xff;
      raw.publish('hadaquant.bytes.mean.6.0', flipped);
      raw.publish('hadaquant.bytes.mean.6.0', message.subarray(0, i));
    }
    raw.publish('hadaquant.bytes.mean.6.0', meanMessage(other({}, 5), 2));
    raw.publish('hadaquant.bytes.mean.6.9', message);
    await raw.flush();
    const second = b.exchange(marked(40, 1, 6), { round: 6 });
    for (const result of await Promise.all([first, second])) expect(membersOf(result, 20, 6)).toEqual([3, 3]);
    expect(aggregator.stats.packets).toMatchObject({ corrupt: 2 * whole.length, length: 2, round: 1, moved: 2 });
    await aggregator.close();
  });

  it('drops what there is no room for, and gets it again', async () => {
    const length = 800;
    const settings = { job: 'backlog', length, chunk: 50 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, backlog: 1, deadline: 15_000 });
    await aggregator.start();
    const workers = team(connections.slice(1, 3), { ...settings, codec: 'f32', window: 16, ackTimeout: 20 });
    for (const result of await exchangeAll(workers, length, 0)) {
      expect(membersOf(result, 50, 0)).toEqual(new Array(16).fill(3));
    }
    expect(aggregator.stats.packets.dropped).toBeGreaterThan(0);
    await aggregator.close();
  });
});
