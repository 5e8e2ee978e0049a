#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Stands where prebuildify expects node-gyp and answers its one call, `rebuild --arch=... --release`, with cmake-js.
// prebuildify takes the addon out of build/Release of the folder that it starts this in (scripts/prebuilds.mjs makes
// one for each target).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cmakeJs = path.join(
  path.dirname(createRequire(import.meta.url).resolve('cmake-js/package.json')),
  'bin',
  'cmake-js',
);
const option = (name) =>
  process.argv
    .find((argument) => argument.startsWith(`--${name}=`))
    ?.split('=')
    .at(1);

const toolchain = process.env.HADAQUANT_TOOLCHAIN;
const run = spawnSync(
  process.execPath,
  [
    cmakeJs,
    'rebuild',
    ...['--directory', root],
    ...['--out', path.resolve('build')],
    ...['--arch', option('arch') ?? process.arch],
    ...['--config', process.argv.includes('--debug') ? 'Debug' : 'Release'],
    ...(toolchain ? [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`] : []),
  ],
  { stdio: 'inherit' },
);
process.exit(run.status ?? 1);
