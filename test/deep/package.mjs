// SPDX-License-Identifier: Apache-2.0
// The packed package, installed into an empty project without a compiler and with its prebuilt binaries hidden, works as
// WebAssembly from ESM and CommonJS, and its command runs.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pack, run, WORK } from './commands.mjs';

const USE =
  'const q = new hq.Quantizer({ dim: 100, bits: 4 }); console.log(hq.backend.name, q.encode(new Float32Array(100).fill(1)).length);';

function packed() {
  const place = path.join(WORK, 'package');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const tarball = path.basename(pack(place));
  writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name: 'empty', private: true }));
  run('npm', ['install', '--silent', '--no-audit', `./${tarball}`], { cwd: place });
  for (const args of [
    ['--input-type=module', '-e', `import * as hq from 'hadaquant'; ${USE}`],
    ['--input-type=commonjs', '-e', `const hq = require('hadaquant'); ${USE}`],
  ]) {
    const { stdout } = run(process.execPath, args, { cwd: place, env: { HADAQUANT_PREBUILD: place } });
    if (stdout.trim() !== 'wasm 59') throw new Error(`expected "wasm 59", got "${stdout.trim()}"`);
  }
  const { stdout } = run(path.join(place, 'node_modules', '.bin', 'hadaquant'), ['--help'], { cwd: place });
  if (!stdout.includes('compress')) throw new Error('the command has no help');
  const files = readdirSync(path.join(place, 'node_modules', 'hadaquant'));
  for (const unwanted of ['binding.gyp', 'test', 'bench', 'node_modules']) {
    if (files.includes(unwanted)) throw new Error(`the package contains ${unwanted}`);
  }
  return tarball;
}

export const checks = [{ name: 'the packed package works without a compiler', run: packed }];
