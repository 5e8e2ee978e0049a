import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { options, positiveInteger } from './cli.mjs';
import { useSentences } from './glosses.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { CACHE } from './paths.mjs';
import { encodedRows } from './shards.mjs';
import { USE } from './sizes.mjs';

const values = options(
  `Usage: node use.mjs [--workers N]

Encodes ${USE.corpus + USE.queries} WordNet noun glosses with the Universal Sentence Encoder (lite)
and writes cache/use-512.{corpus,queries}.{npy,txt}. A run that was interrupted
goes on where it stopped.

  --workers N   encoding threads (default: 2, or 1 on a one-core machine)
  -h, --help    this text
`,
  { workers: { type: 'string' } },
);
const workers = positiveInteger('workers', values.workers);

const sentences = useSentences();
const rows = await encodedRows(sentences, sentences.length, workers);

mkdirSync(CACHE, { recursive: true });
const split = USE.corpus * USE.dim;
writeF32(join(CACHE, 'use-512.corpus.npy'), rows.subarray(0, split), USE.corpus, USE.dim);
writeF32(join(CACHE, 'use-512.queries.npy'), rows.subarray(split), USE.queries, USE.dim);
writeLines(join(CACHE, 'use-512.corpus.txt'), sentences.slice(0, USE.corpus));
writeLines(join(CACHE, 'use-512.queries.txt'), sentences.slice(USE.corpus));
process.stderr.write(`use: ${USE.corpus} + ${USE.queries} rows of ${USE.dim} written\n`);
