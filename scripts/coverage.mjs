#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs the tests and prints how much of each folder they run: TypeScript by V8's coverage, C++ by Clang's in an addon
// built for it (build-deep/coverage). Extra arguments go to vitest: `npm run coverage -- test/search`. Lines that no test
// runs are listed in coverage/index.html and in coverage/cpp.txt.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAddon, run, WORK } from '../test/deep/commands.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = path.join(root, 'coverage');
const raw = path.join(WORK, 'coverage', 'raw');

// counters live in a mapped file, so that a process that is ended from outside has written them
const FLAGS = '-fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation=true';

function test(place) {
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['html', 'json-summary'].map((name) => `--coverage.reporter=${name}`);
  const options = ['--coverage.provider=v8', '--coverage.include=lib/**', ...reporters, '--coverage.reportOnFailure'];
  return spawnSync(process.execPath, [vitest, 'run', '--coverage', ...options, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, HADAQUANT_PREBUILD: place, LLVM_PROFILE_FILE: path.join(raw, '%p%c.profraw') },
  }).status;
}

/** Lines and branches of a report, summed up by folder. @param files [path, { covered, count } of lines and branches] */
function byFolder(files) {
  const folders = new Map();
  for (const [file, lines, branches] of files) {
    const name = path.dirname(path.relative(root, file));
    const sums = folders.get(name) ?? { lines: [0, 0], branches: [0, 0] };
    for (const [kind, { covered, count }] of Object.entries({ lines, branches })) {
      sums[kind][0] += covered;
      sums[kind][1] += count;
    }
    folders.set(name, sums);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
}

const percent = ([covered, count]) => (count ? `${((100 * covered) / count).toFixed(1)} %` : '-').padStart(8);

function print(title, files) {
  console.log(
    `\n${title.padEnd(24)}${'lines'.padStart(8)}${'of'.padStart(7)}${'branches'.padStart(10)}${'of'.padStart(7)}`,
  );
  const folders = byFolder(files);
  const all = byFolder(files.map(([, ...counts]) => [path.join(root, 'all', 'x'), ...counts]));
  for (const [name, { lines, branches }] of [...folders, ...all]) {
    const counts = [lines, branches].map((sum) => percent(sum) + String(sum[1]).padStart(7));
    console.log(`${name.padEnd(24)}${counts[0]}  ${counts[1]}`);
  }
}

function typescript() {
  const { total: _, ...files } = JSON.parse(readFileSync(path.join(out, 'coverage-summary.json'), 'utf8'));
  const counts = ({ covered, total }) => ({ covered, count: total });
  return Object.entries(files).map(([file, { lines, branches }]) => [file, counts(lines), counts(branches)]);
}

function cpp(place) {
  const profile = path.join(WORK, 'coverage', 'tests.profdata');
  const profiles = readdirSync(raw).map((file) => path.join(raw, file));
  writeFileSync(`${profile}.list`, profiles.join('\n'));
  run('llvm-profdata-19', ['merge', '-sparse', `-f=${profile}.list`, '-o', profile]);
  const sources = ['cpp', 'binding'].map((folder) => path.join(root, folder));
  const what = [path.join(place, 'build', 'Release', 'hadaquant.node'), `-instr-profile=${profile}`, ...sources];
  writeFileSync(path.join(out, 'cpp.txt'), run('llvm-cov-19', ['show', '-show-instantiations=false', ...what]).stdout);
  const { data } = JSON.parse(run('llvm-cov-19', ['export', '-summary-only', ...what]).stdout);
  return data[0].files.map(({ filename, summary }) => [filename, summary.lines, summary.branches]);
}

rmSync(raw, { recursive: true, force: true });
mkdirSync(raw, { recursive: true });
const place = buildAddon('coverage', ['-DCMAKE_CXX_COMPILER=clang++-19', `-DCMAKE_CXX_FLAGS=${FLAGS}`]);
const status = test(place);
print('TypeScript', typescript());
print('C++', cpp(place));
process.exit(status ?? 1);
