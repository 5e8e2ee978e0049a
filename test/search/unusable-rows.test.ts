// SPDX-License-Identifier: Apache-2.0
/** Rows that an index cannot hold: named by their place, and the index or file is as if the call had not been. */
import { expect, it } from 'vitest';
import { chunkRows } from '../../lib/codec/quantizer.ts';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { IndexWriter } from '../../lib/search/index-writer.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { INDEX_CASES, indexOptions, titled } from './codec-indexes.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { normals, row } from './vectors.ts';

const pathOf = temporaryFolder();

const FAULTS: [spoil: (row: Float32Array) => void, message: string][] = [
  [(r) => r.set([Number.NaN], 1), 'must hold finite numbers, got NaN in row'],
  [(r) => r.set([Number.POSITIVE_INFINITY], 1), 'must hold finite numbers, got Infinity in row'],
  [(r) => r.fill(3e38), 'must hold rows whose norm is a float32, row'],
];

async function fileOf(index: FlatIndex): Promise<string> {
  await index.save(pathOf('index.hq'));
  return sha256(pathOf('index.hq'));
}

/** x with one row spoilt. */
function spoilt(x: Float32Array, dim: number, spoil: (row: Float32Array) => void, bad: number): Float32Array {
  const copy = x.slice();
  spoil(row(copy, dim, bad));
  return copy;
}

forEachBackend('an unusable row', () => {
  const dim = 30;
  const first = normals(201, 20, dim);
  const rest = normals(202, 12, dim);

  /** Adds of bad rows to an empty index and to one with spare room; it must go on as one that never saw them. */
  async function expectUnharmed(options: FlatIndexOptions): Promise<void> {
    const [index, plain] = [new FlatIndex(options), new FlatIndex(options)];
    const tryAll = (x: Float32Array, ids?: number[]) => {
      const [size, bytes, center] = [index.size, index.bytes, index.center];
      for (const [spoil, message] of FAULTS) {
        for (const bad of [0, 5, x.length / dim - 1]) {
          const call = () => index.add(spoilt(x, dim, spoil, bad), ids);
          expect(call).toThrow(RangeError);
          expect(call).toThrow(`vectors ${message} ${bad}`);
        }
      }
      expect([index.size, index.bytes, index.center]).toEqual([size, bytes, center]);
    };
    tryAll(first);
    index.add(first);
    plain.add(first);
    tryAll(rest); // needs larger columns
    for (const one of [index, plain]) one.add(row(rest, dim, 0)); // leaves room for more
    tryAll(rest.subarray(0, 6 * dim));
    tryAll(rest.subarray(0, 6 * dim), [100, 101, 102, 103, 104, 105]);
    expect(await fileOf(index)).toBe(await fileOf(plain));
    for (const one of [index, plain]) one.add(rest);
    expect(await fileOf(index)).toBe(await fileOf(plain));
  }

  it.each(titled(INDEX_CASES))('%s: add adds nothing', async (_, c) => {
    await expectUnharmed(indexOptions(c, dim));
  });

  it.each(METRICS)('%s: add adds nothing, with or without a center', async (metric) => {
    for (const center of [undefined, 'mean', normals(203, 1, dim)] as const) {
      await expectUnharmed({ dim, bits: 4, metric, ...(center ? { center } : {}) });
    }
  });

  it.each(METRICS)('%s: later chunks of add and append name it by its place in the whole', async (metric) => {
    const wide = 2000;
    const step = chunkRows(wide);
    const x = normals(204, 2 * step + 2, wide);
    for (const center of [undefined, normals(205, 1, wide)]) {
      const options = { dim: wide, bits: 1, metric, ...(center ? { center } : {}) };
      const index = new FlatIndex(options);
      const writer = await IndexWriter.create(pathOf('written.hq'), options, x.length / wide);
      for (const bad of [0, step, 2 * step + 1]) {
        for (const [spoil, message] of FAULTS) {
          const given = spoilt(x, wide, spoil, bad);
          expect(() => index.add(given)).toThrow(`vectors ${message} ${bad}`);
          await expect(writer.append(given, { threads: 3 })).rejects.toThrow(`x ${message} ${bad}`);
        }
      }
      index.add(x);
      await writer.append(x);
      await writer.finish();
      expect(await sha256(pathOf('written.hq'))).toBe(await fileOf(index));
    }
  });

  it('is one too that is no float32 vector without the center', async () => {
    const options = { dim: 2, bits: 4, metric: 'l2', center: Float32Array.of(-3e38, 0) } as const;
    const x = Float32Array.of(0, 0, 1, 1, 3e38, 0, 1, 2);
    const expected = new RangeError('vectors must stay float32 vectors without the center, row 2 does not');
    const index = new FlatIndex(options);
    expect(() => index.add(x)).toThrow(expected);
    expect(index.size).toBe(0);
    const writer = await IndexWriter.create(pathOf('centered.hq'), options, 3);
    await expect(writer.append(x.subarray(0, 6))).rejects.toThrow(expected);
    await writer.abort();
  });

  it('comes after ids that are wrong', () => {
    const index = new FlatIndex({ dim, bits: 4 });
    index.add(first);
    const x = spoilt(rest, dim, FAULTS[0][0], 0);
    const ids = Array.from({ length: 12 }, (_, i) => i + 19);
    expect(() => index.add(x, ids)).toThrow(new RangeError('ids must be new, got 19 (row 0) again'));
  });

  it('is none that is zero', () => {
    for (const metric of METRICS) {
      const index = new FlatIndex({ dim, bits: 4, metric });
      index.add(new Float32Array(3 * dim));
      expect(index.size).toBe(3);
    }
  });
});
