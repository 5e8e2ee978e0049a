#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Puts the page into site/: static files for any server. `npm run build`
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const SITE = at('site');
const DATA = ['glosses.npy', 'glosses.txt', 'queries.npy', 'queries.txt'];

/** @returns the folder */
export async function buildSite() {
  if (!existsSync(at('../../dist/index.js'))) {
    throw new Error('the package is not compiled: run npm ci && npm run build:ts at the root of the repository');
  }
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(at('site/data'), { recursive: true });
  await build({
    entryPoints: [at('page/main.js'), at('page/worker.js')],
    outdir: SITE,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'style.css']) copyFileSync(at(`page/${name}`), at(`site/${name}`));
  for (const name of DATA) copyFileSync(at(`../../test/fixtures/${name}`), at(`site/data/${name}`));
  return SITE;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildSite());
