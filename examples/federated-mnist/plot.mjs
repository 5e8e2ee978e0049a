#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** Draws the results of train.mjs: an HTML page with curves as SVG, or the table as Markdown. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { renderPage } from './page/page.mjs';
import { markdownTable } from './table.mjs';

const HELP = `Usage: npm run plot -- [options]     (or: node plot.mjs [options])

Draws what \`npm start\` has measured: accuracy and loss over rounds and over bytes.

  --in FILE     results, default results.json
  --out FILE    the page, default results.html
  --markdown    prints the table as Markdown instead
  -h, --help    this text
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        in: { type: 'string', default: 'results.json' },
        out: { type: 'string', default: 'results.html' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error.message} (--help tells more)\n`);
    return process.exit(2);
  }
}

function readResults(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(error.code === 'ENOENT' ? `there is no ${path}: \`npm start\` makes it` : error.message);
  }
  const results = JSON.parse(text);
  if (results.format !== 1 || !results.runs?.length) throw new Error(`${path} holds no results of train.mjs`);
  return results;
}

const { in: input, out, markdown, help } = readOptions();
try {
  if (help) process.stdout.write(HELP);
  else if (markdown) process.stdout.write(markdownTable(readResults(input).runs));
  else {
    writeFileSync(out, renderPage(readResults(input)));
    process.stdout.write(`Wrote ${out}.\n`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
