// SPDX-License-Identifier: Apache-2.0
import type { SearchResult } from '../../lib/search/request.ts';
import { expectSameBits } from '../same-bits.ts';

/** Two searches found the same ids with the same scores, bit by bit. */
export function expectSameResult(actual: SearchResult, expected: SearchResult, what = 'search'): void {
  expectSameBits(actual.ids, expected.ids, `${what}: ids`);
  expectSameBits(actual.scores, expected.scores, `${what}: scores`);
}
