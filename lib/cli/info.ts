// SPDX-License-Identifier: Apache-2.0
import { IndexReader } from '../search/index-reader.ts';
import { naming } from './failure.ts';
import { backendName, indexSummary, summaryFields } from './index-summary.ts';
import type { InfoOptions } from './options.ts';
import { formatDuration, formatFields, roundTo } from './report.ts';
import type { Session } from './session.ts';
import { verifyIndex } from './verify.ts';

/** What an index file holds; from its header alone, unless it is to be verified. */
export async function info(options: InfoOptions, session: Session): Promise<void> {
  const began = performance.now();
  const { input, verify, json } = options;
  const reader = await naming(input, IndexReader.open(input));
  try {
    if (verify) await verifyIndex(reader, input, session);
    const seconds = (performance.now() - began) / 1000;
    const { rows, config, bytes, shape } = reader;
    const summary = indexSummary(config, rows, bytes);
    if (json) {
      const record = {
        command: 'info',
        input,
        ...summary,
        storedIds: shape.storedIds,
        verified: verify,
        seconds: roundTo(seconds, 3),
      };
      await session.print(`${JSON.stringify(record)}\n`);
    } else {
      const fields = {
        ...summaryFields(summary),
        ids: shape.storedIds ? 'stored' : 'row numbers',
        checksums: verify
          ? `all fine (${formatDuration(seconds)}, ${backendName()})`
          : 'header only; --verify checks them all',
      };
      await session.print(formatFields(input, fields));
    }
  } finally {
    await reader.close();
  }
}
