// SPDX-License-Identifier: Apache-2.0
/** Builds and runs kernels_bench: the rows that are measured without JavaScript in between. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const FOLDER = 'build-bench';

function cmake(root, args) {
  const run = spawnSync('cmake', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.error) throw new Error(`cmake cannot be run (${run.error.code})`);
  if (run.status !== 0) {
    const lines = `${run.stdout}\n${run.stderr}`.trim().split('\n');
    throw new Error(`cmake ${args[0]} failed:\n${lines.slice(-30).join('\n')}`);
  }
}

/** A build folder that was made for another place cannot be used again. */
function dropForeignBuild(root) {
  const cache = path.join(root, FOLDER, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8'))?.[1];
  if (home && path.resolve(home) !== path.resolve(root)) rmSync(path.join(root, FOLDER), { recursive: true });
}

/** Compiles the program if its sources have changed. @returns its path @throws Error that says why it cannot */
export function buildKernelsBench(root) {
  dropForeignBuild(root);
  cmake(root, ['-S', '.', '-B', FOLDER, '-DHADAQUANT_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release']);
  cmake(root, ['--build', FOLDER, '--target', 'kernels_bench', '--config', 'Release', '--parallel']);
  return path.join(root, FOLDER, process.platform === 'win32' ? 'kernels_bench.exe' : 'kernels_bench');
}

export function plansFolder(root) {
  return path.join(root, FOLDER, 'plans');
}

/**
 * @param {{ rounds: number, isa: string, only: string }} options
 * @param {(row: { id: string, ours: number[], anchor: number[] }) => void} onRow
 * @returns what the program says of the machine: { compiler, isa, isas }
 */
export async function runKernelsBench(program, plans, { rounds, isa, only }, onRow) {
  const child = spawn(program, [plans, String(rounds), isa, only], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let machine;
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line);
    if (message.id) onRow(message);
    else machine = message;
  }
  const code = await closed;
  if (code !== 0) throw new Error(`kernels_bench ended with code ${code}`);
  return machine;
}
