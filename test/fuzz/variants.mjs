// SPDX-License-Identifier: Apache-2.0
// Every backend variant that this machine can run, the reference (JavaScript) first.
import { useBackend } from '../../dist/backend.js';
import { jsBackend } from '../../dist/js/index.js';
import { loadNative } from '../../dist/native.js';
import { loadWasm } from '../../dist/wasm.js';

const native = loadNative().backend;
const wasm = loadWasm().backend;

/** @type {{ name: string, use: () => void }[]} */
export const variants = [
  { name: 'js', use: () => useBackend(jsBackend) },
  ...(wasm ? [{ name: 'wasm', use: () => useBackend(wasm) }] : []),
  ...(native?.isas() ?? []).map((isa) => ({
    name: `native ${isa}`,
    use() {
      native.setIsa(isa);
      useBackend(native);
    },
  })),
];
