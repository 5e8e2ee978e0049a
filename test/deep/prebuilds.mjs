// SPDX-License-Identifier: Apache-2.0
// The prebuilt binaries, made in two folders: for the machine that their folder names, old libraries suffice, tiers keep
// to themselves, the same bytes from both folders, the same results as JavaScript; packed, they are used where there is
// no compiler.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expectFloors, prebuildsIn, targetOf } from '../../scripts/check-prebuilds.mjs';
import { testPackage } from '../../scripts/test-package.mjs';
import { expectSameFiles, pack, ROOT, run, Skip, WORK, workload } from './commands.mjs';
import { AVX, expectNoLeaks, expectOneSymbol } from './objects.mjs';
import { arm64Node, QEMU_ARM64 } from './tiers.mjs';

const PLACE = path.join(WORK, 'prebuilds');
const SOURCES = ['binding', 'cmake', 'cpp', 'scripts', 'CMakeLists.txt', 'package.json'];
const PACKED = ['dist', 'CHANGELOG.md', 'FORMAT.md', 'LICENSE', 'README.md'];
/** Packages that must not be the same folder in both places: they compile, or are compiled. */
const COPIED = ['cmake-js', 'node-addon-api', 'node-api-headers'];

/** A copy of the project with prebuilds. @returns its folder */
function buildIn(place) {
  rmSync(place, { recursive: true, force: true });
  const modules = path.join(place, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of [...SOURCES, ...PACKED])
    cpSync(path.join(ROOT, name), path.join(place, name), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    const from = path.join(ROOT, 'node_modules', name);
    if (COPIED.includes(name)) cpSync(from, path.join(modules, name), { recursive: true });
    else symlinkSync(from, path.join(modules, name));
  }
  run(process.execPath, [path.join(place, 'scripts', 'prebuilds.mjs')], { cwd: place });
  return place;
}

let place;
function built() {
  if (process.platform !== 'linux') throw new Skip('needs Linux');
  run('cmake', ['--version']);
  place ??= buildIn(path.join(PLACE, 'one'));
  return place;
}

function machines() {
  const found = prebuildsIn(built());
  for (const { target, file } of found) {
    const actual = targetOf(file);
    if (actual !== target) throw new Error(`${target} holds a library for ${actual}`);
  }
  if (found.length === 0) throw new Error('there are none');
  return found.map(({ target, file }) => `${target} ${statSync(file).size} bytes`).join(', ');
}

function oldestLibraries() {
  run('objdump', ['--version']);
  return prebuildsIn(built())
    .map(({ target, file }) => `${target} ${expectFloors(file)}`)
    .join('; ');
}

/** What must not be outside the tiers, and what shows it. */
const TIER_INSTRUCTIONS = {
  'linux-x64': { pattern: AVX, tools: process.arch === 'x64' ? '' : 'x86_64-linux-gnu-' },
  'linux-arm64': { pattern: /\t[su]dot\t/, tools: process.arch === 'arm64' ? '' : 'aarch64-linux-gnu-' },
};

function objectsOfTiers() {
  return prebuildsIn(built())
    .map(({ target }) => {
      const folder = path.join(built(), 'build-prebuilds', target, 'build');
      const files = readdirSync(folder, { recursive: true })
        .filter((file) => file.endsWith('.o'))
        .map((file) => path.join(folder, file));
      const { pattern, tools } = TIER_INSTRUCTIONS[target];
      return `${target} ${expectNoLeaks(files, pattern, `${tools}objdump`)}, ${expectOneSymbol(files)}`;
    })
    .join('; ');
}

function sameBytes() {
  const hashes = (folder) =>
    prebuildsIn(folder).map(
      ({ target, file }) => `${target} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`,
    );
  const first = hashes(built());
  const second = hashes(buildIn(path.join(PLACE, 'the', 'other', 'folder')));
  if (first.join() !== second.join()) throw new Error(`${first.join('\n')}\nbut\n${second.join('\n')}`);
  return first.map((line) => line.slice(0, line.indexOf(' ') + 13)).join(', ');
}

/** Runs the workload with the prebuilt binary of a target and nothing else. */
function sameFiles(target, command) {
  if (!prebuildsIn(built()).some((prebuild) => prebuild.target === target))
    throw new Skip(`${target} is not built here`);
  const env = { HADAQUANT_BACKEND: 'native', HADAQUANT_PREBUILD: built(), PREBUILDS_ONLY: '1' };
  const actual = workload(env, command);
  if (!/^native \w+$/.test(actual.ran)) throw new Error(`expected the native backend, but ${actual.ran} ran`);
  return `${expectSameFiles(actual, actual.ran)} (${actual.ran})`;
}

function onArm64() {
  if (process.arch === 'arm64') throw new Skip('this is arm64 already');
  run(QEMU_ARM64[0], ['--version']);
  return sameFiles('linux-arm64', [...QEMU_ARM64, '-cpu', 'max', arm64Node()]);
}

/** A folder with the programs that an installation may use, for PATH: no compiler, no make, no python. */
export function fewPrograms(node = process.execPath) {
  const folder = path.join(PLACE, 'bin');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['npm', 'sh']) {
    symlinkSync(realpathSync(run('sh', ['-c', `command -v ${name}`]).stdout.trim()), path.join(folder, name));
  }
  symlinkSync(node, path.join(folder, 'node'));
  return folder;
}

/** In bytes, with the binaries of two targets. */
const LARGEST_PACKAGE = 1e6;

let file;
/** The packed package with prebuilds: HADAQUANT_TARBALL, or made here. @returns its path */
export function tarball() {
  if (process.env.HADAQUANT_TARBALL) return path.resolve(process.env.HADAQUANT_TARBALL);
  if (file) return file;
  file = pack(PLACE, built());
  return file;
}

function packed() {
  const { size } = statSync(tarball());
  if (size >= LARGEST_PACKAGE) throw new Error(`${path.basename(tarball())} has ${size} bytes`);
  const project = path.join(PLACE, 'project');
  rmSync(project, { recursive: true, force: true });
  const env = { ...process.env, PATH: fewPrograms() };
  for (const name of ['HADAQUANT_BACKEND', 'HADAQUANT_ISA', 'HADAQUANT_PREBUILD']) delete env[name];
  return `${testPackage(tarball(), project, env)}, ${size} bytes`;
}

export const checks = [
  { name: 'prebuilds: each is for the machine that its folder names', run: machines },
  { name: 'prebuilds: libraries as old as Node 20 needs', run: oldestLibraries },
  { name: 'prebuilds: no instruction and no symbol leaves its tier', run: objectsOfTiers },
  { name: 'prebuilds: this machine, the same files', run: () => sameFiles(`${process.platform}-${process.arch}`) },
  { name: 'prebuilds: arm64 (qemu), the same files', run: onArm64 },
  { name: 'prebuilds: the packed package uses its own without a compiler', run: packed },
  { name: 'prebuilds: the same bytes from another folder', run: sameBytes },
];
