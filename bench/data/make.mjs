// SPDX-License-Identifier: Apache-2.0
/** Makes every set, each in a process of its own, so that one that fails leaves the others alone. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FORCE } from './cache.mjs';
import { options } from './cli.mjs';

const SCRIPTS = ['glove', 'use', 'mnist', 'weights', 'gradients'];

const { force } = options(
  `Usage: node make.mjs [--force]

Makes the sets that are not in the cache yet: ${SCRIPTS.join(', ')}. A set that
fails does not stop the others; the exit code is then 1.

  -f, --force   make the sets that are there again
  -h, --help    this text
`,
  FORCE,
);

const failed = SCRIPTS.filter((script) => {
  const path = fileURLToPath(new URL(`${script}.mjs`, import.meta.url));
  return spawnSync(process.execPath, [path, ...(force ? ['--force'] : [])], { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}; what else is in the cache is whole\n`);
  process.exitCode = 1;
}
