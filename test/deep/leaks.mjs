// SPDX-License-Identifier: Apache-2.0
// Over a million calls after which the process must be as large as before (test/deep/leak-calls.mjs), and a leak that
// must show.
import path from 'node:path';
import { loadNative } from '../../dist/native.js';
import { ROOT, run, Skip } from './commands.mjs';

/** 60,000 calls that leave 80 bytes each are more; what allocators keep varies by less. */
const MOST_BYTES = 4 << 20;
const LEAST_CALLS = 1_000_000;
const CALLS = path.join(ROOT, 'test', 'deep', 'leak-calls.mjs');

function measured(...args) {
  // freed memory goes back at once, and threads share what they free
  const env = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536' };
  const { stdout } = run(process.execPath, ['--expose-gc', CALLS, ...args], { env });
  return stdout.trim().split('\n').map(JSON.parse);
}

const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function flat() {
  if (!loadNative().backend) throw new Skip('needs the native addon');
  const [leak] = measured('leak');
  if (leak.growth <= MOST_BYTES) throw new Error(`a leak made on purpose was not found (${mebibytes(leak.growth)})`);
  const scenarios = measured();
  const calls = scenarios.reduce((sum, s) => sum + s.calls, 0);
  if (calls < LEAST_CALLS) throw new Error(`${calls} calls, ${LEAST_CALLS} wanted`);
  const grown = scenarios.filter(({ growth }) => growth > MOST_BYTES);
  if (grown.length)
    throw new Error(grown.map((s) => `${s.name}: ${mebibytes(s.growth)} in ${s.calls} calls`).join('\n'));
  const most = scenarios.reduce((a, b) => (a.growth > b.growth ? a : b));
  return `${calls} calls, at most ${mebibytes(most.growth)} more (${most.name})`;
}

export const checks = [{ name: 'a million calls leak no memory', run: flat }];
