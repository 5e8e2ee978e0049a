#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Builds the documentation site from the doc comments of the public entry points and the guides: build-docs/index.html. A public
// name without a comment, a link that leads nowhere or a type that is not public is an error. typedoc needs TypeScript 6
// beside the project's own (it has the JavaScript interface that 7 lacks), so both are a package of their own, docs/site,
// which is installed when it is needed. Usage: npm run docs [-- --check]: with --check nothing is written.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const site = fileURLToPath(new URL('../docs/site/', import.meta.url));
const readJson = (...parts) => JSON.parse(readFileSync(path.join(site, ...parts), 'utf8'));

function run(command, args, shell = false) {
  const { status, error } = spawnSync(command, args, { cwd: site, stdio: 'inherit', shell });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const { devDependencies } = readJson('package.json');
const installed = Object.entries(devDependencies).every(([name, version]) => {
  const manifest = path.join('node_modules', name, 'package.json');
  return existsSync(path.join(site, manifest)) && readJson(manifest).version === version;
});
// npm is a script for the shell on Windows
if (!installed) run('npm', ['ci', '--silent', '--no-audit', '--ignore-scripts'], process.platform === 'win32');

const emit = process.argv.includes('--check') ? ['--emit', 'none'] : [];
run(process.execPath, [path.join('node_modules', 'typedoc', 'bin', 'typedoc'), ...emit]);
