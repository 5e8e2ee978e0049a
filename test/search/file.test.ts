// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { IndexOptions } from '../../lib/search/config.ts';
import { FlatIndex, type FlatIndexOptions } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend } from '../backends.ts';
import { expectSameBits } from '../same-bits.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { crc32c, entriesOf } from './forge.ts';
import { expectSameResult } from './same-result.ts';
import { sampleIndex } from './sample-index.ts';
import { normals } from './vectors.ts';

const pathOf = temporaryFolder();

async function reopened(index: FlatIndex): Promise<FlatIndex> {
  const path = pathOf('index.hq');
  await index.save(path);
  expectSameBits(index.toBytes(), new Uint8Array(await readFile(path)));
  return FlatIndex.open(path);
}

/** By way of bytes that are changed afterwards. */
function revived(index: FlatIndex): FlatIndex {
  const bytes = index.toBytes();
  const copy = FlatIndex.fromBytes(bytes);
  bytes.fill(0xff);
  return copy;
}

async function expectSameIndex(copy: FlatIndex, index: FlatIndex): Promise<void> {
  for (const key of ['dim', 'bits', 'metric', 'codec', 'rounds', 'seed', 'size', 'bytes'] as const) {
    expect([key, copy[key]]).toEqual([key, index[key]]);
  }
  expect(copy.center).toEqual(index.center);
  const queries = normals(91, 3, index.dim);
  expectSameResult(copy.search(queries, { k: 20 }), index.search(queries, { k: 20 }));
  const [one, other] = [pathOf('one.hq'), pathOf('other.hq')];
  await index.save(one);
  await copy.save(other);
  expect(await sha256(other)).toBe(await sha256(one));
}

/** Rows that take one, two and three rounds under 'auto'. */
function mixedRows(dim: number): Float32Array {
  const x = normals(92, 12, dim);
  for (const i of [1, 5]) x.fill(0, i * dim, i * dim + dim - 1); // one coordinate
  for (const i of [2, 7]) x.fill(1, i * dim, (i + 1) * dim); // equal magnitudes
  return x;
}

forEachBackend('a saved index', () => {
  const settings: [string, Partial<FlatIndexOptions>][] = [
    ['plain', {}],
    ['ip, 1 bit', { metric: 'ip', bits: 1 }],
    ['l2, 7.5 bits', { metric: 'l2', bits: 7.5 }],
    ['mean', { center: 'mean', metric: 'l2' }],
    ['given center', { center: normals(93, 1, 32) }],
    ['rounds 3', { rounds: 3 }],
    ['seed 2^53 - 1', { seed: Number.MAX_SAFE_INTEGER }],
    ['seed 2^53', { seed: 2n ** 53n }],
    ['seed 2^64 - 1', { seed: 2n ** 64n - 1n }],
  ];

  it.each(settings)('is the same when it is opened again: %s', async (_name, setting) => {
    const x = mixedRows(32);
    const index = new FlatIndex({ dim: 32, bits: 4, ...setting });
    await expectSameIndex(await reopened(index), index);
    await expectSameIndex(revived(index), index);
    index.add(x);
    await expectSameIndex(await reopened(index), index);
    await expectSameIndex(revived(index), index);
    index.add(
      x,
      Array.from({ length: 12 }, (_, i) => 2 ** 40 - 7 * i),
    );
    index.remove([3, 2 ** 40]);
    const copy = await reopened(index);
    await expectSameIndex(copy, index);
    const another = revived(index);
    for (const one of [index, copy, another]) {
      one.add(x.subarray(0, 64));
      expect(one.has(2 ** 40 + 2)).toBe(true);
      one.remove([0, 2 ** 40 + 1]);
    }
    await expectSameIndex(copy, index);
    await expectSameIndex(another, index);
  });

  it('keeps a mean that is still to come, and one that has been fitted', async () => {
    const x = mixedRows(32);
    const pending = await reopened(new FlatIndex({ dim: 32, bits: 4, center: 'mean' }));
    pending.add(x);
    expect(pending.center).not.toBeNull();
    const fitted = new FlatIndex({ dim: 32, bits: 4, center: 'mean' });
    fitted.fit(x);
    const copy = await reopened(fitted);
    expect(copy.center).toEqual(pending.center);
    expect(() => copy.fit(x)).toThrow(RangeError);
    copy.add(x);
    await expectSameIndex(copy, pending);
  });

  it('goes on counting ids where it stopped, even when it is empty', async () => {
    const index = new FlatIndex({ dim: 4, bits: 4 });
    index.add(normals(94, 5, 4));
    index.remove([0, 1, 2, 3, 4]);
    const copy = await reopened(index);
    await copy.save(pathOf('again.hq'));
    expect([copy.size, statSync(pathOf('again.hq')).size]).toEqual([0, copy.bytes]);
    copy.add(normals(95, 1, 4));
    expect([copy.has(5), copy.has(0)]).toEqual([true, false]);
  });

  it('can be opened when an id is 2^53 - 1', async () => {
    const index = new FlatIndex({ dim: 4, bits: 4 });
    index.add(normals(94, 1, 4), [Number.MAX_SAFE_INTEGER]);
    const copy = await reopened(index);
    expect(copy.has(Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('holds the rounds of every row', async () => {
    const index = new FlatIndex({ dim: 64, bits: 4, metric: 'ip' });
    index.add(mixedRows(64));
    await index.save(pathOf('rounds.hq'));
    const reader = await IndexReader.open(pathOf('rounds.hq'));
    const rounds = await reader.tags();
    await reader.close();
    expect([...rounds]).toEqual([1, expect.any(Number), expect.any(Number), 1, 1, ...rounds.subarray(5)]);
    expect(new Set(rounds).size).toBeGreaterThan(1);
    await expectSameIndex(await FlatIndex.open(pathOf('rounds.hq')), index);
  });

  it('has the sections and checksums that its header lists', async () => {
    const index = sampleIndex();
    await index.save(pathOf('sample.hq'));
    const file = new Uint8Array(await readFile(pathOf('sample.hq')));
    const view = new DataView(file.buffer);
    const entries = entriesOf(file);
    expect(entries.map(({ name, length }) => [name, length])).toEqual([
      ['center', 20],
      ['codes', 6 * 3], // a plane of 2 bits in 2 bytes, a plane of 1 bit in 1
      ['scales', 24],
      ['norms', 24],
      ['rounds', 2],
      ['ids', 48],
    ]);
    let end = view.getUint32(12, true);
    for (const { at, offset, length } of entries) {
      expect(offset).toBe(end);
      expect(view.getUint32(at + 4, true)).toBe(crc32c(file.subarray(offset, offset + length)));
      end += length;
    }
    expect(end).toBe(file.length);
  });
});

it('replaces a file that is there, whatever it was', async () => {
  const path = pathOf('replaced.hq');
  const large = new FlatIndex({ dim: 8, bits: 8 });
  large.add(normals(96, 100, 8));
  await large.save(path);
  const small: IndexOptions = { dim: 3, bits: 1, metric: METRICS[1] };
  await new FlatIndex(small).save(path);
  expect((await FlatIndex.open(path)).dim).toBe(3);
});

it('keeps center bits as they are, -0 and subnormal numbers too', async () => {
  const center = Float32Array.of(-0, 1e-45, -1e-40, 0.1);
  const copy = await reopened(new FlatIndex({ dim: 4, bits: 1, metric: 'ip', center }));
  expectSameBits(copy.center as Float32Array, center);
});
