// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** A JSON file; the error of a broken one names it. */
export function readJson(path) {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}
