#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Checks (or with --fix mends) the style of everything: biome for TypeScript and JavaScript, tsc for the types of the
// tests (vitest does not look at them), clang-format for C++.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const fix = process.argv.includes('--fix');

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
}

let failed = run('npx', ['biome', 'check', ...(fix ? ['--write'] : ['--error-on-warnings']), '.']).status !== 0;

failed = run('npx', ['tsc', '-p', 'test/tsconfig.json']).status !== 0 || failed;

const sources = ['cpp', 'binding', 'bench', 'test/cpp']
  .flatMap((folder) => {
    try {
      return readdirSync(path.join(root, folder), { recursive: true }).map((file) => path.join(folder, file));
    } catch {
      return [];
    }
  })
  .filter((file) => /\.(h|cpp)$/.test(file) && !file.includes('node_modules'));

// the formatting of other versions differs in details
const formatter = ['clang-format-19', 'clang-format'].find((name) => {
  const probe = spawnSync(name, ['--version'], { encoding: 'utf8' });
  return probe.status === 0 && probe.stdout.includes(' 19.');
});
if (formatter) {
  failed = run(formatter, [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...sources]).status !== 0 || failed;
} else {
  console.error('clang-format 19 is not installed: C++ style not checked');
  failed = failed || process.env.CI === 'true';
}
process.exit(failed ? 1 : 0);
