// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// test/deep holds what takes long or needs tools of its own; scripts/test-deep.mjs sets the variable.
const deep = process.env['HADAQUANT_TEST_DEEP'] === '1';

export default defineConfig({
  resolve: {
    // examples import the package by its name; they are tested without their own node_modules
    alias: {
      // and the sources take each other, not what they were compiled to
      '#platform': fileURLToPath(new URL('lib/platform/node.ts', import.meta.url)),
      '#wasm-module': fileURLToPath(new URL('lib/wasm/embedded.ts', import.meta.url)),
      'hadaquant/gradient': fileURLToPath(new URL('lib/gradient/index.ts', import.meta.url)),
    },
  },
  test: {
    include: [deep ? 'test/deep/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: deep ? [] : ['test/deep/**'],
    // no test asserts a time: this only ends a run that hangs
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // a crash of native code must end one file, not the run
    pool: 'forks',
  },
});
