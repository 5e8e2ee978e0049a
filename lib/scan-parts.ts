// SPDX-License-Identifier: Apache-2.0
/** Twin of binding/scan_parts.cpp for backends without threads: which queries and rows a part of a scan has. */
import type { ScanJob, ScanParts } from './backend.ts';

/** Into how many ranges the rows of a job are cut; one if there are none. */
export function rangeCount(firstRow: number, lastRow: number, rows: number): number {
  return Math.max(1, Math.ceil((lastRow - firstRow) / rows));
}

export function partCount(job: ScanJob, parts: ScanParts): number {
  return rangeCount(job.firstRow, job.lastRow, parts.rows) * Math.ceil(job.queryBias.length / parts.queries);
}

/** Scans the next part, if there is one left. */
export function scanNextPart(job: ScanJob, parts: ScanParts, scan: (part: ScanJob) => void): void {
  const part = Atomics.load(parts.progress, 0);
  if (part >= partCount(job, parts)) return;
  Atomics.store(parts.progress, 0, part + 1);
  scan(partJob(job, parts, part));
  Atomics.add(parts.progress, 1, 1);
}

function partJob(job: ScanJob, parts: ScanParts, part: number): ScanJob {
  const { k, queryBias, plan } = job;
  const ranges = rangeCount(job.firstRow, job.lastRow, parts.rows);
  const range = part % ranges;
  const first = Math.floor(part / ranges) * parts.queries;
  const last = Math.min(first + parts.queries, queryBias.length);
  const firstRow = job.firstRow + range * parts.rows;
  const results = range * queryBias.length;
  return {
    ...job,
    firstRow,
    lastRow: Math.min(firstRow + parts.rows, job.lastRow),
    forms: job.forms.subarray(first * 3 * plan.formBytes, last * 3 * plan.formBytes),
    queryBias: queryBias.subarray(first, last),
    gains: job.gains.subarray(first * 6, last * 6),
    slacks: job.slacks && job.slacks.subarray(first, last),
    rows: job.rows.subarray((results + first) * k, (results + last) * k),
    keys: job.keys.subarray((results + first) * k, (results + last) * k),
  };
}
