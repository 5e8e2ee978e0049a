// SPDX-License-Identifier: Apache-2.0
// The readers of records, files, packets and messages on inputs that are changed at random, on every backend
// (test/fuzz/main.mjs, which also runs longer: --seconds=600).
import path from 'node:path';
import { TARGETS } from '../fuzz/targets.mjs';
import { ROOT, run } from './commands.mjs';

const EXECUTIONS = 5000;
const MAIN = path.join(ROOT, 'test', 'fuzz', 'main.mjs');

export const checks = TARGETS.map((target) => ({
  name: `fuzzing the reader of ${target}`,
  run: () => run(process.execPath, [MAIN, target, `--executions=${EXECUTIONS}`]).stdout.trim(),
}));
