// SPDX-License-Identifier: Apache-2.0
// The workflows of .github by two checkers: actionlint (are they well formed, do runners and inputs exist) and zizmor (pinned
// actions, least rights, no code from outside).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run, Skip, WORK } from './commands.mjs';

const ACTIONLINT = { module: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12', go: 1.24 };
const ZIZMOR = 'zizmor==1.32.0';

const workflows = () => readdirSync(path.join(ROOT, '.github', 'workflows'));
const installed = (command, args) => spawnSync(command, args).status === 0;

function actionlint() {
  if (installed('actionlint', ['-version'])) {
    run('actionlint', []);
  } else {
    const version = run('go', ['version']).stdout.match(/go(\d+\.\d+)/)?.[1];
    if (!(Number(version) >= ACTIONLINT.go)) throw new Skip(`needs actionlint or Go ${ACTIONLINT.go}, not ${version}`);
    run('go', ['run', ACTIONLINT.module]);
  }
  return `nothing found in ${workflows().join(', ')}`;
}

/** zizmor, if need be from the registry, in a folder of its own. @returns its path */
function zizmorProgram() {
  if (installed('zizmor', ['--version'])) return 'zizmor';
  const place = path.join(WORK, 'zizmor');
  const program = path.join(place, 'bin', 'zizmor');
  if (existsSync(program)) return program;
  if (process.platform === 'win32') throw new Skip('zizmor is not installed');
  mkdirSync(WORK, { recursive: true });
  run('python3', ['--version']);
  if (!installed('python3', ['-m', 'venv', place])) throw new Skip('needs zizmor or the package python3-venv');
  run(path.join(place, 'bin', 'pip'), ['install', '--quiet', ZIZMOR]);
  return program;
}

function zizmor() {
  run(zizmorProgram(), ['--offline', '--pedantic', '--no-progress', path.join('.github', 'workflows')]);
  return `nothing found in ${workflows().join(', ')}`;
}

export const checks = [
  { name: 'workflows: actionlint', run: actionlint },
  { name: 'workflows: zizmor', run: zizmor },
];
