// SPDX-License-Identifier: Apache-2.0
/** What a scan found: queries x k rows of the store and their keys, best first; NO_ROW where there are fewer. */
export interface Found {
  rows: Uint32Array;
  keys: Float64Array;
}

/** No row: fewer than k were admitted. */
export const NO_ROW = 0xffffffff;

export function emptyFound(length: number): Found {
  return { rows: new Uint32Array(length).fill(NO_ROW), keys: new Float64Array(length) };
}
