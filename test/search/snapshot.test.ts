// SPDX-License-Identifier: Apache-2.0
/** A search or a save that is under way holds the state of its call, whatever is done to the index meanwhile. */
import { expect, it } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import type { SearchResult } from '../../lib/search/request.ts';
import { forEachBackend } from '../backends.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals, row, uniform } from './vectors.ts';

const DIM = 24;
const pathOf = temporaryFolder();

forEachBackend('the state of a call', () => {
  const x = normals(71, 3000, DIM);
  const queries = normals(72, 3, DIM);
  const part = (from: number, to: number) => x.subarray(from * DIM, to * DIM);

  it('is what searchAsync searches while rows are added and removed', async () => {
    for (const own of [false, true]) {
      const index = new FlatIndex({ dim: DIM, bits: 3 });
      index.add(part(0, 2500), own ? Array.from({ length: 2500 }, (_, i) => 7000 - i) : undefined);
      const calls: { expected: SearchResult; promise: Promise<SearchResult> }[] = [];
      const call = () =>
        calls.push({ expected: index.search(queries, { k: 40 }), promise: index.searchAsync(queries, { k: 40 }) });
      call();
      index.add(part(2500, 2600)); // grows: new arrays
      call();
      index.remove([...index.search(queries, { k: 5 }).ids]); // in place: must leave the arrays to the searches
      call();
      index.add(part(2600, 2605)); // into the room of removed rows
      index.remove(own ? 6999 : 1);
      call();
      index.add(part(2605, 2606), [0xfffff]);
      for (const { expected, promise } of calls) expectSameResult(await promise, expected);
      expectSameResult(await index.searchAsync(queries, { k: 40 }), index.search(queries, { k: 40 }));
    }
  });

  it('is what searchAsync gives, whatever becomes of its options and queries', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 3 });
    index.add(x);
    const options = { k: 7, certify: true };
    const own = queries.slice();
    const expected = index.search(own, options);
    const promises = [3, 2 ** 40].map((k) => {
      Object.assign(options, { k: 7, certify: true });
      own.set(queries);
      const promise = index.searchAsync(own, options);
      Object.assign(options, { k, certify: false });
      own.fill(0);
      return promise;
    });
    for (const promise of promises) {
      const result = await promise;
      expectSameResult(result, expected);
      expect(result.certain).toEqual(expected.certain);
    }
  });

  it('is what searchAsync searches through any sequence of changes', async () => {
    const next = uniform(73);
    const below = (n: number) => Math.floor(next() * n);
    const index = new FlatIndex({ dim: DIM, bits: 1.5, metric: 'l2' });
    const pending: { expected: SearchResult; promise: Promise<SearchResult> }[] = [];
    for (let step = 0; step < 300; step++) {
      const what = below(4);
      const from = below(2900);
      if (what === 0) index.add(part(from, from + 1 + below(90)));
      else if (what === 1) index.remove(Array.from({ length: 1 + below(60) }, () => below(4000)));
      else {
        const query = row(x, DIM, from);
        pending.push({ expected: index.search(query, { k: 15 }), promise: index.searchAsync(query, { k: 15 }) });
      }
      // some calls end before the next change, some outlive many
      if (below(10) === 0) await pending[below(Math.max(1, pending.length))]?.promise;
    }
    expect(pending.length).toBeGreaterThan(50);
    for (const { expected, promise } of pending) expectSameResult(await promise, expected);
  });

  it('is what save writes while rows are added and removed', async () => {
    // two of the same: one is left alone while it is saved
    const make = () => {
      const index = new FlatIndex({ dim: DIM, bits: 4, metric: 'l2', center: 'mean' });
      index.add(x);
      return index;
    };
    const index = make();
    const still = make();
    for (const [name, change] of [
      ['a', () => index.remove([0, 5, 2999])],
      ['b', () => index.add(part(0, 10))],
      ['c', () => index.add(part(0, 1), [123456])],
      ['d', () => index.remove(Array.from({ length: 3000 }, (_, i) => i))],
      ['e', () => index.add(part(0, 50))],
    ] as const) {
      const [path, other] = [pathOf(`${name}.hq`), pathOf(`${name}-still.hq`)];
      const bytes = index.bytes;
      const first = index.save(path);
      change();
      const second = index.save(pathOf('second.hq'));
      await Promise.all([first, second]);
      await still.save(other);
      expect([await sha256(path), still.bytes]).toEqual([await sha256(other), bytes]);
      // the same change for the next turn, with nothing under way
      if (name === 'a') still.remove([0, 5, 2999]);
      if (name === 'b') still.add(part(0, 10));
      if (name === 'c') still.add(part(0, 1), [123456]);
      if (name === 'd') still.remove(Array.from({ length: 3000 }, (_, i) => i));
      if (name === 'e') still.add(part(0, 50));
      await still.save(other);
      expect(await sha256(pathOf('second.hq'))).toBe(await sha256(other));
    }
  });

  it('outlives the index', async () => {
    const promises = Array.from({ length: 20 }, (_, i) => {
      const index = new FlatIndex({ dim: DIM, bits: 2 });
      index.add(part(0, 2000));
      return index.searchAsync(row(x, DIM, i), { k: 1 });
    });
    // garbage that makes the collector run while nothing but the calls holds the stores
    for (let i = 0; i < 50; i++) {
      new Float32Array(1 << 20).fill(i);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const found = await Promise.all(promises);
    expect(found.map(({ ids }) => ids[0])).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});
