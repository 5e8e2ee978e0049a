// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable } from '../../lib/search/id-table.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/**
 * Ids whose hashes are all the same: the hash starts from low ^ (high * 0x9e3779b1 mod 2^32), which is 0 for these. They
 * make one long run in the table, where closing a gap wrongly loses entries.
 */
function colliding(high: number): number {
  return high * 2 ** 32 + (Math.imul(high, 0x9e3779b1) >>> 0);
}

/** A table and what it should be: the ids in slot order. */
class Pair {
  readonly table: IdTable;
  readonly ids: number[];

  constructor(table: IdTable, ids: number[]) {
    this.table = table;
    this.ids = ids;
  }

  append(id: number): void {
    if (this.ids.includes(id)) return;
    this.table.append(id);
    this.ids.push(id);
  }

  remove(at: number): void {
    if (this.ids.length === 0) return;
    const slot = at % this.ids.length;
    this.table.removeSlot(slot);
    const last = this.ids.pop() as number;
    if (slot < this.ids.length) this.ids[slot] = last;
  }

  check(absent: readonly number[]): void {
    expect(this.table.size).toBe(this.ids.length);
    expect([...this.table.ids]).toEqual(this.ids);
    const model = new Map(this.ids.map((id, slot) => [id, slot]));
    for (const id of [...this.ids, ...absent]) expect(this.table.slotOf(id)).toBe(model.get(id) ?? -1);
  }
}

const someId = fc.oneof(
  { weight: 4, arbitrary: fc.nat(60) },
  { weight: 4, arbitrary: fc.nat(60).map(colliding) },
  { weight: 2, arbitrary: fc.maxSafeNat() },
  { weight: 1, arbitrary: fc.nat(8).map((n) => MAX - n) },
  // the same low half, and the same high half
  { weight: 1, arbitrary: fc.nat(20).map((n) => n * 2 ** 32) },
  { weight: 1, arbitrary: fc.nat(20).map((n) => 2 ** 32 - 10 + n) },
);

const step = fc.oneof(
  { weight: 5, arbitrary: someId.map((append) => ({ append })) },
  { weight: 3, arbitrary: fc.nat().map((remove) => ({ remove })) },
  { weight: 1, arbitrary: fc.constant({ clone: true }) },
);

describe('IdTable', () => {
  it('is a map from id to slot through any appends, removals and clones', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.array(step, { maxLength: 250, size: 'max' }),
        fc.array(someId, { maxLength: 20 }),
        (start, steps, absent) => {
          const identity = Array.from({ length: start }, (_, id) => id);
          let pair = new Pair(IdTable.identity(start), identity);
          const left: Pair[] = [];
          for (const s of steps) {
            if ('append' in s) pair.append(s.append);
            else if ('remove' in s) pair.remove(s.remove);
            else {
              left.push(pair);
              pair = new Pair(pair.table.clone(), [...pair.ids]);
            }
          }
          // what was cloned has not changed with its clone
          for (const one of [pair, ...left]) one.check(absent);
        },
      ),
      { seed: 141, numRuns: 300 },
    );
  });

  it('keeps apart a thousand ids of one hash, whatever order they leave in', () => {
    const pair = new Pair(new IdTable(), []);
    for (let i = 0; i < 1000; i++) pair.append(colliding(i));
    pair.check([colliding(1000), 1, MAX]);
    for (let i = 0; i < 900; i++) {
      pair.remove(i * 7919);
      if (i % 100 === 0) pair.check([colliding(1000)]);
    }
    pair.check([colliding(1000)]);
  });

  it('is right when it is as full as it gets, through many fillings', () => {
    // 22 of 32 places: runs of neighbours form, and some go on at the front of the table
    const pair = new Pair(new IdTable(), []);
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 22; i++) pair.append(round * 1000 + i * 37);
      pair.check([]);
      for (let i = 0; i < 22; i++) pair.remove((i * 13) % 22);
      pair.check([round * 1000]);
      while (pair.ids.length) pair.remove(0);
    }
  });

  it('grows to a hundred thousand ids and back', () => {
    const table = IdTable.identity(10);
    for (let i = 0; i < 100_000; i++) table.append(MAX - 3 * i);
    expect([table.size, table.slotOf(MAX), table.slotOf(MAX - 299_997), table.slotOf(MAX - 1)]).toEqual([
      100_010, 10, 100_009, -1,
    ]);
    for (let slot = table.size - 1; slot >= 10; slot--) table.removeSlot(slot);
    expect([...table.ids]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([table.slotOf(MAX), table.slotOf(9)]).toEqual([-1, 9]);
  });

  it('finds nothing in an empty table', () => {
    for (const table of [new IdTable(), new IdTable(1000), IdTable.identity(0), new IdTable().clone()]) {
      expect([table.size, table.ids.length, table.slotOf(0), table.slotOf(MAX)]).toEqual([0, 0, -1, -1]);
    }
  });

  it('takes appends beyond the capacity it was made for, also as a clone', () => {
    for (const capacity of [0, 1, 15, 16, 17, 22, 23, 24, 1000]) {
      const pair = new Pair(new IdTable(capacity).clone(), []);
      for (let i = 0; i < 100; i++) pair.append(i * i);
      pair.check([2, 3]);
    }
  });
});
