#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What a prebuilt binary must be: made for the machine that its folder names, and (glibc) loadable on systems as old as
// Node 20 runs on. Usage: node scripts/check-prebuilds.mjs [--complete]: with --complete every target must be there.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files of a release, beside the folders of their targets. */
const RELEASE = {
  'linux-x64': ['hadaquant.glibc.node', 'hadaquant.musl.node'],
  'linux-arm64': ['hadaquant.glibc.node', 'hadaquant.musl.node'],
  'darwin-x64': ['hadaquant.node'],
  'darwin-arm64': ['hadaquant.node'],
  'win32-x64': ['hadaquant.node'],
  'win32-arm64': ['hadaquant.node'],
};

/** Newest versions allowed: glibc's and libstdc++'s of the oldest systems that Node 20 supports. */
export const FLOORS = { GLIBC: '2.28', GLIBCXX: '3.4.25' };

const ELF_MACHINES = { 62: 'x64', 183: 'arm64' };
const MACH_CPUS = { 16777223: 'x64', 16777228: 'arm64' };
const PE_MACHINES = { 34404: 'x64', 43620: 'arm64' };

/** The platform and CPU that a library's own header names. @returns as in 'linux-x64' */
export function targetOf(file) {
  const bytes = readFileSync(file);
  const name = (platform, table, machine) => `${platform}-${table[machine] ?? `machine ${machine}`}`;
  if (bytes.readUInt32BE(0) === 0x7f454c46) return name('linux', ELF_MACHINES, bytes.readUInt16LE(18));
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return name('darwin', MACH_CPUS, bytes.readUInt32LE(4));
  if (bytes.toString('latin1', 0, 2) === 'MZ') {
    return name('win32', PE_MACHINES, bytes.readUInt16LE(bytes.readUInt32LE(60) + 4));
  }
  return 'no library';
}

const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true });

/** The newest version of each library that a file asks for; undefined without objdump. */
export function floorsOf(file) {
  const { status, stdout } = spawnSync('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) return undefined;
  const newest = (prefix) =>
    [...stdout.matchAll(new RegExp(`\\b${prefix}_([0-9.]+)`, 'g'))]
      .map((match) => match[1])
      .sort(compare)
      .at(-1) ?? '0';
  return Object.fromEntries(Object.keys(FLOORS).map((prefix) => [prefix, newest(prefix)]));
}

/** Throws if a file asks for newer libraries than FLOORS. @returns what it asks for, as text */
export function expectFloors(file) {
  const floors = floorsOf(file);
  if (!floors) throw new Error(`objdump cannot read ${file}`);
  for (const [prefix, found] of Object.entries(floors)) {
    if (compare(found, FLOORS[prefix]) > 0) {
      throw new Error(`${path.basename(file)} needs ${prefix}_${found}, newer than ${FLOORS[prefix]}`);
    }
  }
  return Object.entries(floors)
    .map(([prefix, version]) => `${prefix} ${version}`)
    .join(', ');
}

/** The prebuilt binaries below a folder. @returns of each the target that its folder names and its path */
export function prebuildsIn(root) {
  const folder = path.join(root, 'prebuilds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((target) =>
    readdirSync(path.join(folder, target)).map((file) => ({ target, file: path.join(folder, target, file) })),
  );
}

function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const found = prebuildsIn(root);
  if (found.length === 0) throw new Error('there are no prebuilds: npm run prebuilds');
  for (const { target, file } of found) {
    const actual = targetOf(file);
    if (actual !== target) throw new Error(`${path.relative(root, file)} is for ${actual}`);
    const asks = file.endsWith('.glibc.node') ? `, ${expectFloors(file)}` : '';
    console.log(`${path.relative(root, file)}: ${statSync(file).size} bytes${asks}`);
  }
  if (!process.argv.includes('--complete')) return;
  for (const [target, files] of Object.entries(RELEASE)) {
    for (const file of files) {
      if (!existsSync(path.join(root, 'prebuilds', target, file)))
        throw new Error(`prebuilds/${target}/${file} is missing`);
    }
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
