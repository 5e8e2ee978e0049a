// SPDX-License-Identifier: Apache-2.0
/** Wrong arguments of hadaquant/nats, found before anything is sent: no server is needed. */
import type { NatsConnection } from 'nats';
import { describe, expect, it } from 'vitest';
import { NatsAggregator, NatsWorker, publishRows, removeBulkJob } from '../../lib/nats/index.ts';
import { checkCut } from '../../lib/nats/shards.ts';

const connection = { request() {} } as unknown as NatsConnection;
const worker = (more: object) => () =>
  new NatsWorker(connection, { job: 'j', length: 10, bits: 1, clientId: 0, ...more });
const aggregator = (more: object) => () =>
  new NatsAggregator(connection, { job: 'j', length: 10, workers: 2, ...more });

const CASES: [string, () => unknown, typeof TypeError | typeof RangeError, string][] = [
  [
    'worker: connection',
    () => new NatsWorker(null as never, {} as never),
    TypeError,
    "connection must be a NatsConnection of the package 'nats', got null",
  ],
  [
    'aggregator: connection',
    () => new NatsAggregator({} as never, {} as never),
    TypeError,
    "connection must be a NatsConnection of the package 'nats', got Object",
  ],
  ['worker: options', () => new NatsWorker(connection, 3 as never), TypeError, 'options must be an object, got 3'],
  [
    'worker: no job',
    worker({ job: undefined }),
    TypeError,
    'job must be a name of 1 to 64 letters, digits, - and _, got undefined',
  ],
  [
    'worker: job',
    worker({ job: 'a.b' }),
    RangeError,
    'job must be a name of 1 to 64 letters, digits, - and _, got "a.b"',
  ],
  [
    'worker: no clientId',
    worker({ clientId: undefined }),
    TypeError,
    'clientId must be a whole number from 0 to 4294967295, got undefined',
  ],
  ['worker: length', worker({ length: 0 }), RangeError, 'length must be a whole number from 1 to 1099511627776, got 0'],
  [
    'worker: chunk',
    worker({ chunk: 2 ** 19 }),
    RangeError,
    'chunk must be a whole number from 1 to 262144, got 524288',
  ],
  ['worker: shards', worker({ shards: 2 }), RangeError, 'shards must be at most the number of chunks, 1, got 2'],
  ['worker: window', worker({ window: 0 }), RangeError, 'window must be a whole number from 1 to 65536, got 0'],
  [
    'worker: ackTimeout',
    worker({ ackTimeout: 0.5 }),
    RangeError,
    'ackTimeout must be a whole number from 1 to 600000, got 0.5',
  ],
  [
    'worker: deadline',
    worker({ deadline: '1s' }),
    TypeError,
    'deadline must be a whole number from 1 to 2147483647, got "1s"',
  ],
  ['worker: bits', worker({ bits: 9 }), RangeError, 'bits must be'],
  ['worker: seed', worker({ seed: -1 }), RangeError, 'seed must be'],
  [
    'aggregator: workers',
    aggregator({ workers: 0 }),
    RangeError,
    'workers must be a whole number from 1 to 4294967295, got 0',
  ],
  [
    'aggregator: deadline',
    aggregator({ deadline: 2 ** 31 }),
    RangeError,
    'deadline must be a whole number from 1 to 2147483647, got 2147483648',
  ],
  ['aggregator: solo', aggregator({ solo: 1 }), TypeError, 'solo must be a boolean, got 1'],
  ['aggregator: keep', aggregator({ keep: 0 }), RangeError, 'keep must be a whole number from 1 to 1000, got 0'],
  [
    'aggregator: maxOpen',
    aggregator({ maxOpen: 0 }),
    RangeError,
    'maxOpen must be a whole number from 1 to 1000000, got 0',
  ],
  [
    'aggregator: backlog',
    aggregator({ backlog: 0 }),
    RangeError,
    'backlog must be a whole number from 1 to 1000000, got 0',
  ],
  ['aggregator: downlink', aggregator({ downlink: 'f32' }), TypeError, 'downlink must be an object, got "f32"'],
  [
    'aggregator: downlink codec',
    aggregator({ downlink: { codec: 'zip' } }),
    RangeError,
    "downlink.codec must be one of 'eden', 'drive', 'quicfl', 'dithered', 'f32', got \"zip\"",
  ],
  [
    'aggregator: downlink bits',
    aggregator({ downlink: { codec: 'eden', bits: 0 } }),
    RangeError,
    'downlink.bits must be',
  ],
  ['aggregator: onRound', aggregator({ onRound: 3 }), TypeError, 'onRound must be a function, got 3'],
  ['aggregator: onError', aggregator({ onError: {} }), TypeError, 'onError must be a function, got Object'],
];

describe('arguments', () => {
  it.each(CASES)('%s', (_name, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  it('of exchange', async () => {
    const ready = worker({})();
    const grad = new Float32Array(10);
    await expect(ready.exchange(grad, {} as never)).rejects.toThrow('round must be a whole number');
    await expect(ready.exchange(grad, { round: -1 })).rejects.toThrow(RangeError);
    await expect(ready.exchange([] as never, { round: 0 })).rejects.toThrow(
      'grad must be a Float32Array, got Array(0)',
    );
    await expect(ready.exchange(new Float32Array(9), { round: 0 })).rejects.toThrow(RangeError);
    await expect(ready.exchange(grad, { round: 0, signal: 3 as never })).rejects.toThrow(
      'signal must be an AbortSignal',
    );
    const stopped = AbortSignal.abort(new Error('before it began'));
    await expect(ready.exchange(grad, { round: 0, signal: stopped })).rejects.toThrow('before it began');
    await ready.close();
    await expect(ready.exchange(grad, { round: 0 })).rejects.toMatchObject({ code: 'closed' });
  });

  it('of bulk jobs', async () => {
    await expect(removeBulkJob(connection, { job: '' })).rejects.toThrow('job must be a name of 1 to 64 letters');
    await expect(publishRows(null as never, {} as never)).rejects.toThrow('connection must be a NatsConnection');
    const onProgress = 3 as never;
    await expect(removeBulkJob(connection, { job: 'j', onProgress })).rejects.toThrow('onProgress must be a function');
  });

  it('shards cover all chunks, once, and begin with one', () => {
    for (const [length, chunk, shards] of [
      [1, 1, 1],
      [1000, 10, 7],
      [1001, 10, 101],
      [65537, 65536, 2],
      [999, 100, 3],
    ]) {
      const cut = checkCut({ length, chunk, shards });
      expect(cut.shards).toHaveLength(shards);
      let chunks = 0;
      let end = 0;
      for (const shard of cut.shards) {
        expect(shard.firstChunk).toBe(chunks);
        expect(shard.first).toBe(end);
        expect(Math.ceil((shard.end - shard.first) / chunk)).toBe(shard.chunks);
        expect(shard.chunks).toBeGreaterThan(0);
        chunks += shard.chunks;
        end = shard.end;
      }
      expect(chunks).toBe(cut.chunks);
      expect(end).toBe(length);
    }
  });
});
