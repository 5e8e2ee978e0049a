// SPDX-License-Identifier: Apache-2.0
/** Processes that die, servers that restart, deadlines that pass: a right mean over what came, or a clear error. */
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AggregatorStats,
  HadaquantNatsError,
  NatsAggregator,
  NatsWorker,
  type RoundReport,
} from '../../lib/nats/index.ts';
import { killAll, start, until, wait } from './children.ts';
import { exchangeAll, marked, membersOf, team } from './gradients.ts';
import { program, TestServer } from './server.ts';

describe.skipIf(!program)('faults', () => {
  let server: TestServer;
  let connections: NatsConnection[];

  beforeAll(async () => {
    server = await TestServer.start();
    connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
  });
  afterAll(async () => {
    killAll();
    await server?.stop();
  });

  it.each(['shared', 'solo'])('an aggregator killed and started again in the middle of a round (%s)', async (kind) => {
    const settings = { job: `killed-${kind}`, length: 1000, chunk: 100, shards: kind === 'shared' ? 2 : 1 };
    const options = JSON.stringify({ ...settings, workers: 2, deadline: 15_000, solo: kind === 'solo' });
    const first = start('aggregator.mjs', server.url, options);
    const [a, b] = team(connections, { ...settings, codec: 'f32' });
    const early = a.exchange(marked(1000, 0, 4), { round: 4 });
    const stats = () => (first.lines.length ? (JSON.parse(first.lines.at(-1) as string) as AggregatorStats) : null);
    await until(() => stats()?.packets.taken === 10);
    await first.kill();
    const second = start('aggregator.mjs', server.url, options);
    const results = await Promise.all([early, b.exchange(marked(1000, 1, 4), { round: 4 })]);
    for (const result of results) expect(membersOf(result, 100, 4)).toEqual(new Array(10).fill(3));
    await second.kill();
  });

  it('a server restarted in the middle of a round', async () => {
    const own = await TestServer.start();
    const [c0, c1, c2] = await Promise.all([own.connect(), own.connect(), own.connect()]);
    const settings = { job: 'restart', length: 1000, chunk: 100, shards: 3 };
    const aggregator = new NatsAggregator(c0, { ...settings, workers: 2, deadline: 15_000 });
    await aggregator.start();
    const [a, b] = team([c1, c2], { ...settings, codec: 'f32' });
    for (const round of [0, 1]) {
      const early = a.exchange(marked(1000, 0, round), { round });
      await until(() => aggregator.stats.packets.taken === 20 * round + 10);
      await own.kill();
      // a worker that comes while there is no server
      const late = b.exchange(marked(1000, 1, round), { round });
      await wait(100);
      await own.run();
      for (const result of await Promise.all([early, late])) {
        expect(membersOf(result, 100, round)).toEqual(new Array(10).fill(3));
      }
    }
    await aggregator.close();
    await own.stop();
  });

  it('a server restarted while the mean is on its way', async () => {
    const own = await TestServer.start();
    const [c0, c1] = await Promise.all([own.connect(), own.connect()]);
    const settings = { job: 'lost-mean', length: 1000, chunk: 10 };
    let killed: Promise<void> | null = null;
    const onRound = () => {
      killed = own.kill();
    };
    const aggregator = new NatsAggregator(c0, { ...settings, workers: 1, onRound });
    await aggregator.start();
    const [worker] = team([c1], { ...settings, codec: 'f32' });
    const exchanged = worker.exchange(marked(1000, 0, 0), { round: 0 });
    await until(() => killed !== null);
    await killed;
    await own.run();
    expect(membersOf(await exchanged, 10, 0)).toEqual(new Array(100).fill(1));
    await aggregator.close();
    await own.stop();
  });

  it('a worker killed in the middle of a round', async () => {
    const settings = { job: 'dying', length: 1000, chunk: 100 };
    const reports: RoundReport[] = [];
    const aggregator = new NatsAggregator(connections[0], {
      ...settings,
      workers: 2,
      deadline: 2500,
      onRound: (report) => reports.push(report),
    });
    await aggregator.start();
    const grad = [...marked(1000, 1, 2)];
    const options = JSON.stringify({ ...settings, codec: 'f32', clientId: 1, grad, round: 2 });
    const dying = start('worker.mjs', server.url, options, '3');
    await until(() => dying.lines.includes('half'));
    await dying.kill();
    const [a] = team([connections[1]], { ...settings, codec: 'f32' });
    const result = await a.exchange(marked(1000, 0, 2), { round: 2 });
    expect(membersOf(result, 100, 2)).toEqual([3, 3, 3, 1, 1, 1, 1, 1, 1, 1]);
    expect(reports).toMatchObject([{ round: 2, shard: 0, complete: false }]);
    expect(aggregator.stats).toMatchObject({ rounds: 1, incomplete: 1, open: 0 });
    await aggregator.close();
  });

  it('an aggregator that is cut off: another of the group takes its shards over', async () => {
    const settings = { job: 'cut-off', length: 1200, chunk: 100, shards: 4 };
    const lost = await server.connect();
    const group = [lost, connections[0]].map(
      (connection) => new NatsAggregator(connection, { ...settings, workers: 2, deadline: 15_000 }),
    );
    await Promise.all(group.map((aggregator) => aggregator.start()));
    const [a, b] = team(connections.slice(1, 3), { ...settings, codec: 'f32' });
    const early = a.exchange(marked(1200, 0, 0), { round: 0 });
    await until(() => group[0].stats.packets.taken + group[1].stats.packets.taken === 12);
    await lost.close();
    const results = await Promise.all([early, b.exchange(marked(1200, 1, 0), { round: 0 })]);
    for (const result of results) expect(membersOf(result, 100, 0)).toEqual(new Array(12).fill(3));
    expect(group[1].stats.rounds).toBe(4);
    await Promise.all(group.map((aggregator) => aggregator.close()));
  });

  it('an owner whose entry another member has publishes nothing of what it has: one of them begins anew', async () => {
    const settings = { job: 'replaced', length: 300, chunk: 100 };
    const group = connections
      .slice(0, 2)
      .map((connection) => new NatsAggregator(connection, { ...settings, workers: 2, deadline: 15_000 }));
    await Promise.all(group.map((aggregator) => aggregator.start()));
    const [a, b] = team(connections.slice(2, 4), { ...settings, codec: 'f32' });
    const early = a.exchange(marked(300, 0, 0), { round: 0 });
    await until(() => group.some(({ stats }) => stats.packets.taken === 3));
    const [owner, other] = group[0].stats.open ? group : [...group].reverse();
    const kv = await connections[3].jetstream().views.kv('hadaquant_replaced');
    await kv.put('0.0', JSON.stringify({ member: other.member, closed: false }));
    const results = await Promise.all([early, b.exchange(marked(300, 1, 0), { round: 0 })]);
    for (const result of results) expect(membersOf(result, 100, 0)).toEqual([3, 3, 3]);
    // the other, or the owner again if it is asked first: then the other knows nothing of the round
    expect(owner.stats).toMatchObject({ moved: 1, open: 0 });
    expect([owner, other].reduce((rounds, { stats }) => rounds + stats.rounds, 0)).toBe(1);
    expect(owner.stats.incomplete + other.stats.incomplete).toBe(0);
    await Promise.all(group.map((aggregator) => aggregator.close()));
  });

  it('an owner that loses a round and takes it again gets all packets again', async () => {
    const settings = { job: 'again', length: 300, chunk: 100 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, deadline: 15_000 });
    await aggregator.start();
    const [a, b] = team(connections.slice(2, 4), { ...settings, codec: 'f32' });
    const early = a.exchange(marked(300, 0, 0), { round: 0 });
    await until(() => aggregator.stats.packets.taken === 3);
    const kv = await connections[3].jetstream().views.kv('hadaquant_again');
    await kv.put('0.0', JSON.stringify({ member: 'one-that-has-gone', closed: false }));
    const results = await Promise.all([early, b.exchange(marked(300, 1, 0), { round: 0 })]);
    for (const result of results) expect(membersOf(result, 100, 0)).toEqual([3, 3, 3]);
    expect(aggregator.stats).toMatchObject({ rounds: 1, incomplete: 0, moved: 1, open: 0 });
    await aggregator.close();
  });

  it('a worker that comes after the round was closed gets the mean, and error feedback keeps its gradient', async () => {
    const settings = { job: 'late', length: 300, chunk: 100 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, deadline: 1000, keep: 1 });
    await aggregator.start();
    const [a] = team(connections.slice(1, 2), { ...settings, codec: 'f32' });
    const feedback = { bits: 4, errorFeedback: true, ackTimeout: 200 };
    const b = new NatsWorker(connections[2], { ...settings, ...feedback, clientId: 1 });
    const [onTime] = await exchangeAll([a], 300, 0);
    const grad = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const late = await b.exchange(grad, { round: 0 });
    expect(late.late).toEqual([0, 1, 2]);
    expect(membersOf(late, 100, 0)).toEqual([1, 1, 1]);
    expect(late.mean).toEqual(onTime.mean);
    expect(aggregator.stats.packets.late).toBe(3);
    // b alone: what was late comes with the next gradient, here one of zeros
    const next = await b.exchange(new Float32Array(300), { round: 1 });
    expect(Math.max(...next.mean.map((v, i) => Math.abs(v - grad[i])))).toBeLessThan(0.4);
    // keep: 1, so round 0 is forgotten
    await expect(a.exchange(grad, { round: 0 })).rejects.toMatchObject({ code: 'late', message: 'round 0 is over' });
    await aggregator.close();
  });

  it('rejects by the deadline, saying why', async () => {
    const settings = { job: 'deadline', length: 300, chunk: 100, codec: 'f32' as const };
    const grad = marked(300, 0, 0);
    const worker = new NatsWorker(connections[1], { ...settings, clientId: 0, deadline: 700 });
    const nobody = {
      name: 'HadaquantNatsError',
      code: 'no-aggregator',
      message: /^round 0: no mean came within deadline = 700 ms/,
    };
    await expect(worker.exchange(grad, { round: 0 })).rejects.toMatchObject({
      ...nobody,
      message: expect.stringMatching(nobody.message),
    });
    const aggregator = new NatsAggregator(connections[0], { job: 'deadline', length: 300, chunk: 100, workers: 2 });
    await aggregator.start();
    await expect(worker.exchange(grad, { round: 0 })).rejects.toMatchObject({ code: 'deadline' });
    for (const [name, value] of Object.entries({ length: 301, chunk: 50, shards: 3 })) {
      const other = new NatsWorker(connections[1], { ...settings, [name]: value, clientId: 1 });
      const failure = await other
        .exchange(new Float32Array(name === 'length' ? 301 : 300), { round: 1 })
        .catch((e) => e);
      expect(failure).toBeInstanceOf(HadaquantNatsError);
      expect(failure.code).toBe('refused');
      expect(failure.message).toMatch(new RegExp(`^${name} must be that of the aggregator, \\d+, got ${value}$`));
    }
    // the first worker's packets are in already, and counted once
    const [b] = team([connections[2]], settings);
    const twice = new NatsWorker(connections[1], { ...settings, clientId: 1 });
    const both = await Promise.all([b.exchange(grad, { round: 0 }), twice.exchange(marked(300, 1, 0), { round: 0 })]);
    for (const result of both) expect(membersOf(result, 100, 0)).toEqual([3, 3, 3]);
    await aggregator.close();
  });

  it('rejects with the reason of the signal, and with what error feedback kept as before', async () => {
    const settings = { job: 'abort', length: 300, chunk: 100 };
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, deadline: 1000 });
    await aggregator.start();
    const worker = new NatsWorker(connections[1], { ...settings, bits: 1, errorFeedback: true, clientId: 0 });
    const grad = marked(300, 0, 0);
    const stop = new AbortController();
    const exchanged = worker.exchange(grad, { round: 0, signal: stop.signal });
    await expect(worker.exchange(grad, { round: 0 })).rejects.toThrow('exchange is running');
    await until(() => aggregator.stats.packets.taken === 3);
    stop.abort(new Error('enough'));
    await expect(exchanged).rejects.toThrow('enough');
    await expect(worker.exchange(grad, { round: 0, signal: stop.signal })).rejects.toThrow('enough');
    // the same gradient again makes the same packets
    const { senders } = await worker.exchange(grad, { round: 0 });
    expect([...senders]).toEqual([1, 1, 1]);
    expect(aggregator.stats.packets).toMatchObject({ taken: 3, duplicate: 3, late: 0 });
    const closing = worker.exchange(grad, { round: 1 });
    const closed = expect(closing).rejects.toMatchObject({ code: 'closed' });
    await worker.close();
    await closed;
    await aggregator.close();
  });

  it('a connection that is closed for good', async () => {
    const settings = { job: 'gone', length: 300, chunk: 100 };
    const connection = await server.connect();
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 2, deadline: 15_000 });
    await aggregator.start();
    const worker = new NatsWorker(connection, { ...settings, codec: 'f32', ackTimeout: 200, clientId: 0 });
    const exchanged = worker.exchange(marked(300, 0, 0), { round: 0 });
    const rejected = expect(exchanged).rejects.toMatchObject({ code: 'connection', message: 'connection is closed' });
    await until(() => aggregator.stats.packets.taken === 3);
    await connection.close();
    await rejected;
    await expect(worker.exchange(marked(300, 0, 1), { round: 1 })).rejects.toMatchObject({ code: 'connection' });
    const [b] = team([connections[1]], { ...settings, codec: 'f32' });
    const second = new NatsWorker(connections[2], { ...settings, codec: 'f32', clientId: 1 });
    await Promise.all([b.exchange(marked(300, 0, 0), { round: 0 }), second.exchange(marked(300, 1, 0), { round: 0 })]);
    await aggregator.close();
  });

  it('packets larger than the server takes', async () => {
    const settings = { job: 'large', length: 2 ** 18, chunk: 2 ** 18 };
    const message = /^chunk must be smaller .* more than the server's max_payload of 1048576$/;
    const aggregator = new NatsAggregator(connections[0], { ...settings, workers: 1 });
    await expect(aggregator.start()).rejects.toThrow(message);
    const worker = new NatsWorker(connections[1], { ...settings, codec: 'f32', clientId: 0 });
    const failure = await worker.exchange(new Float32Array(2 ** 18), { round: 0 }).catch((e) => e);
    expect(failure).toBeInstanceOf(RangeError);
    expect(failure.message).toMatch(message);
  });
});
