// SPDX-License-Identifier: Apache-2.0
// Runs the tests of `npm test`; extra arguments go to vitest. The last line is "N passed, N failed" (", N skipped").
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/** Counts of a JSON report; a file that fails before its first test is one failure. */
function count(report) {
  let failed = report.numFailedTests;
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) failed++;
  }
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + (report.numTodoTests ?? 0) };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // vitest ended before it wrote one
  }
}

const folder = mkdtempSync(join(tmpdir(), 'hadaquant-test-'));
try {
  const path = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const run = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  const report = readReport(path);
  const { passed, failed, skipped } = report ? count(report) : { passed: 0, failed: 1, skipped: 0 };
  const status = run.status ?? 1; // null: ended by a signal
  process.exitCode = status !== 0 ? status : failed > 0 || passed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
