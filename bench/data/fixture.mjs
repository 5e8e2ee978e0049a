// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { options } from './cli.mjs';
import { encode } from './encoder.mjs';
import { useSentences } from './glosses.mjs';
import { writeF16, writeLines } from './npy.mjs';
import { FIXTURES } from './paths.mjs';
import { QUERIES } from './queries.mjs';
import { encodedRows } from './shards.mjs';
import { FIXTURE, USE } from './sizes.mjs';

options(`Usage: node fixture.mjs

Writes test/fixtures/{glosses,queries}.{npy,txt}: the first ${FIXTURE.rows} rows of the USE
corpus and ${QUERIES.length} hand-written queries, as float16. Encodes only what the cache
lacks.

  -h, --help    this text
`);

const sentences = useSentences();
const glosses = await encodedRows(sentences, FIXTURE.rows);
const queries = await encode(QUERIES);

mkdirSync(FIXTURES, { recursive: true });
writeF16(join(FIXTURES, 'glosses.npy'), glosses, FIXTURE.rows, USE.dim);
writeLines(join(FIXTURES, 'glosses.txt'), sentences.slice(0, FIXTURE.rows));
writeF16(join(FIXTURES, 'queries.npy'), queries, QUERIES.length, USE.dim);
writeLines(join(FIXTURES, 'queries.txt'), QUERIES);
process.stderr.write(`fixture: ${FIXTURE.rows} + ${QUERIES.length} rows of ${USE.dim} written\n`);
