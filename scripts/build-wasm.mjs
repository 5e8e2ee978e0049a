#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Compiles the kernels to WebAssembly: lib/wasm/hadaquant.wasm, and the same in base64 as lib/wasm/module.ts. Both are in
// the repository, so that nobody needs Clang who does not change the kernels. The same sources give the same bytes
// wherever they lie, of one compiler; `--check` compares them with what is there. Exit code 2: the compiler is not here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR = '19';
/** The compiler of the module in the repository: others of the same major version may give other bytes. */
const EXACT = '19.1.7';
const root = fileURLToPath(new URL('..', import.meta.url));
const FILES = {
  wasm: path.join(root, 'lib', 'wasm', 'hadaquant.wasm'),
  ts: path.join(root, 'lib', 'wasm', 'module.ts'),
};
const SOURCES = [
  'cpp/kernels/kernels_wasm.cpp',
  'cpp/api.cpp',
  'binding/functions.cpp',
  'binding/image.cpp',
  'binding/wasm/module.cpp',
];
const FLAGS = [
  '--target=wasm32',
  '-std=c++17',
  '-O3',
  '-fno-vectorize', // vector operations are in the sources; more of them make the module larger, not faster
  '-msimd128',
  '-mbulk-memory',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-exceptions',
  '-fno-rtti',
  '-fvisibility=hidden',
  '-nostdlib',
  '-nostdlibinc',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-isystem',
  'binding/wasm/libc',
  '-Icpp',
];
const LINK_FLAGS = ['--no-entry', '--export=__heap_base', '--strip-all', '--stack-first', '-z', 'stack-size=1048576'];

const check = process.argv.includes('--check');

/** The first of these commands that is of the version wanted. */
function find(names, pattern) {
  return names.find((name) => {
    const probe = spawnSync(name, ['--version'], { encoding: 'utf8' });
    const version = (probe.status === 0 && pattern.exec(probe.stdout)?.[1]) || '';
    return check ? version === EXACT : version.startsWith(`${MAJOR}.`);
  });
}

function must(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  console.error(`${stdout ?? ''}${stderr ?? error}`.trim());
  process.exit(1);
}

function compiled(clang, lld) {
  const place = mkdtempSync(path.join(tmpdir(), 'hadaquant-wasm-'));
  try {
    const objects = SOURCES.map((source, i) => {
      const object = path.join(place, `${i}.o`);
      must(clang, [...FLAGS, '-c', source, '-o', object]);
      return object;
    });
    const module = path.join(place, 'hadaquant.wasm');
    must(lld, [...LINK_FLAGS, ...objects, '-o', module]);
    return readFileSync(module);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const clang = find(['clang++-19', 'clang++'], /clang version ([\d.]+)/);
const lld = find(['wasm-ld-19', 'wasm-ld'], /LLD ([\d.]+)/);
if (!clang || !lld) {
  const version = check ? EXACT : MAJOR;
  console.error(`hadaquant: Clang ${version} and lld ${version} are not on PATH: WebAssembly module not built`);
  process.exit(2);
}
const module = compiled(clang, lld);
const text = `// SPDX-License-Identifier: Apache-2.0
/** The kernels as a WebAssembly module, in base64. Made by scripts/build-wasm.mjs from cpp/ and binding/. */
export const MODULE: string =
  '${module.toString('base64')}';
`;
if (check) {
  if (!module.equals(readFileSync(FILES.wasm)) || text !== readFileSync(FILES.ts, 'utf8')) {
    console.error('hadaquant: lib/wasm is not what the sources give: run npm run build:wasm');
    process.exit(1);
  }
  console.log(`${module.length} bytes, as in the repository`);
} else {
  writeFileSync(FILES.wasm, module);
  writeFileSync(FILES.ts, text);
  console.error(`hadaquant: WebAssembly module ready (${module.length} bytes)`);
}
