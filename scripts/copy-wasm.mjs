// SPDX-License-Identifier: Apache-2.0
// Puts the WebAssembly module beside the compiled files; tsc leaves it out.
import { copyFileSync } from 'node:fs';

const at = (file) => new URL(`../${file}`, import.meta.url);
copyFileSync(at('lib/wasm/hadaquant.wasm'), at('dist/wasm/hadaquant.wasm'));
