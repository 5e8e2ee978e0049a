// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';

// Parses the options and answers --help; returns the values.
export function options(usage, extra = {}) {
  let values;
  try {
    ({ values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, ...extra } }));
  } catch (error) {
    fail(error.message);
  }
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  return values;
}

// undefined stays undefined: the option was not given.
export function positiveInteger(name, text) {
  const number = Number(text);
  if (text !== undefined && (!Number.isInteger(number) || number < 1)) {
    fail(`--${name} must be a positive whole number, not '${text}'`);
  }
  return text === undefined ? undefined : number;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
