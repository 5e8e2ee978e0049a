// SPDX-License-Identifier: Apache-2.0
// Runs the outside programs that the deep checks need.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything that the deep checks build; git ignores it. */
export const WORK = path.join(ROOT, 'build-deep');

/** A check that cannot run here, and why. */
export class Skip extends Error {}

/** Output of a command that must succeed. */
export function run(command, args, { env = {}, cwd = ROOT } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (result.error?.code === 'ENOENT') throw new Skip(`${command} is not installed`);
  if (result.status !== 0) {
    const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-40).join('\n');
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}\n${tail}`);
  }
  return { stdout: result.stdout, stderr: result.stderr };
}

/** The package of what was built in `root`, as it is published. @returns the file, in `folder` */
export function pack(folder, root = ROOT) {
  return run(process.execPath, [path.join(root, 'scripts', 'pack.mjs'), folder]).stdout.trim();
}

/** Builds the addon with CMake into build-deep/<name>/build/Release, where node-gyp-build finds it. */
export function buildAddon(name, settings) {
  const place = path.join(WORK, name);
  const out = path.join(place, 'build');
  run('cmake', ['-S', ROOT, '-B', out, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', ...settings]);
  run('cmake', ['--build', out, '--target', 'hadaquant']);
  run('cmake', ['-E', 'make_directory', path.join(out, 'Release')]);
  run('cmake', ['-E', 'copy', path.join(out, 'hadaquant.node'), path.join(out, 'Release', 'hadaquant.node')]);
  return place;
}

/** What a Node without a sanitizer must load before an addon that has it. */
export function sanitizerLibrary(name) {
  return run('g++', [`-print-file-name=${name}`]).stdout.trim();
}

const COMPILER = path.basename(process.env.CXX ?? 'default');

/** Builds a program of test/cpp, by default with the compiler CXX and no more settings. @returns its path */
export function buildProgram(name, folder = path.join('programs', COMPILER), settings = []) {
  const out = path.join(WORK, folder);
  const options = ['-DCMAKE_BUILD_TYPE=Release', '-DHADAQUANT_TEST_PROGRAMS=ON', ...settings];
  run('cmake', ['-S', ROOT, '-B', out, '-G', 'Ninja', ...options]);
  run('cmake', ['--build', out, '--target', name]);
  return path.join(out, name);
}

const WORKLOAD = path.join(ROOT, 'test', 'deep', 'encode-files.mjs');

/** The lines of encode-files.mjs, run by `command` (default: this Node), and which backend printed them. */
export function workload(env, command = [process.execPath]) {
  const { stdout, stderr } = run(command[0], [...command.slice(1), WORKLOAD], { env });
  return { lines: stdout.trim().split('\n'), ran: stderr.trim().split('\n').at(-1) };
}

let reference;

/** Fails unless a run printed exactly what the JavaScript backend prints. */
export function expectSameFiles(actual, wanted) {
  if (actual.ran !== wanted) throw new Error(`expected ${wanted}, but ${actual.ran} ran`);
  reference ??= workload({ HADAQUANT_BACKEND: 'js' }).lines;
  const different = reference.filter((line, i) => line !== actual.lines[i]);
  if (different.length || actual.lines.length !== reference.length) {
    throw new Error(`${different.length} of ${reference.length} cases differ, the first: ${different[0]}`);
  }
  return `${reference.length} cases equal the JavaScript backend's`;
}
