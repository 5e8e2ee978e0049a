// SPDX-License-Identifier: Apache-2.0
// The statistical tests with all their cases, and with more trials than `npm test` has time for.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run, WORK } from './commands.mjs';

const VITEST = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

function tests(file) {
  const report = path.join(WORK, 'statistics.json');
  mkdirSync(WORK, { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  let failure;
  try {
    run(process.execPath, [VITEST, 'run', `test/${file}`, ...reporters], { env: { HADAQUANT_STATISTICS: 'deep' } });
  } catch (error) {
    failure = error;
  }
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw failure ?? new Error('vitest wrote no report'); // it ended before its first test
  }
  const failed = counts.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}\n  ${failureMessages[0]?.split('\n')[0]}`),
  );
  if (failed.length > 0) throw new Error(failed.join('\n'));
  if (failure) throw failure;
  if (counts.numPassedTests === 0) throw new Error('no test ran');
  return `${counts.numPassedTests} tests`;
}

export const checks = [
  ['statistics of eden and drive', 'statistics.test.ts'],
  ['statistics of unbiased codecs', 'statistics-unbiased.test.ts'],
  ['statistics of vq', 'statistics-vq.test.ts'],
  ['statistics of inner products', 'statistics-products.test.ts'],
  ['statistics of means of gradients', 'gradient/statistics.test.ts'],
].map(([name, file]) => ({ name, run: () => tests(file) }));
