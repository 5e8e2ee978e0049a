// SPDX-License-Identifier: Apache-2.0
/** What runEndToEnd found, as tables. */
import { printTable } from '../table.mjs';

const HEAD = ['', 'B/vector', 'recall@10', 'encoded/s', 'ours', 'queries/s', 'ours', 'us, one query', 'ours'];

const count = (value) => Math.round(value).toLocaleString('en-US');
/** Three digits that mean something. */
const times = (value) => (value === undefined ? '' : `${value >= 10 ? value.toFixed(0) : value.toFixed(2)}x`);

function cellsOf(contender) {
  const { name, bytes_per_vector, recall_at_10, encoded_per_second, queries_per_second, one_query_us } = contender;
  return [
    name,
    bytes_per_vector.toFixed(1),
    recall_at_10.toFixed(3),
    count(encoded_per_second),
    times(contender.encode_speedup),
    count(queries_per_second) +
      (contender.queries_a_call === contender.queries ? '' : ` (${contender.queries_a_call})`),
    times(contender.search_speedup),
    count(one_query_us),
    times(contender.one_query_speedup),
  ];
}

export function printEndToEnd(runs) {
  for (const { set, dim, rows, distinct, queries, threads, contenders } of runs) {
    const repeats = distinct < rows ? ` (${count(distinct)} repeated; recall without repeats)` : '';
    console.log(`\n${set}: ${count(rows)} x ${dim}${repeats}, top 10, ${threads} thread${threads === 1 ? '' : 's'}`);
    printTable([HEAD, ...contenders.map((contender) => cellsOf({ ...contender, queries }))]);
  }
  if (runs.length === 0) return;
  const notes = [
    '"ours": how many times as fast hadaquant of the same width is, by the column before. In brackets: queries a',
    `call where not ${count(runs[0].queries)}. "encoded/s" counts all it takes from rows to an index, training too.`,
  ];
  console.log(`\n${notes.join('\n')}`);
}
