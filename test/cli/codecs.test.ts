// SPDX-License-Identifier: Apache-2.0
/** The command with every codec that an index can have: processes of the built dist/cli/main.js. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../lib/cli/failure.ts';
import { parseCommandLine } from '../../lib/cli/options.ts';
import { openVectors } from '../../lib/cli/vectors.ts';
import { FIXED_SIZE_CODECS, type FixedSizeCodecName } from '../../lib/codec/codec.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { expectSameBits } from '../same-bits.ts';
import { normals } from '../search/vectors.ts';
import { npyBytes, npyText, temporaryFolder, writeNpy } from './files.ts';
import { run } from './run.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const dim = 24;
const rows = 300;
const vectors = normals(1, rows, dim, 3, 0.3);
const input = writeNpy(file('vectors.npy'), vectors, dim);
const queries = writeNpy(file('queries.npy'), vectors.subarray(0, 3 * dim), dim);
const NEW = FIXED_SIZE_CODECS.filter((codec) => codec !== 'eden' && codec !== 'drive');

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe.each(NEW)('--codec %s', (codec) => {
  const index = file(`${codec}.hq`);

  it('compresses to the file of FlatIndex, at 4 bits by default; info says so', async () => {
    await ok('compress', input, '-o', index, '--codec', codec, '--metric', 'l2', '--center', 'mean', '--threads', '2');
    const expected = new FlatIndex({ dim, bits: 4, codec, metric: 'l2', center: 'mean' });
    expected.add(vectors);
    await expected.save(file('expected.hq'));
    expect(readFileSync(index).equals(readFileSync(file('expected.hq')))).toBe(true);
    const info = JSON.parse(await ok('info', index, '--verify', '--json'));
    expect(info).toMatchObject({ rows, dim, bits: 4, codec, metric: 'l2', centered: true });
  });

  it('is searched and decompressed', async () => {
    const opened = await FlatIndex.open(index);
    const { ids, scores } = opened.search(vectors.subarray(0, 3 * dim), { k: 5 });
    const lines = (await ok('search', index, queries, '-k', '5', '--json')).trimEnd().split('\n');
    const found = lines.map((line) => JSON.parse(line));
    expect(found.flatMap((line) => line.ids)).toEqual([...ids]);
    expect(found.flatMap((line) => line.scores.map(Math.fround))).toEqual([...scores]);
    await ok('decompress', index, '-o', file('back.npy'));
    const back = await openVectors(file('back.npy'));
    const reader = await IndexReader.open(index);
    try {
      expectSameBits(await back.read(0, rows), await reader.read(0, rows));
    } finally {
      await back.close();
      await reader.close();
    }
  });
});

describe('no vectors at all', () => {
  it.each(['dithered', 'turboquant-prod', 'vq'] as const)('%s: there and back', async (codec) => {
    writeFileSync(file('empty.npy'), npyBytes(npyText('<f4', '(0, 24)'), new Float32Array(0)));
    await ok('compress', file('empty.npy'), '-o', file('empty.hq'), '--codec', codec, '--metric', 'ip');
    expect(await ok('search', file('empty.hq'), queries, '--json')).toContain('{"query":2,"ids":[],"scores":[]}\n');
    await ok('decompress', file('empty.hq'), '-o', file('none.npy'));
    const none = await openVectors(file('none.npy'));
    expect([none.rows, none.dim]).toEqual([0, 24]);
    await none.close();
  });
});

describe('what a codec does not have', () => {
  it('is said in one line, and no file is made', async () => {
    for (const [options, message] of [
      [['--codec', 'quicfl'], /^--codec must be one of eden, .*, got 'quicfl'/],
      [['--codec', 'vq', '--bits', '3'], /^--bits must be one of 1, 2, 4 for codec 'vq', got 3/],
      [['--codec', 'vq', '--grid', '2x16'], /^unknown option '--grid'/],
    ] as const) {
      const { code, stdout, stderr } = await run(['compress', input, '-o', file('refused.hq'), ...options]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^hadaquant: [^\n]*\n$/);
      expect(stderr.slice('hadaquant: '.length)).toMatch(message);
    }
    expect(existsSync(file('refused.hq'))).toBe(false);
  });

  it('a dim too large for the matrix is named, and no file is made', async () => {
    const wide = writeNpy(file('wide.npy'), new Float32Array(4097).fill(1), 4097);
    const { code, stderr } = await run(['compress', wide, '-o', file('refused.hq'), '--codec', 'turboquant-prod']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hadaquant: .*dim must be at most 4096 .*, got 4097\n$/);
    expect(existsSync(file('refused.hq'))).toBe(false);
  });

  const parse = (...words: string[]) => parseCommandLine(['compress', 'a.npy', '-o', 'b.hq', ...words]);

  it.each(FIXED_SIZE_CODECS)('--codec %s: takes its widths and no others', (codec) => {
    const widths: Partial<Record<FixedSizeCodecName, number[]>> = {
      drive: [1],
      vq: [1, 2, 4],
      'turboquant-prod': [2, 3, 4, 5, 6, 7, 8],
    };
    const has = widths[codec] ?? [1, 2, 3, 4, 5, 6, 7, 8];
    for (let bits = 0.5; bits <= 8; bits += 0.5) {
      const line = () => parse('--codec', codec, '--bits', String(bits));
      if (has.includes(bits) || codec === 'eden') expect(line()).toMatchObject({ codec, bits });
      else {
        expect(line).toThrow(UsageError);
        expect(line).toThrow(new RegExp(`^--bits must be .*, got ${bits}; try 'hadaquant compress --help'$`));
      }
    }
    expect(parse('--codec', codec)).toMatchObject({ codec, bits: codec === 'drive' ? 1 : 4 });
  });
});
