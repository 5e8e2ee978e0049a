// SPDX-License-Identifier: Apache-2.0
import { arrayTag, trueLength, typeError } from '../check.ts';
import type { IdTable } from './id-table.ts';

/** Ids: whole numbers from 0 to 2^53 - 1, in an array or a typed array (not a Uint8Array: that is a bitmap). */
export type IdList = readonly number[] | Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array;

/** Which ids a search may return: a list of them, or a bitmap (bit id & 7 of byte id >> 3 of a Uint8Array). */
export type Filter = IdList | Uint8Array;

const LIST_TAGS = ['Float64Array', 'Float32Array', 'Uint32Array', 'Int32Array', 'Uint16Array'];

export function isIdList(value: unknown): value is IdList {
  return Array.isArray(value) || LIST_TAGS.includes(arrayTag(value) ?? '');
}

/** The admitted slots as a bitmap over slots. `ids` null: ids are slots. */
export function slotBitmap(filter: Filter, size: number, ids: IdTable | null): Uint8Array {
  const allowed = new Uint8Array(Math.ceil(size / 8));
  const admit = (slot: number) => {
    allowed[slot >>> 3] |= 1 << (slot & 7);
  };
  if (arrayTag(filter) === 'Uint8Array') {
    const bitmap = filter as Uint8Array;
    if (!ids) {
      allowed.set(bitmap.subarray(0, allowed.length));
      return allowed;
    }
    const bits = trueLength(bitmap) * 8;
    ids.ids.forEach((id, slot) => {
      if (id < bits && (bitmap[Math.floor(id / 8)] >> (id % 8)) & 1) admit(slot);
    });
    return allowed;
  }
  if (!isIdList(filter)) throw typeError('filter', 'a list of ids or a Uint8Array bitmap', filter);
  for (const id of filter) {
    if (typeof id !== 'number') throw typeError('filter', 'a list of numbers', id);
    // an id that is not in the index admits nothing
    if (!Number.isSafeInteger(id) || id < 0) continue;
    if (!ids) {
      if (id < size) admit(id);
      continue;
    }
    const slot = ids.slotOf(id);
    if (slot >= 0) admit(slot);
  }
  return allowed;
}
