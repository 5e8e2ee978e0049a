#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Makes the prebuilt binaries of the package: prebuilds/<platform>-<arch>/hadaquant.<libc>.node, which node-gyp-build
// finds. Usage: npm run prebuilds [-- platform-arch ...]. Default: this machine, and linux-arm64 where Linux on x86-64
// has the cross compiler. A target that cannot be built here is an error only when it was asked for.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import prebuildify from 'prebuildify';

const root = fileURLToPath(new URL('..', import.meta.url));
const here = `${process.platform}-${process.arch}`;

/** Targets that another one builds: the prefix of its tools, which names the toolchain file too. */
const CROSS = { 'linux-x64': { 'linux-arm64': 'aarch64-linux-gnu' } };
const cross = CROSS[here] ?? {};
const hasCompiler = (tools) => spawnSync(`${tools}-g++`, ['--version']).status === 0;

const shim = path.join(root, 'scripts', 'node-gyp-shim.mjs');
// prebuildify starts it through the shell on Windows, which knows no first line of a script
const nodeGyp = process.platform === 'win32' ? `"${process.execPath}" "${shim}"` : shim;

async function build(target) {
  const tools = target === here ? undefined : cross[target];
  if (target !== here && !tools) throw new Error(`${target} cannot be built on ${here}`);
  if (tools && !hasCompiler(tools)) throw new Error(`${target} needs ${tools}-g++`);
  const [platform, arch] = target.split('-');
  if (tools) process.env.HADAQUANT_TOOLCHAIN = path.join(root, 'cmake', 'toolchains', `${tools}.cmake`);
  else delete process.env.HADAQUANT_TOOLCHAIN;
  // away from build/, which holds the addon that the tests load
  const place = path.join(root, 'build-prebuilds', target);
  mkdirSync(place, { recursive: true });
  await promisify(prebuildify)({
    name: 'hadaquant',
    platform,
    arch,
    napi: true,
    strip: true,
    ...(tools && { stripBin: `${tools}-strip` }),
    tagLibc: platform === 'linux',
    nodeGyp,
    cwd: place,
    out: root,
  });
  const folder = path.join(root, 'prebuilds', target);
  for (const file of readdirSync(folder)) {
    console.log(`prebuilds/${target}/${file}: ${statSync(path.join(folder, file)).size} bytes`);
  }
}

const asked = process.argv.slice(2);
const possible = Object.keys(cross).filter((target) => hasCompiler(cross[target]));
const targets = asked.length ? asked : [here, ...possible];
for (const target of targets) await build(target);
