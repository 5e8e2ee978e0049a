// SPDX-License-Identifier: Apache-2.0
// The WebAssembly module in the repository is what its sources give, whatever folder they lie in.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT, Skip } from './commands.mjs';

function rebuilt() {
  const script = path.join(ROOT, 'scripts', 'build-wasm.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  if (status === 2) throw new Skip('needs clang 19.1.7 and lld 19.1.7');
  if (status !== 0) throw new Error(`${stdout}${stderr}`.trim());
  return stdout.trim();
}

export const checks = [{ name: 'the WebAssembly module is that of the sources', run: rebuilt }];
