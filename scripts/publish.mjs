#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Publishes the .tgz file in this folder with provenance, if the tag is its version. Only the release workflow may: npm
// trusts that, so there is no token. Usage: node scripts/publish.mjs v1.2.3 [--dry-run]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const [tag, ...more] = process.argv.slice(2);
if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json says ${version}`);
const tarball = `./${name}-${version}.tgz`;
if (!existsSync(path.join(root, tarball))) throw new Error(`${tarball} is not here`);
const distTag = version.includes('-') ? 'next' : 'latest';
const args = ['publish', tarball, '--provenance', '--access', 'public', '--tag', distTag, ...more];
process.exit(spawnSync('npm', args, { cwd: root, stdio: 'inherit' }).status ?? 1);
