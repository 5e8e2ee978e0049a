#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** `npm run reproduce`: runs the sections, writes reproduction.json and reproduction.html, prints the claims. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { tally } from './claims.mjs';
import { readOptions, UsageError, usage } from './options.mjs';
import { renderPage } from './page/page.mjs';
import { reporter } from './progress.mjs';
import { checkResult } from './result.mjs';
import { claimsTable } from './summary.mjs';

const NAME = 'reproduction';
const FORMAT = 'hadaquant-reproduction';

async function loadSections() {
  const folder = new URL('sections/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => /^[a-z]-.*\.mjs$/.test(file)).sort();
  return Promise.all(files.map((file) => import(new URL(file, folder).href)));
}

/** What the results depend on, besides the options. Nothing here tells whose machine it was. */
async function circumstances({ quick, date }) {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const { backend } = await import('../../dist/index.js');
  return {
    version,
    backend: backend.name,
    isa: backend.isa ?? null,
    cpu: cpus()[0]?.model.trim() || 'unknown',
    node: process.versions.node,
    mode: quick ? 'quick' : 'full',
    date,
  };
}

async function runSection({ id, title, run }, quick, report) {
  const line = report.section(id, title);
  try {
    const result = checkResult(await run({ quick, progress: line.progress }), `section ${id}`);
    const { claims, hold } = tally([result]);
    line.done(`${hold} of ${claims} claims hold`);
    return { id, title, ...result };
  } catch (error) {
    // the other sections may have taken half an hour: they are still worth writing
    line.done('broke off', 0);
    console.error(error);
    return { id, title, intro: [], claims: [], plots: [], tables: [], notes: [], error: error.message };
  }
}

async function compute(sections, options) {
  const report = reporter(process.stderr);
  const results = [];
  for (const section of sections.filter(({ id }) => options.only.includes(id))) {
    results.push(await runSection(section, options.quick, report));
  }
  return { format: FORMAT, made: await circumstances(options), sections: results };
}

async function readResults(file) {
  let results;
  try {
    results = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--render: cannot read ${file}: ${error.message}`);
  }
  if (results?.format !== FORMAT) throw new UsageError(`--render: ${file} is no ${NAME}.json`);
  return results;
}

async function main() {
  const sections = await loadSections();
  const options = readOptions(
    process.argv.slice(2),
    sections.map(({ id }) => id),
  );
  if (options.help) {
    console.log(usage(sections));
    return 0;
  }
  const results = options.render === undefined ? await compute(sections, options) : await readResults(options.render);
  await mkdir(options.out, { recursive: true });
  const json = join(options.out, `${NAME}.json`);
  if (options.render === undefined) await writeFile(json, `${JSON.stringify(results, null, 1)}\n`);
  const page = join(options.out, `${NAME}.html`);
  await writeFile(page, await renderPage(results));
  console.log(claimsTable(results));
  console.log(`\n${options.render === undefined ? `${json}, ` : ''}${page}`);
  const { claims, hold, broken } = tally(results.sections);
  return claims === hold && broken === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\`npm run reproduce -- --help\` lists the options`);
  process.exitCode = 2;
}
