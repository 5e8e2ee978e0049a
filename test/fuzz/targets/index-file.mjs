// SPDX-License-Identifier: Apache-2.0
// Index files: opened whole, searched, changed and saved again, and read piece by piece.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FlatIndex } from '../../../dist/index.js';
import { IndexReader } from '../../../dist/search/index-reader.js';
import { INDEX_TARGET, isSmall, searched } from '../index-files.mjs';
import { digest, must } from '../outcome.mjs';

// memory where there is such a folder: an index is flushed to the disk when it is saved
const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'hadaquant-fuzz-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** What a reader decodes, all rows at once and one by one. */
async function decoded(file) {
  const reader = await IndexReader.open(file);
  try {
    await reader.verify();
    const all = await reader.read(0, reader.rows);
    const parts = [];
    for (let row = 0; row < reader.rows; row++) parts.push(await reader.read(row, 1));
    must(digest(all) === digest(...parts), 'rows read one by one differ');
    must(!all.some(Number.isNaN), 'decoded numbers are no numbers');
    return digest(all);
  } finally {
    await reader.close();
  }
}

export const target = {
  ...INDEX_TARGET,
  async run(_, place) {
    const index = await FlatIndex.open(place);
    const { dim, size } = index;
    if (!isSmall(index)) return `dim ${dim}`;
    const again = path.join(scratch, 'again.hq');
    await index.save(again);
    // first: decoding refuses some rows that a search has to do with
    const results = searched(index);
    must(searched(await FlatIndex.open(again)) === results, 'what was saved again gives other results');
    const rows = await decoded(place);
    must((await decoded(again)) === rows, 'what was saved again decodes differently');
    return digest(size, rows, results);
  },
};
