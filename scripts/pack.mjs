#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Packs the package as it is published: dist/ with few modules in place of one a source file, because Node takes about
// a sixth of a millisecond to find and load each. Entries keep their paths. Usage: npm run pack [-- FOLDER],
// after a build and with the prebuilt binaries in prebuilds/; writes hadaquant-<version>.tgz there or here.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The modules that package.json names: entries, commands, and what `imports` chooses from. Paths in dist/, no extension. */
function entries() {
  const { exports, imports, bin } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const named = JSON.stringify([exports, imports, bin]).matchAll(/"(?:\.\/)?dist\/([^"]+)\.js"/g);
  return [...new Set([...named].map(([, entry]) => entry))];
}

/** Modules for all platforms, whichever entries share them. */
const isCore = (id) =>
  !/[\\/]dist[\\/](cli|gradient|nats|platform|wasm[\\/](embedded|imported|module)|native)\b/.test(id);

/** Node and bundlers follow these themselves, by what they run on. */
const EXTERNAL = [/^node:/, /^#/, /\.wasm$/, 'node-gyp-build', 'nats'];

/** @param out folder for the modules */
async function bundle(out) {
  const bundled = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(entries().map((entry) => [entry, path.join(ROOT, 'dist', `${entry}.js`)])),
    external: EXTERNAL,
    platform: 'neutral',
  });
  await bundled.write({
    dir: out,
    format: 'esm',
    comments: { annotation: true, jsdoc: false, legal: true },
    // shorter names of variables are a twelfth of the time of an import; functions keep theirs, and lines stay
    minify: { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: false } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        { name: 'core', test: isCore, priority: 2 },
        // beside core.js: it finds the binaries from the folder that it is in
        { name: 'node', test: /[\\/](native|atomic-file)\.js$/, priority: 1 },
      ],
    },
  });
  await bundled.close();
}

function npm(args, cwd) {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26, shell });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed\n${stdout}\n${stderr}`);
  return stdout;
}

/** @param to folder for the file @returns its path */
async function pack(to) {
  const stage = mkdtempSync(path.join(tmpdir(), 'hadaquant-pack-'));
  try {
    const [{ files }] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], ROOT));
    for (const { path: file } of files) {
      if (file.startsWith('dist/') && file.endsWith('.js')) continue;
      mkdirSync(path.dirname(path.join(stage, file)), { recursive: true });
      cpSync(path.join(ROOT, file), path.join(stage, file));
    }
    await bundle(path.join(stage, 'dist'));
    mkdirSync(to, { recursive: true });
    const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', to], stage));
    return path.join(to, filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

console.log(await pack(path.resolve(process.argv[2] ?? '.')));
