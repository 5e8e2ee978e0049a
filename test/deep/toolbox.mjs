// SPDX-License-Identifier: Apache-2.0
// Other runtimes, package managers, compilers and bundlers: test/runtimes/package.json, installed when a check first asks;
// and Node for other machines.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run, WORK } from './commands.mjs';

const FROM = path.join(ROOT, 'test', 'runtimes');
const PLACE = path.join(WORK, 'runtimes');
const LOCK = 'package-lock.json';

let ready = false;
/** Installs the tools as their lock file says, unless they are there. */
function install() {
  if (ready) return;
  const lock = readFileSync(path.join(FROM, LOCK), 'utf8');
  // written last, so that an installation that broke off counts as none
  const done = path.join(PLACE, 'installed.json');
  if (!existsSync(done) || readFileSync(done, 'utf8') !== lock) {
    mkdirSync(PLACE, { recursive: true });
    for (const file of ['package.json', LOCK]) cpSync(path.join(FROM, file), path.join(PLACE, file));
    // not `ci`: npm writes locks without some of the binaries for other systems, and then refuses them
    run('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: PLACE });
    writeFileSync(done, lock);
  }
  ready = true;
}

/** The path of a file in one of the tools' packages. */
export function tool(...file) {
  install();
  return path.join(PLACE, 'node_modules', ...file);
}

/** A file of a package that package.json of the tools names: what `bin` says. */
export function toolScript(name, bin) {
  const { bin: bins } = JSON.parse(readFileSync(tool(name, 'package.json'), 'utf8'));
  return tool(name, typeof bins === 'string' ? bins : bins[bin ?? name]);
}

export const NODES = {
  get 20() {
    return process.execPath;
  },
  get 22() {
    return tool('node-22', 'bin', 'node');
  },
  get 24() {
    return tool('node-24', 'bin', 'node');
  },
};

/** Node for another machine, from a package of the registry that holds nothing else. @param spec its name@version */
export function foreignNode(spec, file = 'node') {
  const place = path.join(WORK, spec.replace('@', '-'));
  const binary = path.join(place, 'package', 'bin', file);
  if (existsSync(binary)) return binary;
  mkdirSync(place, { recursive: true });
  const { stdout } = run('npm', ['pack', '--silent', spec], { cwd: place });
  run('tar', ['xzf', stdout.trim().split('\n').at(-1)], { cwd: place });
  return binary;
}
