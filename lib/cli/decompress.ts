// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';
import { IndexReader } from '../search/index-reader.ts';
import { eachChunk } from './chunks.ts';
import { naming } from './failure.ts';
import { backendName, indexSummary } from './index-summary.ts';
import type { DecompressOptions } from './options.ts';
import { outputPath } from './output-path.ts';
import { formatBytes, formatCount, formatDuration, formatFields, formatShort, roundTo } from './report.ts';
import type { Session } from './session.ts';
import { createVectors } from './vectors.ts';
import { verifyIndex } from './verify.ts';

/** The vectors of an index file, decoded, as .npy or .fvecs. */
export async function decompress(options: DecompressOptions, session: Session): Promise<void> {
  const began = performance.now();
  const { input, output, dtype, json } = options;
  const reader = await naming(input, IndexReader.open(input));
  try {
    const target = await outputPath(output, [input]);
    const { rows, dim, config } = reader;
    await verifyIndex(reader, input, session);
    if (config.metric === 'cosine') {
      session.note(`${input} was made for cosine and stores no lengths: ${output} gets unit vectors`);
    }
    if (reader.shape.storedIds) {
      session.note(`${input} has ids of its own, which ${output} cannot hold: its rows are in the order of the index`);
    }
    await decodeAll(reader, target, options, session);

    const seconds = (performance.now() - began) / 1000;
    if (json) {
      const summary = indexSummary(config, rows, reader.bytes);
      const record = { command: 'decompress', input, output, dtype, ...summary, seconds: roundTo(seconds, 3) };
      await session.print(`${JSON.stringify(record)}\n`);
    } else {
      const fields = {
        vectors: `${formatCount(rows)} x ${dim}, ${dtype}`,
        size: `${formatBytes(reader.bytes)} -> ${formatBytes(rows * dim * Number(dtype[1]))}`,
        time: `${formatDuration(seconds)}, ${formatShort(rows / seconds)} vectors/s, ${backendName()}`,
      };
      await session.print(formatFields(`${input} -> ${output}`, fields));
    }
  } finally {
    await reader.close();
  }
}

async function decodeAll(
  reader: IndexReader,
  target: string,
  options: DecompressOptions,
  session: Session,
): Promise<void> {
  const { rows, dim } = reader;
  const { signal } = session;
  const sink = await naming(options.output, createVectors(target, { rows, dim }, options.dtype));
  const bar = session.progress('decompress', rows, 'rows');
  try {
    const source = {
      rows,
      dim,
      read: (start: number, count: number) => naming(options.input, reader.read(start, count)),
    };
    await eachChunk(
      source,
      (x) => {
        // codes are scaled for unbiased inner products, which makes decoded vectors longer: by 25 % at 1 bit
        if (reader.config.metric === 'cosine') kernels().centerRows(x, dim, null, true, x);
        return naming(options.output, sink.write(x));
      },
      { signal, onProgress: bar.update },
    );
    await naming(options.output, sink.close());
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    bar.finish();
  }
}
