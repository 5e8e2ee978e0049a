// SPDX-License-Identifier: Apache-2.0
/** The matrix of turboquant-prod, 64 MiB for a file of 1197 bytes: made by the first search, not by who only opens it. */
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { MAX_PROJECTED_DIM } from '../../lib/codec/turboquant.ts';
import { indexConfig } from '../../lib/search/config.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { indexBytes } from '../../lib/search/index-bytes.ts';
import { layout } from '../../lib/search/index-file.ts';
import { temporaryFolder } from './folder.ts';

const pathOf = temporaryFolder();
const MIB = 2 ** 20;
const dim = MAX_PROJECTED_DIM;
const shape = {
  config: indexConfig({ dim, bits: 2, codec: 'turboquant-prod' }, null),
  rows: 1,
  storedCenter: false,
  storedIds: false,
  nextId: 1,
  meanPending: false,
};

/** One zero vector, without encoding it. */
function smallFile(): Uint8Array {
  function* sections() {
    for (const { name, length } of layout(shape).entries) {
      yield [name, new Uint8Array(length).fill(name === 'rounds' ? 1 : 0)] as [typeof name, Uint8Array];
    }
  }
  return indexBytes(shape, sections());
}

/** MiB in arrays that a call takes. */
async function taken<T>(call: () => T | Promise<T>): Promise<{ result: T; mib: number }> {
  const before = process.memoryUsage().arrayBuffers;
  const result = await call();
  return { result, mib: (process.memoryUsage().arrayBuffers - before) / MIB };
}

it('is not made by opening, writing and changing an index', async () => {
  const file = smallFile();
  expect(file.length).toBe(1197);
  await writeFile(pathOf('small.hq'), file);
  for (const open of [() => FlatIndex.fromBytes(file), () => FlatIndex.open(pathOf('small.hq'))]) {
    const { mib } = await taken(async () => {
      const index = await open();
      expect(index.toBytes()).toEqual(file);
      await index.save(pathOf('again.hq'));
      expect(index.remove(0)).toBe(1);
    });
    expect(mib).toBeLessThan(4);
  }
});

it('is made by the first search alone', async () => {
  const index = FlatIndex.fromBytes(smallFile());
  const query = new Float32Array(dim).fill(1);
  const search = () => index.search(query, { k: 1 });
  const first = await taken(search);
  expect(first.mib).toBeGreaterThan(64);
  expect(first.result.ids).toEqual(Float64Array.of(0));
  const second = await taken(search);
  expect(second.mib).toBeLessThan(4);
  expect(second.result).toEqual(first.result);
});
