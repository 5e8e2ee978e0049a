// SPDX-License-Identifier: Apache-2.0
/** The command line of `npm run reproduce`. */
import { parseArgs } from 'node:util';

/** A mistake of the caller: shown as one line, exit code 2. */
export class UsageError extends Error {}

const FLAGS = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  out: { type: 'string', default: 'docs' },
  date: { type: 'string' },
  render: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

export function usage(sections) {
  const list = sections.map(({ id, title }) => `  ${id}  ${title}`).join('\n');
  return `usage: npm run reproduce -- [--quick] [--only a,b] [--out folder]

Reproduces the claims of arXiv 2605.06014 and 2605.13810 with this library. Writes reproduction.json and
reproduction.html, prints a table of the claims, and exits with 1 if one of them does not hold.

  --quick          fewer samples: two minutes in all, instead of up to thirty
  --only a,b       these sections only
  --out folder     where the two files go (default: docs)
  --date day       the day to write on the page, as 2026-05-31 (default: today)
  --render file    make the page of a reproduction.json again; nothing is computed
  --help           this text

Sections:
${list}`;
}

/**
 * @param {string[]} args
 * @param {string[]} ids letters of the sections there are
 * @throws UsageError that says what is wrong
 */
export function readOptions(args, ids) {
  let values;
  try {
    values = parseArgs({ args, options: FLAGS }).values;
  } catch (error) {
    // node's message, without its advice about positional arguments
    throw new UsageError(error.message.split('. ')[0]);
  }
  const only = values.only === undefined ? ids : values.only.split(',').filter((id) => id !== '');
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new UsageError(`--only: there is no section '${unknown}' (${ids.join(', ')})`);
  if (only.length === 0) throw new UsageError(`--only needs sections (${ids.join(', ')})`);
  if (values.out === '') throw new UsageError('--out needs a folder');
  if (values.render !== undefined && (values.quick || values.only !== undefined || values.date !== undefined)) {
    throw new UsageError('--render computes nothing: it goes with --out only');
  }
  const date = values.date ?? new Date().toISOString().slice(0, 10);
  if (!isDay(date)) throw new UsageError(`--date must be a day like 2026-05-31, got '${date}'`);
  return { ...values, only, date };
}

function isDay(text) {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
