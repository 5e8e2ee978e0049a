// SPDX-License-Identifier: Apache-2.0
/** One set of the cache: made once, whole, with a line that says where it came from. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLines } from './npy.mjs';
import { CACHE } from './paths.mjs';

/** The option of every script that makes a set. */
export const FORCE = { force: { type: 'boolean', short: 'f' } };

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** How a source line names a package: with the version that is installed here. */
export function npmPackage(name) {
  return `the npm package ${name} ${dependencies[name]}`;
}

const MISSING = new Set(['ENOENT', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']);

/**
 * Calls `write(pathOf)`, which writes cache/<name>.<ending> for each of `endings`, unless all are there. The line
 * `source` goes to cache/<name>.source.txt last, so that a set without it is made again. A failure ends the process with
 * one line and exit code 1.
 */
export async function makeSet({ name, endings, source, force = false }, write) {
  const pathOf = (ending) => join(CACHE, `${name}.${ending}`);
  if (!force && [...endings, 'source.txt'].every((ending) => existsSync(pathOf(ending)))) {
    process.stderr.write(`${name}: already there, --force makes it again\n`);
    return;
  }
  try {
    mkdirSync(CACHE, { recursive: true });
    const made = await write(pathOf);
    writeLines(pathOf('source.txt'), [source]);
    process.stderr.write(`${name}: ${made} written\n`);
  } catch (error) {
    const hint = MISSING.has(error.code) ? '; is `npm --prefix bench/data ci --ignore-scripts` done?' : '';
    // The first line only: what Node adds to a missing module is a list of who asked for it.
    process.stderr.write(`${name}: not made: ${error.message.split('\n', 1)[0]}${hint}\n`);
    process.exit(1); // not exitCode: workers may still run
  }
}
