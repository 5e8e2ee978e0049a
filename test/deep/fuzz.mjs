// SPDX-License-Identifier: Apache-2.0
// libFuzzer drives every kernel on every instruction set of this CPU, with sanitizers (test/cpp/fuzz_kernels.cpp).
import { rmSync } from 'node:fs';
import path from 'node:path';
import { writeCodec } from '../../bench/plan_files.mjs';
import { buildProgram, run, Skip, WORK } from './commands.mjs';

/** The nightly workflow asks for more, with another seed each time. */
const RUNS = Number(process.env.HADAQUANT_FUZZ_RUNS ?? 50_000);
const SEED = Number(process.env.HADAQUANT_FUZZ_SEED ?? 1);
const COMPILERS = ['clang++-19', 'clang++'];
const FLAGS = '-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g';

const CODECS = [
  ...[0.5, 1, 1.5, 2, 3, 4, 6, 7, 8].map((bits) => ({ codec: 'eden', bits })),
  { codec: 'drive', bits: 1 },
  ...[1, 2, 6].map((bits) => ({ codec: 'quicfl', bits })),
  ...[1, 4, 8].map((bits) => ({ codec: 'dithered', bits })),
  { codec: 'turboquant-mse', bits: 3 },
  ...[2, 4].map((bits) => ({ codec: 'turboquant-prod', bits })),
  ...[2, 8].map((bits) => ({ codec: 'uniform', bits })),
  { codec: 'vq', bits: 1, grid: '8x256' },
  { codec: 'vq', bits: 2, grid: '4x256' },
  { codec: 'vq', bits: 2, grid: '2x16' },
  { codec: 'vq', bits: 4, grid: '2x256' },
];
/** A power of two, an order of 12, two overlapping spans, fewer than a register holds, more than a block of sums. */
const DIMS = [64, 96, 33, 3, 1100];

function compiler() {
  const found = COMPILERS.find((name) => {
    try {
      return run(name, ['--version']);
    } catch (error) {
      if (error instanceof Skip) return undefined;
      throw error;
    }
  });
  if (!found) throw new Skip(`none of ${COMPILERS.join(', ')} is installed`);
  return found;
}

function fuzz() {
  const settings = [`-DCMAKE_CXX_COMPILER=${compiler()}`, `-DCMAKE_CXX_FLAGS=${FLAGS}`];
  const program = buildProgram('fuzz_kernels', 'fuzz', settings);
  const place = path.join(WORK, 'fuzz');
  const plans = path.join(place, 'plans');
  rmSync(plans, { recursive: true, force: true });
  for (const codec of CODECS) {
    for (const dim of DIMS) {
      writeCodec(path.join(plans, `${Object.values(codec).join('-')}-${dim}`), { dim, ...codec });
    }
  }
  // long inputs from the beginning; a failing one is written to build-deep/fuzz
  const flags = [`-runs=${RUNS}`, `-seed=${SEED}`, '-max_len=2048', '-len_control=0', `-artifact_prefix=${place}/`];
  run(program, [`--plans=${plans}`, ...flags]);
  return `${RUNS} inputs from seed ${SEED}, ${CODECS.length * DIMS.length} plans`;
}

export const checks = [{ name: 'every instruction set gives the same bits for what libFuzzer finds', run: fuzz }];
