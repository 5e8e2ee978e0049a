// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText, exitCode, Interrupted, naming, OutputClosed, UsageError } from '../../lib/cli/failure.ts';
import { type ProgressStream, progressLine, showProgress } from '../../lib/cli/progress.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFields,
  formatShort,
  shortestFloat,
} from '../../lib/cli/report.ts';
import { HadaquantFormatError } from '../../lib/index.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('count %i', (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9996, '10.0 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [3_840_000_128, '3.84 GB'],
    [1e15, '1.00 PB'],
  ])('%i bytes', (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [0, '0'],
    [0.5, '0.50'],
    [12.34, '12.3'],
    [3_123_456, '3.12 M'],
  ])('%f in short', (value, text) => expect(formatShort(value)).toBe(text));

  it.each([
    [0, '0.00 s'],
    [0.123, '0.12 s'],
    [59.94, '59.9 s'],
    [59.96, '1:00'],
    [125, '2:05'],
    [3725, '1:02:05'],
  ])('%f seconds', (value, text) => expect(formatDuration(value)).toBe(text));

  it('fields are aligned', () => {
    expect(formatFields('x.hq', { a: '1', long: '2' })).toBe('x.hq\n  a     1\n  long  2\n');
  });

  it('float32 in the fewest digits that tell it from its neighbours', () => {
    expect(shortestFloat(Math.fround(0.1))).toBe(0.1);
    expect(shortestFloat(1)).toBe(1);
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        (x) => Math.fround(shortestFloat(x)) === x || x === 0,
      ),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe('progress', () => {
  /** A terminal of a number of columns, and a clock. */
  function terminal(columns: number | undefined, isTTY = true) {
    const written: string[] = [];
    const stream: ProgressStream = { isTTY, columns, write: (text) => void written.push(text) };
    const clock = { time: 0 };
    return { written, stream, clock, now: () => clock.time };
  }

  it('a line says how far, how fast, how long still', () => {
    expect(progressLine('compress', 2500, 10_000, 'rows', 2)).toBe(
      'compress  25% [####------------] 2.50 k / 10.0 k rows, 1.25 k/s, 6.0 s left',
    );
    expect(progressLine('decompress', 1.23e6, 123e6, 'rows', 37).length).toBeLessThan(80);
    expect(progressLine('x', 0, 10, 'rows', 0)).toContain('-- left');
    expect(progressLine('x', 0, 0, 'rows', 1)).toContain('100%');
  });

  it('redraws in place, ten times a second at most, and goes away', () => {
    const { written, stream, clock, now } = terminal(40);
    const bar = showProgress(stream, 'compress', 1000, 'rows', now);
    for (clock.time = 0; clock.time <= 1000; clock.time += 10) bar.update(clock.time);
    bar.finish();
    bar.finish();
    // from 0.3 s to 1 s
    expect(written.length).toBe(8 + 1);
    for (const text of written.slice(0, -1)) {
      expect(text.startsWith('\rcompress ')).toBe(true);
      expect(text.endsWith('\x1b[K')).toBe(true);
      expect(text.length).toBe(1 + 39 + 3);
    }
    expect(written[written.length - 1]).toBe('\r\x1b[K');
  });

  it('says nothing about short work, or where there is no terminal', () => {
    const quick = terminal(undefined);
    const bar = showProgress(quick.stream, 'x', 10, 'rows', quick.now);
    bar.update(10);
    bar.finish();
    expect(quick.written).toEqual([]);
    const file = terminal(80, false);
    const none = showProgress(file.stream, 'x', 10, 'rows', file.now);
    file.clock.time = 5000;
    none.update(5);
    none.finish();
    expect(file.written).toEqual([]);
  });
});

describe('failures', () => {
  it('are one line', () => {
    expect(errorText(new Error('a\nb\x1b[2J\tc\u2028d'), false)).toBe('hadaquant: a b [2J c d\n');
    expect(errorText('text', false)).toBe('hadaquant: text\n');
    expect(errorText(new OutputClosed('x'), false)).toBe('');
  });

  it('have a stack only for debugging', () => {
    expect(errorText(new Error('a'), true)).toMatch(/^hadaquant: Error: a\n {4}at /);
  });

  it('of the file system say which file and why', async () => {
    const { readFile } = await import('node:fs/promises');
    const failed = readFile('/none/x.npy');
    expect(errorText(await failed.catch((e) => e), false)).toBe('hadaquant: /none/x.npy: no such file or directory\n');
    const named = naming('out.hq', readFile('/none/.out.hq.tmp'));
    expect(errorText(await named.catch((e) => e), false)).toBe('hadaquant: out.hq: no such file or directory\n');
  });

  it('of index files say which file', async () => {
    const damaged = naming('a.hq', Promise.reject(new HadaquantFormatError('index file: damaged codes (checksum)')));
    await expect(damaged).rejects.toThrow(/^a\.hq: damaged codes \(checksum\)$/);
  });

  it('have exit codes', () => {
    expect(exitCode(new Error('x'))).toBe(1);
    expect(exitCode(new RangeError('x'))).toBe(1);
    expect(exitCode(new UsageError('x'))).toBe(2);
    expect(exitCode(new Interrupted('SIGINT'))).toBe(130);
    expect(exitCode(new Interrupted('SIGTERM'))).toBe(143);
    expect(exitCode(new OutputClosed('x'))).toBe(0);
  });
});
