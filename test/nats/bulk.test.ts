// SPDX-License-Identifier: Apache-2.0
/** Bulk jobs: every row's record, once and in its place, whoever dies on the way. */
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HadaquantFormatError, Quantizer } from '../../lib/index.ts';
import { encodeBatch } from '../../lib/nats/bulk-batch.ts';
import { collectRecords, encodeRows, publishRows, type RowSource, removeBulkJob } from '../../lib/nats/index.ts';
import { random } from '../random-inputs.ts';
import { killAll, start, until, wait } from './children.ts';
import { program, TestServer } from './server.ts';

function corpus(rows: number, dim: number): Float32Array {
  const r = random(rows + dim);
  return Float32Array.from({ length: rows * dim }, () => r.gaussian());
}

async function collect(connection: NatsConnection, job: string, from = 0): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const { records } of collectRecords(connection, { job, from })) parts.push(records);
  return Uint8Array.from(Buffer.concat(parts));
}

describe.skipIf(!program)('bulk', () => {
  let server: TestServer;
  let connections: NatsConnection[];

  beforeAll(async () => {
    server = await TestServer.start();
    connections = await Promise.all(Array.from({ length: 3 }, () => server.connect()));
  });
  afterAll(async () => {
    killAll();
    await server?.stop();
  });

  it.each(['eden', 'dithered'] as const)('%s: gives the records of one encoder, in order', async (codec) => {
    const job = `plain-${codec}`;
    const quantizer = new Quantizer({ dim: 48, bits: 2, codec, seed: 3 });
    const rows = corpus(1003, 48);
    const done: number[] = [];
    const encoders = [0, 1].map((i) => encodeRows(connections[i], { job }));
    const collected = collect(connections[2], job);
    const published = await publishRows(connections[2], {
      job,
      quantizer,
      rows,
      batchRows: 50,
      onProgress: (count) => done.push(count),
    });
    expect(published).toEqual({ batches: 21, before: 0 });
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBe(1003);
    expect(await collected).toEqual(quantizer.encode(rows));
    const own = await Promise.all(encoders);
    expect(own[0].rows + own[1].rows).toBe(1003);
    expect(await publishRows(connections[0], { job, quantizer, rows })).toEqual({ batches: 21, before: 21 });
    expect((await collect(connections[1], job, 20)).length).toBe(3 * quantizer.bytesPerVector);
    await removeBulkJob(connections[0], { job });
    await removeBulkJob(connections[0], { job });
  });

  it('records of varying size', async () => {
    const job = 'quicfl';
    const quantizer = new Quantizer({ dim: 64, bits: 2, codec: 'quicfl', seed: 3 });
    const rows = corpus(200, 64);
    await publishRows(connections[0], { job, quantizer, rows, batchRows: 30 });
    await encodeRows(connections[1], { job });
    const decoded = quantizer.decode(await collect(connections[2], job));
    let error = 0;
    let energy = 0;
    rows.forEach((v, i) => {
      error += (v - decoded[i]) ** 2;
      energy += v * v;
    });
    expect(error / energy).toBeLessThan(0.3);
  });

  it('an encoder killed, the publisher and the collector stopped and started again', async () => {
    const job = 'killed';
    const quantizer = new Quantizer({ dim: 256, bits: 4 });
    const rows = corpus(4000, 256);
    const options = { job, quantizer, rows, batchRows: 20, backlog: 30 };
    const stop = new AbortController();
    const halted: RowSource = {
      count: 4000,
      read(first, count) {
        if (first >= 60 * 20) stop.abort(new Error('the publisher stops'));
        return rows.subarray(first * 256, (first + count) * 256);
      },
    };
    const publishing = publishRows(connections[0], { ...options, rows: halted, signal: stop.signal });
    const stopped = expect(publishing).rejects.toThrow('the publisher stops');
    const settings = JSON.stringify({ job, ackWait: 500 });
    const dying = start('encoder.mjs', server.url, settings);
    const parts: Uint8Array[] = [];
    for await (const { records, batch } of collectRecords(connections[2], { job })) {
      parts.push(records);
      if (batch === 20) break;
    }
    await dying.kill();
    const encoding = encodeRows(connections[1], { job, ackWait: 500 });
    await stopped;
    const { batches, before } = await publishRows(connections[0], options);
    expect(batches).toBe(200);
    expect(before).toBeGreaterThanOrEqual(20);
    expect(before).toBeLessThan(200);
    parts.push(await collect(connections[2], job, 21));
    await encoding;
    expect(Buffer.concat(parts).equals(quantizer.encode(rows))).toBe(true);
  });

  it('a server restarted on the way', async () => {
    const own = await TestServer.start();
    const [a, b, c] = await Promise.all([own.connect(), own.connect(), own.connect()]);
    const job = 'restart';
    const quantizer = new Quantizer({ dim: 64, bits: 2 });
    const rows = corpus(3000, 64);
    let progress = 0;
    const collected = collect(c, job);
    const encoding = encodeRows(b, {
      job,
      ackWait: 1000,
      onProgress: (done) => {
        progress = done;
      },
    });
    const publishing = publishRows(a, { job, quantizer, rows, batchRows: 10, backlog: 40 });
    await until(() => progress >= 500);
    await own.kill();
    await wait(50);
    await own.run();
    expect((await publishing).batches).toBe(300);
    await encoding;
    expect(Buffer.from(await collected).equals(quantizer.encode(rows))).toBe(true);
    await own.stop();
  });

  it('refuses what does not fit the job, and tells the collector what could not be encoded', async () => {
    const job = 'errors';
    const quantizer = new Quantizer({ dim: 8, bits: 4 });
    const rows = corpus(20, 8);
    const publish = (more: object) => publishRows(connections[0], { job, quantizer, rows, batchRows: 5, ...more });
    await publish({});
    const mismatch = { name: 'HadaquantNatsError', code: 'mismatch' };
    await expect(publish({ rows: corpus(21, 8) })).rejects.toMatchObject(mismatch);
    await expect(publish({ batchRows: 4 })).rejects.toMatchObject(mismatch);
    await expect(publish({ quantizer: new Quantizer({ dim: 8, bits: 3 }) })).rejects.toMatchObject(mismatch);
    await expect(publish({ batchRows: 2 ** 20 })).rejects.toThrow(/^batchRows must be a whole number from 1 to/);
    await expect(publish({ quantizer: {} })).rejects.toThrow(/^quantizer must be a Quantizer/);
    await expect(publish({ rows: [1, 2] })).rejects.toThrow(/^rows must be a Float32Array or/);
    await expect(publish({ job: 'a b' })).rejects.toThrow(/^job must be a name/);
    const nan = rows.slice();
    nan[9 * 8 + 3] = Number.NaN;
    await expect(publish({ job: 'nan', rows: nan })).rejects.toThrow('rows must hold finite numbers, got NaN in row 9');
    const short: RowSource = { count: 20, read: (first, n) => rows.subarray(first * 8, (first + n - 1) * 8) };
    await expect(publish({ job: 'short', rows: short })).rejects.toThrow('rows.read must give 5 rows of 8 from row 0');
    // a batch that somebody else put there
    const js = connections[0].jetstream();
    await publishRows(connections[0], { job: 'foreign', quantizer, rows: rows.subarray(0, 40), batchRows: 5 });
    await js.publish('hadaquant.foreign.rows.1', new TextEncoder().encode('nonsense'));
    await js.publish('hadaquant.foreign.rows.77', new TextEncoder().encode('nonsense'));
    const manager = await connections[0].jetstreamManager();
    await manager.streams.purge('hadaquant_foreign_rows', { seq: 2 });
    const bad = encodeBatch({ kind: 'rows', batch: 0, firstRow: 0, rows: 5, body: new Uint8Array(3) });
    await js.publish('hadaquant.foreign.rows.0', bad);
    await encodeRows(connections[1], { job: 'foreign' });
    const first = collectRecords(connections[2], { job: 'foreign' }).next();
    await expect(first).rejects.toThrow(HadaquantFormatError);
    await expect(first).rejects.toThrow('batch 0: batch 0: 3 bytes are not 5 rows of 8 float32');
  });

  it('every part can be aborted while it waits, and says when its job is gone', async () => {
    const stop = new AbortController();
    const given = { job: 'nothing', signal: stop.signal };
    const waiting = [encodeRows(connections[0], given), collectRecords(connections[1], given).next()];
    const settled = Promise.allSettled(waiting);
    await wait(50);
    stop.abort(new Error('enough'));
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    const quantizer = new Quantizer({ dim: 8, bits: 4 });
    await publishRows(connections[0], { job: 'removed', quantizer, rows: corpus(5, 8) });
    const collecting = collectRecords(connections[1], { job: 'removed' }).next();
    const gone = expect(collecting).rejects.toMatchObject({
      code: 'jetstream',
      message: expect.stringContaining('it was removed'),
    });
    await wait(50);
    await removeBulkJob(connections[0], { job: 'removed' });
    await gone;
  });
});
