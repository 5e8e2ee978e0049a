// SPDX-License-Identifier: Apache-2.0
/**
 * Ids of an index: the id of every slot, and an open-addressed hash table from id back to slot (a Map holds at most
 * 2^24 entries, and several times the memory).
 */

const EMPTY = -1;

export class IdTable {
  #ids: Float64Array;
  #size = 0;
  /** Slots by hash of their id, or EMPTY; a power of two long, at most 3/4 full. */
  #table: Int32Array;

  constructor(capacity = 0) {
    this.#ids = new Float64Array(Math.max(16, capacity));
    this.#table = new Int32Array(tableLength(capacity)).fill(EMPTY);
  }

  /** The ids 0 .. size - 1, each in the slot of its number. */
  static identity(size: number): IdTable {
    const table = new IdTable(size);
    for (let id = 0; id < size; id++) table.append(id);
    return table;
  }

  get size(): number {
    return this.#size;
  }

  /** Ids in slot order; a view that later changes show through. */
  get ids(): Float64Array {
    return this.#ids.subarray(0, this.#size);
  }

  slotOf(id: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = hash(id) & mask; ; at = (at + 1) & mask) {
      const slot = table[at];
      if (slot === EMPTY || this.#ids[slot] === id) return slot;
    }
  }

  /** Gives the next slot to an id that is not in the table. */
  append(id: number): void {
    if (this.#size === this.#ids.length) {
      const ids = new Float64Array(Math.ceil(this.#size * 1.5) + 16);
      ids.set(this.#ids);
      this.#ids = ids;
    }
    if ((this.#size + 1) * 4 > this.#table.length * 3) this.#rehash(this.#size * 2);
    this.#ids[this.#size] = id;
    this.#insert(this.#size++);
  }

  /** Removes the id in `slot`; the last slot's id moves there. */
  removeSlot(slot: number): void {
    this.#unlink(this.#ids[slot]);
    const last = --this.#size;
    if (slot === last) return;
    const moved = this.#ids[last];
    this.#unlink(moved);
    this.#ids[slot] = moved;
    this.#insert(slot);
  }

  clone(): IdTable {
    const copy = new IdTable();
    copy.#ids = this.#ids.slice();
    copy.#table = this.#table.slice();
    copy.#size = this.#size;
    return copy;
  }

  #insert(slot: number): void {
    const mask = this.#table.length - 1;
    let at = hash(this.#ids[slot]) & mask;
    while (this.#table[at] !== EMPTY) at = (at + 1) & mask;
    this.#table[at] = slot;
  }

  /** Takes an id out of the hash table and closes the gap, so that no probe stops early. */
  #unlink(id: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = hash(id) & mask;
    while (this.#ids[table[hole]] !== id) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at] !== EMPTY; at = (at + 1) & mask) {
      const home = hash(this.#ids[table[at]]) & mask;
      // entries whose home lies cyclically in (hole, at] are reached without passing the hole
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at];
      hole = at;
    }
    table[hole] = EMPTY;
  }

  #rehash(capacity: number): void {
    this.#table = new Int32Array(tableLength(capacity)).fill(EMPTY);
    for (let slot = 0; slot < this.#size; slot++) this.#insert(slot);
  }
}

function tableLength(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(32, (capacity + 1) * 1.5)));
}

/** Mixes both halves of an id, one after the other; consecutive ids spread over the table. */
function hash(id: number): number {
  const high = Math.floor(id / 4294967296) | 0;
  return mix(mix(id | 0) ^ high);
}

function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
