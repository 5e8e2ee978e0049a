// SPDX-License-Identifier: Apache-2.0
/** Rounds between workers and aggregators over a real server, without faults. */
import type { NatsConnection, RequestOptions } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GradientAggregator, GradientCompressor } from '../../lib/gradient/index.ts';
import { NatsAggregator, NatsWorker, type RoundReport } from '../../lib/nats/index.ts';
import { random } from '../random-inputs.ts';
import { until } from './children.ts';
import { exchangeAll, marked, membersOf, team } from './gradients.ts';
import { program, TestServer } from './server.ts';

describe.skipIf(!program)('exchange', () => {
  let server: TestServer;
  let connections: NatsConnection[];

  beforeAll(async () => {
    server = await TestServer.start();
    connections = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
  });
  afterAll(() => server?.stop());

  it('gives every worker the mean, round after round', async () => {
    const length = 10_000;
    const settings = { job: 'plain', length, chunk: 1024 };
    const reports: RoundReport[] = [];
    const aggregator = new NatsAggregator(connections[0], {
      ...settings,
      workers: 3,
      onRound: (report) => reports.push(report),
    });
    await aggregator.start();
    const workers = team(connections.slice(1, 4), { ...settings, codec: 'f32' });
    for (let round = 0; round < 5; round++) {
      for (const result of await exchangeAll(workers, length, round)) {
        expect(membersOf(result, 1024, round)).toEqual(new Array(10).fill(7));
        expect(result.late).toEqual([]);
      }
    }
    expect(reports).toHaveLength(5);
    expect(reports.every(({ complete }) => complete)).toBe(true);
    expect(aggregator.stats).toMatchObject({ rounds: 5, incomplete: 0, open: 0 });
    expect(aggregator.stats.packets.taken).toBe(5 * 30);
    await Promise.all(workers.map((worker) => worker.close()));
    await aggregator.close();
  });

  it('gives what compressors and an aggregator in one process would', async () => {
    const length = 5000;
    const r = random(1);
    const grads = [0, 1].map(() => Float32Array.from({ length }, () => r.gaussian()));
    const codec = { codec: 'eden', bits: 2, seed: 7 } as const;
    const settings = { job: 'same', length, chunk: 2048 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, solo: true });
    await aggregator.start();
    const workers = team(connections.slice(1, 3), { ...settings, ...codec });
    const results = await Promise.all(workers.map((worker, i) => worker.exchange(grads[i], { round: 9 })));
    const expected = new GradientAggregator({ length, chunk: 2048, round: 9 });
    grads.forEach((grad, clientId) => {
      const compressor = new GradientCompressor({ length, chunk: 2048, ...codec, clientId });
      for (const packet of compressor.compress(grad, { round: 9 })) expected.add(packet);
    });
    const mean = expected.mean();
    for (const result of results) {
      // sums of float64 in another order
      result.mean.forEach((v, i) => void expect(Math.abs(v - mean[i])).toBeLessThan(1e-5));
    }
    await aggregator.close();
  });

  it('works without JetStream as the only aggregator, and says so if it is needed', async () => {
    const plain = await TestServer.start([]);
    try {
      const connection = await plain.connect();
      const settings = { job: 'solo', length: 100, workers: 1 };
      const shared = new NatsAggregator(connection, settings);
      await expect(shared.start()).rejects.toMatchObject({ name: 'HadaquantNatsError', code: 'jetstream' });
      await expect(shared.start()).rejects.toThrow('start can be called once');
      await shared.close();
      const aggregator = new NatsAggregator(connection, { ...settings, solo: true });
      await aggregator.start();
      const [worker] = team([await plain.connect()], { job: 'solo', length: 100, codec: 'f32' });
      const [result] = await exchangeAll([worker], 100, 0);
      expect(membersOf(result, 100, 0)).toEqual([1]);
      await aggregator.close();
    } finally {
      await plain.stop();
    }
  });

  it('shares the shards of a round among the aggregators of the group, each summed by one', async () => {
    const length = 16_000;
    const settings = { job: 'group', length, chunk: 500, shards: 8 };
    const reports: RoundReport[] = [];
    const onRound = (report: RoundReport) => void reports.push(report);
    const group = [0, 1].map((i) => new NatsAggregator(connections[i], { ...settings, workers: 3, onRound }));
    await Promise.all(group.map((aggregator) => aggregator.start()));
    const workers = team(connections.slice(2, 5), { ...settings, codec: 'f32' });
    for (let round = 0; round < 6; round++) {
      const results = await exchangeAll(workers, length, round);
      for (const result of results) expect(membersOf(result, 500, round)).toEqual(new Array(32).fill(7));
    }
    const summed = reports.map(({ round, shard }) => `${round}.${shard}`);
    expect(new Set(summed).size).toBe(48);
    expect(summed).toHaveLength(48);
    // 48 draws that all fall to one of two: 2^-47
    for (const aggregator of group) expect(aggregator.stats.rounds).toBeGreaterThan(0);
    await Promise.all(group.map((aggregator) => aggregator.close()));
  });

  it('comes near the gradient with few bits in both directions and error feedback', async () => {
    const length = 4096;
    const settings = { job: 'feedback', length, chunk: 1024, shards: 2 };
    const codec = { codec: 'eden', bits: 1, errorFeedback: true } as const;
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, downlink: codec });
    await aggregator.start();
    const workers = team(connections.slice(1, 3), { ...settings, ...codec });
    const r = random(5);
    const grads = [0, 1].map(() => Float32Array.from({ length }, () => r.gaussian()));
    const sum = new Float64Array(length);
    const rounds = 40;
    for (let round = 0; round < rounds; round++) {
      const [result] = await Promise.all(workers.map((worker, i) => worker.exchange(grads[i], { round })));
      for (let i = 0; i < length; i++) sum[i] += result.mean[i];
    }
    let error = 0;
    let energy = 0;
    for (let i = 0; i < length; i++) {
      const mean = (grads[0][i] + grads[1][i]) / 2;
      error += (sum[i] / rounds - mean) ** 2;
      energy += mean ** 2;
    }
    // what is left out is a few times one gradient, divided by the rounds; without feedback it would be 0.57 / 40 + 0.57 / 80
    expect(error / energy).toBeLessThan(0.01);
    await aggregator.close();
  });

  it('holds a window of packets under way and goes at the pace of a slow aggregator', async () => {
    const length = 64 * 256;
    const settings = { job: 'pace', length, chunk: 256 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 1, solo: true });
    await aggregator.start();
    let underWay = 0;
    let most = 0;
    const slow = new Proxy(connections[1], {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        if (key !== 'request') return value.bind(target);
        return async (subject: string, payload: Uint8Array, options: RequestOptions) => {
          const isPacket = subject.includes('.packet.');
          if (isPacket) most = Math.max(most, ++underWay);
          try {
            const reply = await target.request(subject, payload, options);
            if (isPacket) await new Promise((resolve) => setTimeout(resolve, 5));
            return reply;
          } finally {
            if (isPacket) underWay--;
          }
        };
      },
    });
    const worker = new NatsWorker(slow, { ...settings, codec: 'f32', clientId: 0, window: 3 });
    const [result] = await exchangeAll([worker], length, 0);
    expect(membersOf(result, 256, 0)).toEqual(new Array(64).fill(1));
    expect(most).toBe(3);
    await aggregator.close();
  });

  it('ends open rounds before it closes, and begins no others', async () => {
    const settings = { job: 'closing', length: 1000, chunk: 100 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2 });
    await aggregator.start();
    const [a, b] = team(connections.slice(1, 3), { ...settings, codec: 'f32' });
    const first = a.exchange(marked(1000, 0, 0), { round: 0 });
    await until(() => aggregator.stats.packets.taken === 10);
    const closed = aggregator.close();
    const second = b.exchange(marked(1000, 1, 0), { round: 0 });
    for (const result of await Promise.all([first, second])) {
      expect(membersOf(result, 100, 0)).toEqual(new Array(10).fill(3));
    }
    await closed;
    const impatient = new NatsWorker(connections[1], { ...settings, codec: 'f32', clientId: 0, deadline: 300 });
    await expect(impatient.exchange(marked(1000, 0, 1), { round: 1 })).rejects.toMatchObject({ code: 'no-aggregator' });
  });

  it('leaves nothing behind on the server or in the process', async () => {
    const connection = await server.connect();
    const aggregator = new NatsAggregator(connection, { job: 'tidy', length: 1000, workers: 1 });
    await aggregator.start();
    const worker = new NatsWorker(connection, { job: 'tidy', length: 1000, codec: 'f32', clientId: 0 });
    for (let round = 0; round < 3; round++) await exchangeAll([worker], 1000, round);
    await worker.close();
    await Promise.all([aggregator.close(), aggregator.close()]);
    const inner = connection as unknown as {
      listeners: unknown[];
      protocol: { subscriptions: { size(): number; getMux(): unknown }; muxSubscriptions: { size(): number } };
    };
    expect(inner.protocol.subscriptions.size()).toBe(inner.protocol.subscriptions.getMux() ? 1 : 0);
    expect(inner.protocol.muxSubscriptions.size()).toBe(0);
    expect(inner.listeners).toHaveLength(0);
    await expect(worker.exchange(new Float32Array(1000), { round: 3 })).rejects.toMatchObject({ code: 'closed' });
  });
});
