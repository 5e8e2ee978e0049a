#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Measures and draws what docs/choosing.md shows: SVG files and the numbers behind them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { reporter } from '../reproduce/progress.mjs';
import * as bits from './bits.mjs';
import * as center from './center.mjs';
import * as chosen from './chosen.mjs';
import * as codec from './codec.mjs';
import * as rounds from './rounds.mjs';
import * as scale from './scale.mjs';
import * as senders from './senders.mjs';
import { standaloneSvg } from './standalone.mjs';
import * as timing from './timing.mjs';

const SECTIONS = [codec, bits, scale, rounds, chosen, senders, center, timing];
/** Characters of a line of numbers.json. */
const LINE = 150;
const IDS = SECTIONS.map(({ id }) => id);
const DIGITS = 5;
const USAGE = `usage: node bench/choosing/plots.mjs [--only ${IDS[0]},${IDS[1]}] [--out docs/plots]

Measures and draws what docs/choosing.md shows: SVG files, and the numbers behind them in numbers.json. Takes two to three
minutes with the native backend, and needs a build (npm run build). Seeds are fixed: a second run differs in the section
'timing' only. Sections that are not run keep their numbers and plots, and so do those whose data sets are missing; the
exit code is 1 then.

  --only a,b     these sections only: ${IDS.join(', ')}
  --out folder   where the files go (default: docs/plots)`;

function readOptions() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const only = values.only?.split(',') ?? IDS;
  const unknown = only.find((id) => !IDS.includes(id));
  if (unknown !== undefined) throw new Error(`--only: there is no section '${unknown}' (${IDS.join(', ')})`);
  return { ...values, only, out: values.out ?? fileURLToPath(new URL('../../docs/plots', import.meta.url)) };
}

function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value;
}

/** JSON with a line for each list or object that fits on one. */
function format(value, indent = '') {
  const flat = JSON.stringify(value, rounded);
  if (typeof value !== 'object' || value === null || flat.length + indent.length <= LINE) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const items = Object.entries(value).map(
    ([key, item]) => `${inner}${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}${format(item, inner)}`,
  );
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

async function main({ only, out }) {
  mkdirSync(out, { recursive: true });
  const file = path.join(out, 'numbers.json');
  const numbers = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const report = reporter(process.stderr);
  let complete = true;
  for (const section of SECTIONS.filter(({ id }) => only.includes(id))) {
    const line = report.section(section.id, section.title);
    const result = await section.run(line.progress);
    if (result.missing) {
      complete = false;
      line.done(`left as it was, ${result.missing}`, 0);
      continue;
    }
    numbers[section.id] = result.numbers;
    for (const figure of result.figures) writeFileSync(path.join(out, `${figure.name}.svg`), standaloneSvg(figure));
    line.done(result.figures.map(({ name }) => `${name}.svg`).join(', ') || 'numbers only');
  }
  const ordered = Object.fromEntries(IDS.filter((id) => numbers[id]).map((id) => [id, numbers[id]]));
  writeFileSync(file, `${format(ordered)}\n`);
  return complete;
}

let options;
try {
  options = readOptions();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
if (options.help) console.log(USAGE);
else process.exitCode = (await main(options)) ? 0 : 1;
