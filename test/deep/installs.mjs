// SPDX-License-Identifier: Apache-2.0
// The packed package, installed into empty folders by every package manager, with no compiler on PATH: the main job runs
// with the prebuilt binary, and gives the same bytes everywhere.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, run } from './commands.mjs';
import { fewPrograms, tarball } from './prebuilds.mjs';
import { NODES, tool, toolScript } from './toolbox.mjs';

// not below the project, whose node_modules would be found too
let root;
function emptyFolder(name) {
  if (!root) {
    root = mkdtempSync(path.join(tmpdir(), 'hadaquant-installs-'));
    process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  }
  const place = path.join(root, name.replaceAll(/\W+/g, '-'));
  mkdirSync(place);
  return place;
}

const PROGRAM = path.join(ROOT, 'test', 'deep', 'use-package.mjs');

/** What every installation starts with: Node and a shell on PATH, none of our settings. */
export function environment(node = NODES[20]) {
  const clean = { HADAQUANT_BACKEND: '', HADAQUANT_ISA: '', HADAQUANT_PREBUILD: '' };
  return { ...clean, PATH: fewPrograms(node), DENO_TLS_CA_STORE: 'system', YARN_ENABLE_TELEMETRY: '0', CI: '1' };
}

/** An empty project with the tarball and the program beside it. @returns its folder */
export function emptyProject(name, more = {}) {
  const place = emptyFolder(name);
  copyFileSync(tarball(), path.join(place, 'package.tgz'));
  copyFileSync(PROGRAM, path.join(place, 'use.mjs'));
  writeFileSync(path.join(place, 'use.cjs'), "require('hadaquant');\nimport('./use.mjs');\n");
  writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name: 'empty', private: true, ...more }));
  return place;
}

let sum;
/** Runs the program. Fails unless the wanted backend did the work, with the bytes of all other runs. */
export function expectUse(place, command, wanted, env) {
  const [backend, bytes] = run(command[0], command.slice(1), { cwd: place, env }).stdout.trim().split(' ');
  if (backend !== wanted) throw new Error(`expected the ${wanted} backend, but ${backend} ran`);
  sum ??= bytes;
  if (bytes !== sum) throw new Error(`${backend} gives other bytes: ${bytes}, not ${sum}`);
  return backend;
}

/** ESM, require, --no-addons and the backends by name. @returns what ran */
function useEverywhere(place, node, env) {
  const runs = [
    ['native', ['use.mjs'], {}],
    ['native', ['use.cjs'], {}],
    ['wasm', ['--no-addons', 'use.mjs'], {}],
    ...['native', 'wasm', 'js'].map((name) => [name, ['use.mjs'], { HADAQUANT_BACKEND: name }]),
  ];
  for (const [wanted, args, more] of runs) expectUse(place, [node, ...args], wanted, { ...env, ...more });
  return 'import and require native, --no-addons wasm';
}

/** Managers as Node programs: with which Node, and how one adds the package and says its version. */
const MANAGERS = {
  npm: { node: 20, script: () => npmOfThisNode(), add: ['install', '--no-audit', './package.tgz'] },
  'npm --ignore-scripts': {
    node: 20,
    script: () => npmOfThisNode(),
    add: ['install', '--no-audit', '--ignore-scripts', './package.tgz'],
  },
  'npm 12': { node: 24, script: () => toolScript('npm'), add: ['install', '--no-audit', './package.tgz'] },
  'Yarn 1': { node: 20, script: () => tool('yarn', 'bin', 'yarn.js'), add: ['add', 'file:./package.tgz'] },
  'Yarn 4, node_modules': {
    node: 20,
    script: () => toolScript('@yarnpkg/cli-dist', 'yarn'),
    add: ['add', 'hadaquant@file:./package.tgz'],
    settings: ['.yarnrc.yml', 'nodeLinker: node-modules\nenableGlobalCache: false\n'],
  },
};

function npmOfThisNode() {
  return path.join(run('npm', ['root', '--global']).stdout.trim(), 'npm', 'bin', 'npm-cli.js');
}

/** An empty project with the package in its node_modules. @returns its folder */
export function npmProject(name, more) {
  const place = emptyProject(name, more);
  const args = [npmOfThisNode(), 'install', '--silent', '--no-audit', '--ignore-scripts', './package.tgz'];
  run(NODES[20], args, { cwd: place, env: environment() });
  return place;
}

function withManager(name) {
  const { node, script, add, settings } = MANAGERS[name];
  const place = emptyProject(name);
  if (settings) writeFileSync(path.join(place, settings[0]), settings[1]);
  const env = environment(NODES[node]);
  const manager = [NODES[node], script()];
  const version = run(NODES[node], [manager[1], '--version'], { cwd: place, env }).stdout.trim();
  run(NODES[node], [manager[1], ...add], { cwd: place, env });
  return `${version}: ${useEverywhere(place, NODES[node], env)}`;
}

function withPlugAndPlay() {
  const place = emptyProject('Yarn 4 pnp');
  writeFileSync(path.join(place, '.yarnrc.yml'), 'enableGlobalCache: false\n');
  const env = environment();
  const yarn = [NODES[20], toolScript('@yarnpkg/cli-dist', 'yarn')];
  run(yarn[0], [yarn[1], 'add', 'hadaquant@file:./package.tgz'], { cwd: place, env });
  const ran = ['use.mjs', 'use.cjs'].map((file) => expectUse(place, [...yarn, 'node', file], 'native', env));
  return `import and require ${ran.join(', ')}`;
}

function withPnpm() {
  const place = emptyProject('pnpm');
  const env = environment();
  const pnpm = tool('.bin', 'pnpm');
  const version = run(pnpm, ['--version'], { cwd: place, env }).stdout.trim();
  run(pnpm, ['add', './package.tgz'], { cwd: place, env });
  return `${version}: ${useEverywhere(place, NODES[20], env)}`;
}

function withBun() {
  const place = emptyProject('Bun');
  const env = environment();
  const bun = tool('bun', 'bin', 'bun.exe');
  run(bun, ['add', './package.tgz'], { cwd: place, env });
  const ran = ['use.mjs', 'use.cjs'].map((file) => expectUse(place, [bun, file], 'native', env));
  expectUse(place, [bun, 'use.mjs'], 'wasm', { ...env, HADAQUANT_BACKEND: 'wasm' });
  return `${run(bun, ['--version']).stdout.trim()}: import and require ${ran.join(', ')}; wasm by name`;
}

/** Deno installs no tarballs, so npm does. */
function withDeno() {
  const place = npmProject('Deno');
  const env = environment();
  const deno = tool('.bin', 'deno');
  const ran = ['use.mjs', 'use.cjs'].map((file) => expectUse(place, [deno, 'run', '--allow-all', file], 'native', env));
  const readOnly = ['--no-prompt', '--allow-read', '--allow-env', '--allow-sys'];
  expectUse(place, [deno, 'run', ...readOnly, 'use.mjs'], 'wasm', env);
  return `import and require ${ran.join(', ')}; wasm without --allow-ffi`;
}

export const checks = [
  ...Object.keys(MANAGERS).map((name) => ({ name: `installs: ${name}`, run: () => withManager(name) })),
  { name: 'installs: Yarn 4, Plug and Play', run: withPlugAndPlay },
  { name: 'installs: pnpm', run: withPnpm },
  { name: 'installs: Bun', run: withBun },
  { name: 'installs: Deno', run: withDeno },
];
