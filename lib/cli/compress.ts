// SPDX-License-Identifier: Apache-2.0
import { HadaquantFormatError } from '../check.ts';
import { IndexWriter } from '../search/index-writer.ts';
import { RowMean } from '../search/mean.ts';
import { eachChunk } from './chunks.ts';
import { naming } from './failure.ts';
import { backendName, indexSummary, summaryFields } from './index-summary.ts';
import type { CompressOptions } from './options.ts';
import { outputPath } from './output-path.ts';
import { formatDuration, formatFields, formatShort, roundTo } from './report.ts';
import type { Session } from './session.ts';
import { checkUsableRows } from './usable-rows.ts';
import { openVectors, type VectorSource } from './vectors.ts';

/** Vectors to an index file, in one pass (two with the mean as center) and little memory. */
export async function compress(options: CompressOptions, session: Session): Promise<void> {
  const began = performance.now();
  const { input, output, json } = options;
  const source = await openVectors(input);
  try {
    const { rows, dim } = source;
    const inputs = options.center.from === 'file' ? [input, options.center.path] : [input];
    const target = await outputPath(output, inputs);
    const center = await centerFor(options, source, session);
    const { bits, codec, metric, rounds, seed } = options;
    const config = { dim, bits, codec, metric, rounds, seed, center };
    const writer = await naming(output, IndexWriter.create(target, config, rows));
    const bytes = await encodeAll(source, writer, options, session);

    const seconds = (performance.now() - began) / 1000;
    const summary = indexSummary(writer.config, rows, bytes);
    if (json) {
      const record = { command: 'compress', input, output, ...summary, seconds: roundTo(seconds, 3) };
      await session.print(`${JSON.stringify(record)}\n`);
    } else {
      const time = `${formatDuration(seconds)}, ${formatShort(rows / seconds)} vectors/s, ${backendName()}`;
      await session.print(formatFields(`${input} -> ${output}`, { ...summaryFields(summary), time }));
    }
  } finally {
    await source.close();
  }
}

/** Gives the bytes of the finished file; on failure nothing is left of it. */
async function encodeAll(
  source: VectorSource,
  writer: IndexWriter,
  options: CompressOptions,
  session: Session,
): Promise<number> {
  const { signal } = session;
  const schedule = options.threads === undefined ? { signal } : { signal, threads: options.threads };
  const bar = session.progress('compress', source.rows, 'rows');
  try {
    await eachChunk(
      source,
      async (x, start) => {
        try {
          await naming(options.output, writer.append(x, schedule));
        } catch (error) {
          // its row counts from this piece on; the user wants that of the file
          if (error instanceof RangeError) checkUsableRows(source.path, x, source.dim, start);
          throw error;
        }
      },
      { signal, onProgress: bar.update },
    );
    return (await naming(options.output, writer.finish())).bytes;
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    bar.finish();
  }
}

async function centerFor(
  options: CompressOptions,
  source: VectorSource,
  session: Session,
): Promise<Float32Array | null> {
  switch (options.center.from) {
    case 'none':
      return null;
    case 'mean':
      return meanOf(source, options, session);
    case 'file':
      return vectorFrom(options.center.path, source.dim);
  }
}

/** The mean of all rows, as the metric wants it: a pass of its own through the file. */
async function meanOf(source: VectorSource, options: CompressOptions, session: Session): Promise<Float32Array> {
  const mean = new RowMean(source.dim, options.metric);
  const bar = session.progress('mean', source.rows, 'rows');
  try {
    await eachChunk(
      source,
      (x, start) => {
        checkUsableRows(source.path, x, source.dim, start);
        mean.add(x);
      },
      { signal: session.signal, onProgress: bar.update },
    );
  } finally {
    bar.finish();
  }
  return mean.mean();
}

async function vectorFrom(path: string, dim: number): Promise<Float32Array> {
  const file = await openVectors(path);
  try {
    if (file.rows !== 1 || file.dim !== dim) {
      throw new HadaquantFormatError(
        `${path}: a center is one vector of ${dim}, this file has ${file.rows} x ${file.dim}`,
      );
    }
    const center = await file.read(0, 1);
    checkUsableRows(path, center, dim, 0);
    return center;
  } finally {
    await file.close();
  }
}
