#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Builds the native addon into build/Release, or says in one line why it cannot: the package then works with its
// kernels as WebAssembly. HADAQUANT_REQUIRE_NATIVE=1 (CI) makes that an error; HADAQUANT_SKIP_NATIVE=1 skips the build.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const required = process.env.HADAQUANT_REQUIRE_NATIVE === '1';

function fallThrough(why) {
  console.error(`hadaquant: native addon not built (${why}); WebAssembly does the work, more slowly`);
  process.exit(required ? 1 : 0);
}

function onPath(command) {
  if (command.includes(path.sep)) return existsSync(command);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => endings.some((ending) => existsSync(path.join(folder, command + ending))));
}

if (process.env.HADAQUANT_SKIP_NATIVE === '1') fallThrough('HADAQUANT_SKIP_NATIVE=1');
if (!onPath('cmake')) fallThrough('no cmake on PATH');
const compilers = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
// on Windows CMake finds the compiler by itself
if (process.platform !== 'win32' && !compilers.some(onPath))
  fallThrough(`no C++ compiler on PATH (${compilers.join(', ')})`);
if (!onPath('ninja') && !onPath('make') && process.platform !== 'win32') fallThrough('neither ninja nor make on PATH');

let cmakeJs;
try {
  const { resolve } = createRequire(path.join(root, 'package.json'));
  cmakeJs = path.join(path.dirname(resolve('cmake-js/package.json')), 'bin', 'cmake-js');
} catch {
  fallThrough('the development dependency cmake-js is not installed');
}

// A build folder that another generator or another place made cannot be used again.
const cache = path.join(root, 'build', 'CMakeCache.txt');
const home = existsSync(cache) && /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8'))?.[1];
const stale = home && path.resolve(home) !== path.resolve(root);

const started = performance.now();
const run = spawnSync(process.execPath, [cmakeJs, stale ? 'rebuild' : 'compile', '--out', 'build'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
if (run.status !== 0) {
  console.error(`${run.stdout}\n${run.stderr}`.trim().split('\n').slice(-40).join('\n'));
  fallThrough('the compiler failed, see above');
}
console.error(`hadaquant: native addon ready (${((performance.now() - started) / 1000).toFixed(1)} s)`);
