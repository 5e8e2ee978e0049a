// SPDX-License-Identifier: Apache-2.0
// What the compiled objects may contain: no AVX outside its tier, one exported symbol in each tier, and nothing newer
// in the C and C++ libraries than what the oldest supported systems have.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expectFloors } from '../../scripts/check-prebuilds.mjs';
import { buildAddon, run, Skip } from './commands.mjs';

let place;
function objects() {
  if (process.arch !== 'x64' || process.platform !== 'linux') throw new Skip('needs Linux on x86-64');
  place ??= buildAddon('plain', []);
  return readdirSync(path.join(place, 'build'), { recursive: true })
    .filter((file) => file.endsWith('.o'))
    .map((file) => path.join(place, 'build', file));
}

const isTier = (file) => /kernels_(?!scalar)\w+\.cpp/.test(file);

/** Fails if an object that is no tier has an instruction that needs one. */
export function expectNoLeaks(files, pattern, objdump = 'objdump') {
  const clean = files.filter((file) => !isTier(file));
  for (const file of clean) {
    const hit = run(objdump, ['-d', '--no-show-raw-insn', file])
      .stdout.split('\n')
      .find((line) => pattern.test(line));
    if (hit) throw new Error(`${path.basename(file)} has an instruction of a tier: ${hit.trim()}`);
  }
  return `${clean.length} objects`;
}

/** Fails if a tier exports (weakly or not) more than its table: the linker could take its copy for everyone. */
export function expectOneSymbol(files) {
  const tiers = files.filter((file) => /kernels_\w+\.cpp/.test(file));
  for (const file of tiers) {
    const symbols = run('nm', ['-C', '--defined-only', '--extern-only', file]).stdout.trim().split('\n');
    if (symbols.length !== 1 || !/ hq::kernels_\w+$/.test(symbols[0])) {
      throw new Error(`${path.basename(file)} exports ${symbols.length} symbols: ${symbols.slice(0, 3).join('; ')}`);
    }
  }
  return `${tiers.length} tiers`;
}

export const AVX = /%[yz]mm|\tv[a-z]+ /;

function oldestLibraries() {
  objects();
  run('objdump', ['--version']);
  return expectFloors(path.join(place, 'build', 'hadaquant.node'));
}

export const checks = [
  { name: 'no AVX instruction outside its tier', run: () => expectNoLeaks(objects(), AVX) },
  { name: 'each tier exports its table alone', run: () => expectOneSymbol(objects()) },
  { name: 'libraries as old as Node 20 needs', run: oldestLibraries },
];
