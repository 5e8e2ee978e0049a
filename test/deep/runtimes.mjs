// SPDX-License-Identifier: Apache-2.0
// Other versions of Node, Bun and Deno give the files that this Node gives, with the addon, with WebAssembly and with
// JavaScript.
import { createHash } from 'node:crypto';
import { loadNative } from '../../dist/native.js';
import { expectSameFiles, run, Skip, workload } from './commands.mjs';
import { arm64Node, QEMU_ARM64 } from './tiers.mjs';
import { NODES, tool } from './toolbox.mjs';

/** How each runtime starts a program. */
const RUNTIMES = {
  'Node 20': () => [NODES[20]],
  'Node 22': () => [NODES[22]],
  'Node 24': () => [NODES[24]],
  Bun: () => [tool('.bin', 'bun')],
  Deno: () => [tool('.bin', 'deno'), 'run', '--allow-all', '--no-check'],
};

const versionOf = ([program, ...args]) => {
  const command = args.includes('run') ? [program] : [program, ...args];
  return run(command[0], [...command.slice(1), '--version'])
    .stdout.trim()
    .split('\n')[0]
    .replace(/ \(.*/, '');
};

function nativeIsa() {
  const { backend, reason } = loadNative();
  if (!backend) throw new Skip(reason);
  return backend.isa;
}

const WANTED = { native: () => `native ${nativeIsa()}`, wasm: () => 'wasm simd128', js: () => 'js js' };

function sameFiles(runtime, backend) {
  const command = RUNTIMES[runtime]();
  const actual = workload({ HADAQUANT_BACKEND: backend }, command);
  const detail = expectSameFiles(actual, WANTED[backend]());
  const hash = createHash('sha256')
    .update(`${actual.lines.sort().join('\n')}\n`)
    .digest('hex');
  return `${versionOf(command)}, ${actual.ran}: ${detail}, sha256 ${hash}`;
}

/** Node's addons are for others to forbid: then WebAssembly takes over and says why. */
function withoutAddons(name, command) {
  const actual = workload({ HADAQUANT_BACKEND: '' }, command());
  return `${name}: ${expectSameFiles(actual, 'wasm simd128')} (${actual.ran})`;
}

function onArm64(backend, wanted) {
  if (process.arch === 'arm64') throw new Skip('this is arm64 already');
  run(QEMU_ARM64[0], ['--version']);
  const command = [...QEMU_ARM64, '-cpu', 'max', arm64Node()];
  return expectSameFiles(workload({ HADAQUANT_BACKEND: backend }, command), wanted);
}

export const checks = [
  ...Object.keys(RUNTIMES).flatMap((runtime) =>
    Object.keys(WANTED).map((backend) => ({
      name: `runtimes: ${runtime}, ${backend}`,
      run: () => sameFiles(runtime, backend),
    })),
  ),
  {
    name: 'runtimes: Node with --no-addons takes WebAssembly',
    run: () => withoutAddons('--no-addons', () => [process.execPath, '--no-addons']),
  },
  {
    name: 'runtimes: Deno without --allow-ffi takes WebAssembly',
    run: () =>
      withoutAddons('no --allow-ffi', () => [
        tool('.bin', 'deno'),
        'run',
        ...['--no-check', '--no-prompt', '--allow-read', '--allow-write', '--allow-env', '--allow-sys'],
      ]),
  },
  { name: 'runtimes: WebAssembly on arm64 (qemu)', run: () => onArm64('wasm', 'wasm simd128') },
];
