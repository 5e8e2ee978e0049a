// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { IndexWriter } from '../../lib/search/index-writer.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameBits } from '../same-bits.ts';
import { estimateDeviation, norm } from './exact.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { sampleIndex } from './sample-index.ts';
import { normals, row } from './vectors.ts';

const DIM = 300;
const ROWS = 1000; // 300,000 floats: more than one chunk of work on every backend
const pathOf = temporaryFolder();

forEachBackend('IndexWriter', () => {
  const x = normals(111, ROWS, DIM, 1, 1);

  it('streams the file that FlatIndex saves, however the vectors are cut', async () => {
    for (const metric of METRICS) {
      for (const center of [undefined, normals(112, 1, DIM)]) {
        const options = { dim: DIM, bits: 2.5, metric, seed: 9, ...(center ? { center } : {}) };
        const index = new FlatIndex(options);
        index.add(x);
        await index.save(pathOf('saved.hq'));
        const expected = await sha256(pathOf('saved.hq'));
        for (const cuts of [[ROWS], [1, 998, 1], [500, 3, 497]]) {
          const path = pathOf('streamed.hq');
          const writer = await IndexWriter.create(path, options, ROWS);
          let done = 0;
          for (const rows of cuts) {
            await writer.append(x.subarray(done * DIM, (done + rows) * DIM), { threads: cuts.length });
            done += rows;
          }
          expect(await writer.finish()).toEqual({ bytes: statSync(path).size });
          expect(await sha256(path)).toBe(expected);
        }
      }
    }
  });
});

describe('IndexWriter', () => {
  const options = { dim: 4, bits: 3 };
  const x = normals(113, 10, 4);

  it('writes an empty index', async () => {
    const writer = await IndexWriter.create(pathOf('none.hq'), options, 0);
    await writer.finish();
    await new FlatIndex(options).save(pathOf('empty.hq'));
    expect(await sha256(pathOf('none.hq'))).toBe(await sha256(pathOf('empty.hq')));
  });

  it('shows nothing before finish, and leaves nothing after abort or a failed finish', async () => {
    const before = readdirSync(pathOf('.'));
    const path = pathOf('later.hq');
    const writer = await IndexWriter.create(path, options, 10);
    await writer.append(x);
    expect(existsSync(path)).toBe(false);
    await writer.abort();
    const short = await IndexWriter.create(path, options, 11);
    await short.append(x);
    await expect(short.finish()).rejects.toThrow(RangeError);
    await expect(IndexWriter.create(pathOf('no-folder/x.hq'), options, 1)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(pathOf('.'))).toEqual(before);
  });

  it('refuses rows it cannot use, naming the row, and too many', async () => {
    const writer = await IndexWriter.create(pathOf('refused.hq'), options, 10);
    const bad = x.slice();
    bad[4 * 7 + 2] = Number.NaN;
    await expect(writer.append(bad)).rejects.toThrow('x must hold finite numbers, got NaN in row 7 (column 2)');
    await writer.append(x.subarray(0, 36));
    await expect(writer.append(x.subarray(0, 8))).rejects.toThrow(RangeError);
    // what was refused is not in the file
    await writer.append(x.subarray(36));
    await writer.finish();
    const index = new FlatIndex(options);
    index.add(x);
    await index.save(pathOf('same.hq'));
    expect(await sha256(pathOf('refused.hq'))).toBe(await sha256(pathOf('same.hq')));
  });

  it('never mixes appends that overlap: it refuses them or keeps their order', async () => {
    const dim = 64;
    const many = normals(116, 20000, dim);
    const index = new FlatIndex({ dim, bits: 4 });
    index.add(many);
    await index.save(pathOf('ordered.hq'));
    const expected = await sha256(pathOf('ordered.hq'));
    // whether they meet is a matter of time: ten tries (every second one mixed when this was written)
    for (let turn = 0; turn < 10; turn++) {
      const writer = await IndexWriter.create(pathOf('overlap.hq'), { dim, bits: 4 }, 20000);
      const appends = Array.from({ length: 10 }, (_, i) =>
        writer.append(many.subarray(2000 * i * dim, 2000 * (i + 1) * dim)),
      );
      if ((await Promise.allSettled(appends)).some(({ status }) => status === 'rejected')) await writer.abort();
      else {
        await writer.finish();
        expect(await sha256(pathOf('overlap.hq'))).toBe(expected);
      }
    }
  });

  it('tells progress, and stops at an abort', async () => {
    const writer = await IndexWriter.create(pathOf('progress.hq'), { dim: 1000, bits: 1 }, 900);
    const told: number[] = [];
    const many = normals(114, 900, 1000);
    await expect(
      writer.append(many, { threads: 1, signal: AbortSignal.abort('no'), onProgress: (done) => told.push(done) }),
    ).rejects.toBe('no');
    expect(told).toEqual([]);
    await writer.append(many, { threads: 1, onProgress: (done, total) => told.push(done / total) });
    expect(told.length).toBeGreaterThan(1);
    expect(told[told.length - 1]).toBe(1);
    await writer.finish();
  });
});

