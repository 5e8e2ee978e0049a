// SPDX-License-Identifier: Apache-2.0
// The workload, and all tests, with AddressSanitizer and UndefinedBehaviorSanitizer in the addon.
import path from 'node:path';
import { loadNative } from '../../dist/native.js';
import { buildAddon, expectSameFiles, ROOT, run, Skip, sanitizerLibrary, workload } from './commands.mjs';

const FLAGS = '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g';
/** One file at a time: what the sanitizers add to memory is large. */
const SLOWLY = ['--no-file-parallelism'];

let place;
/** The environment in which Node takes the sanitized addon. */
function sanitizers() {
  if (process.platform !== 'linux') throw new Skip('needs Linux');
  place ??= buildAddon('sanitizers', [`-DCMAKE_CXX_FLAGS=${FLAGS}`, `-DCMAKE_MODULE_LINKER_FLAGS=${FLAGS}`]);
  return {
    HADAQUANT_PREBUILD: place,
    LD_PRELOAD: `${sanitizerLibrary('libasan.so')} ${sanitizerLibrary('libubsan.so')}`,
    // Node itself never frees some of its memory
    ASAN_OPTIONS: 'detect_leaks=0',
  };
}

/** The tests go through every instruction set themselves. @returns their last line */
function tests() {
  const vitest = path.join(ROOT, 'scripts', 'test.mjs');
  const { stdout } = run(process.execPath, [vitest, ...SLOWLY], { env: sanitizers() });
  return stdout.trim().split('\n').at(-1);
}

export const checks = [
  ...(loadNative().backend?.isas() ?? []).map((isa) => ({
    name: `address and undefined-behaviour sanitizers, ${isa}`,
    run: () => expectSameFiles(workload({ ...sanitizers(), HADAQUANT_ISA: isa }), `native ${isa}`),
  })),
  { name: 'the tests with address and undefined-behaviour sanitizers', run: tests },
];
