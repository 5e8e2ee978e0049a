// SPDX-License-Identifier: Apache-2.0
/** Whatever happened to a file by accident: `open` and `fromBytes` say so with HadaquantFormatError, never anything else. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { variants } from '../backends.ts';
import { temporaryFolder } from './folder.ts';
import { sectionOf } from './forge.ts';
import { refusal } from './refusal.ts';
import { sampleIndex } from './sample-index.ts';

const pathOf = temporaryFolder();
const damaged = pathOf('damaged.hq');
let file: Uint8Array;

const outcome = (bytes: Uint8Array) => refusal(damaged, bytes);

beforeAll(async () => {
  await sampleIndex().save(pathOf('sample.hq'));
  file = new Uint8Array(await readFile(pathOf('sample.hq')));
  expect(await outcome(file)).toBe('opened');
});

describe.each(variants)('damage ($name)', (variant) => {
  it('is seen in every file that is cut short', async () => {
    variant.use();
    const wrong: string[] = [];
    for (let length = 0; length < file.length; length++) {
      const got = await outcome(file.subarray(0, length));
      if (!got.startsWith('index file: ')) wrong.push(`${length} bytes: ${got}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is seen in every file that has bytes after its end', async () => {
    variant.use();
    for (const more of [1, 7, 64, 5000]) {
      const longer = new Uint8Array(file.length + more);
      longer.set(file);
      expect(await outcome(longer)).toContain('its lengths are forged');
    }
  });
});

it('is seen in every single bit', async () => {
  const wrong: string[] = [];
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const flipped = file.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const got = await outcome(flipped);
    if (!got.startsWith('index file: ')) wrong.push(`bit ${bit & 7} of byte ${bit >> 3}: ${got}`);
  }
  expect(wrong).toEqual([]);
});

it('is seen where a piece of the file is zeros, as after a crash of the machine', async () => {
  for (let start = 0; start < file.length; start += 16) {
    const zeroed = file.slice();
    zeroed.fill(0, start);
    expect(await outcome(zeroed)).toMatch(/^index file: /);
  }
});

describe('what is no index', () => {
  const text = (s: string) => new TextEncoder().encode(s);

  it.each([
    ['an empty file', text('')],
    ['a text', text('these are not vectors but words, and there are more than sixty-four bytes of them in here')],
    ['its first seven bytes', text('HADAQID')],
    ['the name of another format', text(`HADAQIDY${'\0'.repeat(300)}`)],
  ])('is told from its first bytes: %s', async (_name, bytes) => {
    expect(await outcome(bytes)).toBe('index file: this is not a hadaquant index (wrong first bytes)');
  });

  it('and a newer version is named, whatever follows', async () => {
    const newer = file.slice();
    newer[8] = 2;
    const expected = 'index file: version 2 is not supported (this release reads version 1)';
    expect(await outcome(newer)).toBe(expected);
    newer.fill(0xaa, 12);
    expect(await outcome(newer)).toBe(expected);
  });

  it.skipIf(process.platform === 'win32')('and a pipe is not waited for', async () => {
    execFileSync('mkfifo', [pathOf('pipe')]);
    await expect(FlatIndex.open(pathOf('pipe'))).rejects.toThrow(HadaquantFormatError);
  });

  it('and a folder is refused, by the file system or by us', async () => {
    await mkdir(pathOf('folder'));
    const error: unknown = await FlatIndex.open(pathOf('folder')).catch((reason: unknown) => reason);
    expect(error instanceof HadaquantFormatError || (error as NodeJS.ErrnoException).code === 'EISDIR').toBe(true);
  });

  it('and errors of the file system pass through', async () => {
    await expect(FlatIndex.open(pathOf('missing.hq'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(FlatIndex.open(`${pathOf('sample.hq')}/x`)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('IndexReader', () => {
  it('opens a file whose sections are damaged, and verify finds each', async () => {
    for (const name of ['codes', 'scales', 'norms', 'rounds', 'ids'] as const) {
      const bytes = file.slice();
      const { offset, length } = sectionOf(file, name);
      bytes[offset + length - 1] ^= 0x40;
      await writeFile(damaged, bytes);
      const reader = await IndexReader.open(damaged);
      await expect(reader.verify()).rejects.toThrow(new HadaquantFormatError(`index file: damaged ${name} (checksum)`));
      await reader.close();
    }
  });
});
