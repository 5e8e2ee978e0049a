#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Bundles the suite with the installed package. Usage: bundle.mjs FOLDER ENTRY OUT SETTINGS: FOLDER has esbuild and the
// package, ENTRY is a file of this folder, SETTINGS are esbuild's, as JSON.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [place, entry, outfile, settings] = process.argv.slice(2);
const { build } = createRequire(path.resolve(place, 'package.json'))('esbuild');

const OWN = fileURLToPath(new URL('.', import.meta.url));

/**
 * The package is the installed one. Tests name sources as well, which are no modules in it: those are what the project
 * compiled them to, and so a second library in the bundle.
 */
const installedPackage = {
  name: 'installed package',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^hadaquant(\/|$)/ }, ({ path: name, kind, pluginData }) =>
      pluginData?.asked ? undefined : resolve(name, { kind, resolveDir: place, pluginData: { asked: true } }),
    );
    onResolve({ filter: /\/lib\/.*\.ts$/ }, ({ path: file }) => {
      const name = file.slice(file.indexOf('/lib/') + 5).replace(/\.ts$/, '.js');
      return { path: path.join(OWN, '..', '..', 'dist', name) };
    });
  },
};

await build({
  entryPoints: [path.join(OWN, entry)],
  bundle: true,
  outfile,
  format: 'esm',
  loader: { '.txt': 'text' },
  plugins: [installedPackage],
  logLevel: 'error',
  ...JSON.parse(settings),
});