describe('IndexReader', () => {
  it.each(METRICS)('decodes rows near the vectors, the same in any pieces (%s)', async (metric) => {
    const dim = 128;
    const x = normals(115, 50, dim, 2, 1);
    const index = new FlatIndex({ dim, bits: 6, metric, center: 'mean' });
    index.add(x);
    await index.save(pathOf('read.hq'));
    const reader = await IndexReader.open(pathOf('read.hq'));
    expect([reader.rows, reader.dim, reader.bytes]).toEqual([50, dim, index.bytes]);
    await reader.verify();
    const all = await reader.read(0, 50);
    for (const [start, count] of [
      [0, 1],
      [49, 1],
      [7, 20],
      [50, 0],
      [0, 0],
    ]) {
      expectSameBits(await reader.read(start, count), all.slice(start * dim, (start + count) * dim));
    }
    const center = index.center as Float32Array;
    for (let i = 0; i < 50; i++) {
      const vector = row(x, dim, i);
      const target = metric === 'cosine' ? vector.map((v) => v / norm(vector)) : vector;
      const error = norm(row(all, dim, i).map((v, j) => v - target[j]));
      const coded = norm(target.map((v, j) => v - center[j]));
      // |e| = sqrt(D / (1 - D)) |x - c|: 128 squares of it, so within a third for every row
      const expected = estimateDeviation(dim, 6) * Math.sqrt(dim - 1) * coded;
      expect(error).toBeLessThan(1.33 * expected);
      expect(error).toBeGreaterThan(0.67 * expected);
    }
    for (const [start, count] of [
      [-1, 1],
      [51, 0],
      [0, 51],
      [50, 1],
      [0.5, 1],
    ]) {
      await expect(reader.read(start, count)).rejects.toThrow(RangeError);
    }
    await reader.close();
  });

  it('gives ids as they are stored, and null where they are the rows', async () => {
    await sampleIndex().save(pathOf('ids.hq'));
    const reader = await IndexReader.open(pathOf('ids.hq'));
    expect(await reader.ids()).toEqual(Float64Array.of(40, 7, 2 ** 40, 0, 12, 13));
    await reader.close();
    await new FlatIndex({ dim: 3, bits: 1 }).save(pathOf('no-ids.hq'));
    const none = await IndexReader.open(pathOf('no-ids.hq'));
    expect(await none.ids()).toBeNull();
    await none.close();
  });

  it('says so when the file shrinks while it is open', async () => {
    await writeFile(pathOf('shrunk.hq'), await readFile(pathOf('read.hq')));
    const reader = await IndexReader.open(pathOf('shrunk.hq'));
    await truncate(pathOf('shrunk.hq'), 1000);
    const expected = new HadaquantFormatError('index file: truncated while it was read');
    await expect(reader.read(0, 50)).rejects.toThrow(expected);
    await expect(reader.verify()).rejects.toThrow(expected);
    await reader.close();
  });

  it('tells the progress of verify up to the whole', async () => {
    const reader = await IndexReader.open(pathOf('read.hq'));
    const told: [number, number][] = [];
    await reader.verify((done, total) => told.push([done, total]));
    await reader.close();
    expect(told.length).toBeGreaterThan(0);
    const [done, total] = told[told.length - 1];
    expect(done).toBe(total);
  });
});
