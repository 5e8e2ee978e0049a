// SPDX-License-Identifier: Apache-2.0
import { FlatIndex } from '../search/flat-index.ts';
import type { SearchResult } from '../search/request.ts';
import { eachChunk } from './chunks.ts';
import { naming, unlessStopped } from './failure.ts';
import type { SearchOptions } from './options.ts';
import { shortestFloat } from './report.ts';
import type { Session } from './session.ts';
import { checkUsableRows } from './usable-rows.ts';
import { openVectors } from './vectors.ts';

/** Queries and results held at a time. */
const QUERIES_AT_ONCE = 1024;
const RESULTS_AT_ONCE = 1 << 22;

/** The k best vectors of an index for each query, printed as they are found. */
export async function search(options: SearchOptions, session: Session): Promise<void> {
  const { signal } = session;
  const queries = await openVectors(options.queries);
  try {
    const { rows, dim } = queries;
    const index = await unlessStopped(signal, naming(options.index, FlatIndex.open(options.index)));
    if (index.dim !== dim) {
      throw new RangeError(
        `${options.queries}: queries of ${dim} coordinates, but the vectors of ${options.index} have ${index.dim}`,
      );
    }
    // more than there are would only be padding
    const k = Math.max(1, Math.min(options.k, index.size));
    const print = options.json ? jsonLines : tableLines(rows, k, index.size, index.metric === 'cosine');
    if (!options.json) await session.print(print.header);
    const schedule = options.threads === undefined ? { signal } : { signal, threads: options.threads };
    const rowsAtOnce = Math.max(1, Math.min(QUERIES_AT_ONCE, Math.floor(RESULTS_AT_ONCE / k)));
    await eachChunk(
      queries,
      async (x, start) => {
        checkUsableRows(options.queries, x, dim, start);
        const result = await index.searchAsync(x, { k, ...schedule });
        await session.print(print.lines(result, k, start));
      },
      { signal, rowsAtOnce },
    );
  } finally {
    await queries.close();
  }
}

interface Printer {
  header: string;
  lines(result: SearchResult, k: number, firstQuery: number): string;
}

/** Calls line(query, ids, scores) for each query, without the places that no vector fills. */
function eachQuery(
  result: SearchResult,
  k: number,
  line: (query: number, ids: number[], scores: number[]) => string,
): string {
  let text = '';
  for (let at = 0; at < result.ids.length; at += k) {
    const ids = [...result.ids.subarray(at, at + k)].filter((id) => id >= 0);
    text += line(at / k, ids, [...result.scores.subarray(at, at + ids.length)]);
  }
  return text;
}

const jsonLines: Printer = {
  header: '',
  lines: (result, k, firstQuery) =>
    eachQuery(
      result,
      k,
      (query, ids, scores) =>
        `${JSON.stringify({ query: firstQuery + query, ids, scores: scores.map(shortestFloat) })}\n`,
    ),
};

/** Columns as wide as the largest number that is expected in them. */
function tableLines(queries: number, k: number, size: number, fixed: boolean): Printer {
  const widths = [
    Math.max('query'.length, String(queries - 1).length),
    Math.max('rank'.length, String(k).length),
    Math.max('id'.length, String(size - 1).length),
    fixed ? 9 : 13,
  ];
  const row = (...cells: (string | number)[]) =>
    `${cells.map((cell, i) => String(cell).padStart(widths[i])).join('  ')}\n`;
  // cosines lie in -1 .. 1; other scores can have any size
  const score = (value: number) => (fixed ? value.toFixed(6) : Number(value.toPrecision(7)));
  return {
    header: row('query', 'rank', 'id', 'score'),
    lines: (result, _k, firstQuery) =>
      eachQuery(result, k, (query, ids, scores) =>
        ids.map((id, rank) => row(firstQuery + query, rank + 1, id, score(scores[rank]))).join(''),
      ),
  };
}
