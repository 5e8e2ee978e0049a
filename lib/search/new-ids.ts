// SPDX-License-Identifier: Apache-2.0
import { checkInteger, typeError } from '../check.ts';
import { type IdList, isIdList } from './filter.ts';
import { IdTable } from './id-table.ts';

/**
 * The ids that a caller gives to new vectors, one a row.
 * @param taken whether a vector has this id already
 * @throws TypeError or RangeError that names what is wrong with `ids`
 */
export function newIds(ids: IdList, rows: number, taken: (id: number) => boolean): Float64Array {
  if (!isIdList(ids)) throw typeError('ids', 'a list of ids', ids);
  if (ids.length !== rows) throw new RangeError(`ids must have one id a row (${rows}), got ${ids.length}`);
  const fresh = new Float64Array(rows);
  const seen = new IdTable(rows);
  for (let r = 0; r < rows; r++) {
    const id = checkInteger(`ids[${r}]`, ids[r], 0) + 0; // -0 is 0
    if (taken(id) || seen.slotOf(id) >= 0) throw new RangeError(`ids must be new, got ${id} (row ${r}) again`);
    seen.append(id);
    fresh[r] = id;
  }
  return fresh;
}
