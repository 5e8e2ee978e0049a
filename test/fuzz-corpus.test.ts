// SPDX-License-Identifier: Apache-2.0
/** Inputs that fuzzing kept, and those it begins with, read on every backend with the built package (dist/). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TARGETS } from './fuzz/targets.mjs';

const main = fileURLToPath(new URL('fuzz/main.mjs', import.meta.url));

it.each(TARGETS)('%s', (target) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, target], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^[\w-]+: \d+ executions, \d+ kinds of outcomes, \d+ s, no findings\n$/);
});
