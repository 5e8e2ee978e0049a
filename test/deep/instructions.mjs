// SPDX-License-Identifier: Apache-2.0
// A guard against slower kernels that does not depend on the clock: the instructions that kernels execute, counted by
// callgrind, are those stored in instructions.json. `npm run instructions` stores them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCodec, writeRotation, writeSearch } from '../../bench/plan_files.mjs';
import { loadNative } from '../../dist/native.js';
import { buildProgram, run, Skip, WORK } from './commands.mjs';

const STORED = fileURLToPath(new URL('instructions.json', import.meta.url));
/** Instruction sets that valgrind knows, AVX-512 not among them. */
const ISAS = ['scalar', 'avx2'];
const TOLERANCE = 0.03;
const ANEW = '`npm run instructions` stores the counts anew';

/** Kernels of test/cpp/run_kernel.cpp with their arguments. */
const CASES = [
  ['fwht_f32', 1024],
  ['fwht_f32', 16384],
  ['fwht_f64', 1024],
  ['rotate', 'rotation-768'],
  ['rotate', 'rotation-1024'],
  ['moments', 1024],
  ...['eden-4-1024', 'eden-1-1024', 'vq-2x256-1024', 'quicfl-2-1024', 'quicfl-4-1024'].flatMap((codec) => [
    ['encode', codec],
    ['decode', codec],
  ]),
  ...['search-4-768', 'search-1-768'].flatMap((search) => [
    ['scan', search, 1],
    ['scan', search, 4],
  ]),
  ['pack', 3],
  ['unpack', 3],
  ['crc32c', 65536],
];

function writePlans(folder) {
  const file = (name) => path.join(folder, name);
  for (const dim of [768, 1024]) writeRotation(file(`rotation-${dim}`), dim);
  for (const bits of [4, 1]) writeCodec(file(`eden-${bits}-1024`), { dim: 1024, bits });
  writeCodec(file('vq-2x256-1024'), { dim: 1024, bits: 4, codec: 'vq', grid: '2x256' });
  for (const bits of [2, 4]) writeCodec(file(`quicfl-${bits}-1024`), { dim: 1024, bits, codec: 'quicfl' });
  for (const bits of [4, 1]) writeSearch(file(`search-${bits}-768`), { dim: 768, bits, queries: 4 });
}

let prepared;

/** The program, its plans, and the name and major version of the compiler. */
function prepare() {
  if (process.arch !== 'x64' || process.platform !== 'linux') throw new Skip('needs Linux on x86-64');
  run('valgrind', ['--version']);
  if (!prepared) {
    const program = buildProgram('run_kernel');
    const plans = path.join(WORK, 'plans');
    writePlans(plans);
    const [compiler] = /^\w+ \d+/.exec(run(program, ['--compiler']).stdout);
    prepared = { program, plans, compiler };
  }
  return prepared;
}

function count(isa, args) {
  const { program, plans } = prepare();
  // the star: compilers make copies such as counted.constprop.0
  const callgrind = ['--tool=callgrind', '--toggle-collect=counted*', '--callgrind-out-file=/dev/null'];
  const { stderr } = run('valgrind', [...callgrind, program, isa, ...args.map(String)], { cwd: plans });
  const counted = Number(/Collected : (\d+)/.exec(stderr)?.[1]);
  if (!(counted > 0)) throw new Error(`callgrind counted nothing:\n${stderr}`);
  return counted;
}

const nameOf = (args) => args.join(' ');

/** What is wrong with a count; undefined if nothing is. */
function complaint(name, stored, measured) {
  if (stored === undefined) return `${name}: nothing is stored, ${measured} instructions are measured`;
  const change = measured / stored - 1;
  if (Math.abs(change) <= TOLERANCE) return undefined;
  const percent = `${change > 0 ? '+' : ''}${(100 * change).toFixed(1)} %`;
  return `${name}: ${stored} instructions are stored, ${measured} measured (${percent})`;
}

function compare(isa) {
  if (!loadNative().backend?.isas().includes(isa)) throw new Skip(`needs native kernels and a CPU with ${isa}`);
  const { compiler } = prepare();
  const stored = JSON.parse(readFileSync(STORED, 'utf8'));
  if (compiler !== stored.compiler) {
    throw new Skip(`the counts are those of ${stored.compiler}, this is ${compiler}; CXX can name another compiler`);
  }
  const counts = CASES.map((args) => ({ name: nameOf(args), measured: count(isa, args) }));
  const complaints = counts
    .map(({ name, measured }) => complaint(name, stored.counts[name]?.[isa], measured))
    .filter(Boolean);
  if (complaints.length > 0) {
    const reason = `more than ${100 * TOLERANCE} % away from what is stored; if that is meant, ${ANEW}`;
    throw new Error([...complaints, reason].join('\n'));
  }
  const furthest = Math.max(...counts.map(({ name, measured }) => Math.abs(measured / stored.counts[name][isa] - 1)));
  return `${counts.length} kernels, at most ${(100 * furthest).toFixed(2)} % from what is stored`;
}

function store() {
  const { compiler } = prepare();
  const counts = Object.fromEntries(
    CASES.map((args) => [nameOf(args), Object.fromEntries(ISAS.map((isa) => [isa, count(isa, args)]))]),
  );
  writeFileSync(STORED, `${JSON.stringify({ compiler, counts }, null, 2)}\n`);
  console.log(`${CASES.length} kernels on ${ISAS.join(' and ')}, compiled by ${compiler}`);
}

export const checks = ISAS.map((isa) => ({ name: `instruction counts, ${isa}`, run: () => compare(isa) }));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== '--store') throw new Error('usage: node test/deep/instructions.mjs --store');
  store();
}
