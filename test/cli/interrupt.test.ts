// SPDX-License-Identifier: Apache-2.0
/** Ctrl-C and kill: the work stops, temporary files go, what was there stays. */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { npyBytes, npyText, temporaryFolder } from './files.ts';
import { run, start } from './run.ts';

const folder = temporaryFolder();
const out = join(folder, 'out.hq');
const temporary = () => readdirSync(folder).filter((name) => name.endsWith('.tmp'));

/** 8 GB of zeros that take no place on the disk: enough work to be interrupted on any machine. */
function hugeInput(): string {
  const path = join(folder, 'huge.npy');
  const header = npyBytes(npyText('<f4', '(8000000, 250)'), new Float32Array(0));
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, header.length + 8e9);
  closeSync(file);
  return path;
}

async function untilTemporary(): Promise<void> {
  while (temporary().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

// Windows has no signals to send, and no sparse files by default
describe.skipIf(process.platform === 'win32')('a stopped process', () => {
  const input = process.platform === 'win32' ? '' : hugeInput();

  it.each([
    ['SIGINT', 130, []],
    ['SIGTERM', 143, []],
    // a process that runs another one, with more threads
    ['SIGINT', 130, ['--threads', '6']],
  ] as const)('compress, %s, exit code %i %j', async (signal, code, options) => {
    writeFileSync(out, 'old');
    const { process: child, outcome } = start(['compress', input, '-o', out, ...options]);
    await untilTemporary();
    child.kill(signal);
    expect(await outcome).toEqual({ code, signal: null, stdout: '', stderr: `hadaquant: stopped by ${signal}\n` });
    expect(temporary()).toEqual([]);
    expect(readFileSync(out, 'utf8')).toBe('old');
  });

  it('decompress', async () => {
    const index = join(folder, 'zeros.hq');
    const small = join(folder, 'small.npy');
    writeFileSync(small, npyBytes(npyText('<f4', '(60000, 1024)'), new Float32Array(60_000 * 1024)));
    expect(await run(['compress', small, '-o', index, '--bits', '1'])).toMatchObject({ code: 0 });
    const target = join(folder, 'back.npy');
    const { process: child, outcome } = start(['decompress', index, '-o', target, '--dtype', 'f8']);
    await untilTemporary();
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/hadaquant: stopped by SIGINT\n$/);
    expect(temporary()).toEqual([]);
    expect(readdirSync(folder)).not.toContain('back.npy');
  });

  it('search', async () => {
    const index = join(folder, 'zeros.hq');
    const { process: child, outcome } = start(['search', index, join(folder, 'small.npy'), '-k', '100', '--json']);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toBe('hadaquant: stopped by SIGINT\n');
  });
});
