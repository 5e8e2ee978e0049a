// SPDX-License-Identifier: Apache-2.0
// Overlapping calls, and the tests of asynchronous ones, with ThreadSanitizer in the addon, which must find nothing, and
// races that it must find.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadNative } from '../../dist/native.js';
import { buildAddon, ROOT, run, Skip, sanitizerLibrary } from './commands.mjs';

const FLAGS = '-fsanitize=thread -fno-omit-frame-pointer -g';
const OVERLAP = path.join(ROOT, 'test', 'deep', 'overlap-calls.mjs');

/** ThreadSanitizer finds no room for itself where the system spreads addresses over more than 28 bits. */
function withRoom() {
  return Number(readFileSync('/proc/sys/vm/mmap_rnd_bits', 'utf8')) > 28 ? ['setarch', '-R'] : [];
}

let place;
/** Runs Node with the thread sanitizer and the addon that was built with it. */
function runSanitized(args, more = {}) {
  if (process.platform !== 'linux') throw new Skip('needs Linux');
  place ??= buildAddon('threads', [`-DCMAKE_CXX_FLAGS=${FLAGS}`, `-DCMAKE_MODULE_LINKER_FLAGS=${FLAGS}`]);
  const [command, ...rest] = [
    ...withRoom(),
    ...['env', `LD_PRELOAD=${sanitizerLibrary('libtsan.so')}`, process.execPath, ...args],
  ];
  const env = {
    HADAQUANT_PREBUILD: place,
    // How Node and V8 keep their threads apart cannot be seen without instrumenting them. vitest does not look at how its
    // processes end, but it does see one that ends in the middle of a test.
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1 halt_on_error=1',
    ...more,
  };
  return run(command, rest, { env }).stdout.trim();
}

const overlap = (isa, args = []) => runSanitized([OVERLAP, ...args], { HADAQUANT_ISA: isa });

function sanitized(isa) {
  const ran = overlap(isa);
  if (!ran.startsWith(`native ${isa},`)) throw new Error(`expected native ${isa}, but ${ran} ran`);
  for (const made of ['race', 'scan-race']) expectRace(isa, made);
  return `${ran}, and finds races made on purpose`;
}

function expectRace(isa, made) {
  try {
    overlap(isa, [made]);
  } catch (error) {
    if (error.message.includes('ThreadSanitizer: data race')) return;
    throw error;
  }
  throw new Error(`a race made on purpose was not found: ${made}`);
}

/** Tests of asynchronous calls; they go through every instruction set themselves. */
const TESTS = [
  'async',
  'codecs-async',
  'binding-scan',
  'search/async',
  'search/add-async',
  'search/snapshot',
  'gradient/threads',
].map((name) => `test/${name}.test.ts`);

/** @returns the tests' last line */
function tests() {
  const script = path.join(ROOT, 'scripts', 'test.mjs');
  return runSanitized([script, '--no-file-parallelism', ...TESTS])
    .split('\n')
    .at(-1);
}

export const checks = [
  ...(loadNative().backend?.isas() ?? []).map((isa) => ({
    name: `thread sanitizer, ${isa}`,
    run: () => sanitized(isa),
  })),
  { name: 'the tests of asynchronous calls with the thread sanitizer', run: tests },
];
