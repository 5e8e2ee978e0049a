#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Installs a packed package into an empty project, without install scripts, and uses it from ESM and CommonJS with its
// prebuilt binary and with JavaScript: both must give the same bytes. Usage: node scripts/test-package.mjs [file.tgz]
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const USE = `
const rows = Float32Array.from({ length: 300 }, (_, i) => Math.fround(((i * 7919) % 101) / 50 - 1));
const codes = new hq.Quantizer({ dim: 100, bits: 4 }).encode(rows);
console.log(hq.backend.name, Buffer.from(codes).toString('base64'));`;

function run(command, args, options) {
  const result = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed: ${result.error ?? `${result.stdout}\n${result.stderr}`}`);
  }
  return result.stdout.trim();
}

/** @param place an empty folder @param env of everything that is started there @returns what was used */
export function testPackage(tarball, place, env = process.env) {
  mkdirSync(place, { recursive: true });
  copyFileSync(tarball, path.join(place, 'package.tgz'));
  writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name: 'empty', private: true }));
  // npm is a script for the shell on Windows
  const options = { cwd: place, env, shell: process.platform === 'win32' };
  run('npm', ['install', '--silent', '--no-audit', '--ignore-scripts', './package.tgz'], options);
  const programs = [
    ['--input-type=module', '-e', `import * as hq from 'hadaquant';${USE}`],
    ['--input-type=commonjs', '-e', `const hq = require('hadaquant');${USE}`],
  ];
  const results = new Set();
  for (const args of programs) {
    // the reason why a binary cannot be loaded is in the error when no other backend will do, so that comes first
    for (const asked of ['native', undefined, 'wasm', 'js']) {
      const more = asked && { HADAQUANT_BACKEND: asked };
      const [backend, codes] = run(process.execPath, args, { cwd: place, env: { ...env, ...more } }).split(' ');
      const expected = asked ?? 'native';
      if (backend !== expected) throw new Error(`expected the ${expected} backend, but ${backend} ran`);
      results.add(codes);
    }
  }
  if (results.size !== 1) throw new Error('the prebuilt binary and JavaScript give different bytes');
  const command = path.join(place, 'node_modules', 'hadaquant', 'dist', 'cli', 'main.js');
  if (!run(process.execPath, [command, '--help'], { env }).includes('compress')) {
    throw new Error('the command has no help');
  }
  return `native on ${process.platform}-${process.arch}, Node ${process.versions.node}`;
}

function main() {
  const tarball = process.argv[2] ?? readdirSync('.').find((file) => file.endsWith('.tgz'));
  if (!tarball) throw new Error('no .tgz file is here or was named');
  const place = mkdtempSync(path.join(tmpdir(), 'hadaquant-package-'));
  try {
    console.log(`${path.basename(tarball)} works: ${testPackage(tarball, place)}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
