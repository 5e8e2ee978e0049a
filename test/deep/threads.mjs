// SPDX-License-Identifier: Apache-2.0
// Overlapping calls with ThreadSanitizer in the addon, which must find nothing, and races that it must find.
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
function overlap(isa, args = []) {
  place ??= buildAddon('threads', [`-DCMAKE_CXX_FLAGS=${FLAGS}`, `-DCMAKE_MODULE_LINKER_FLAGS=${FLAGS}`]);
  const [command, ...rest] = [
    ...withRoom(),
    ...['env', `LD_PRELOAD=${sanitizerLibrary('libtsan.so')}`, process.execPath, OVERLAP, ...args],
  ];
  const env = {
    HADAQUANT_PREBUILD: place,
    HADAQUANT_ISA: isa,
    // how Node and V8 keep their threads apart cannot be seen without instrumenting them
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1',
  };
  return run(command, rest, { env }).stdout.trim();
}

function sanitized(isa) {
  if (process.platform !== 'linux') throw new Skip('needs Linux');
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

export const checks = (loadNative().backend?.isas() ?? []).map((isa) => ({
  name: `thread sanitizer, ${isa}`,
  run: () => sanitized(isa),
}));
