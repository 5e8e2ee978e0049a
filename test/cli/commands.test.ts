// SPDX-License-Identifier: Apache-2.0
/** The command as users run it: processes of the built dist/cli/main.js. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openVectors } from '../../lib/cli/vectors.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { random } from '../random-inputs.ts';
import { fvecsBytes, npyBytes, npyText, temporaryFolder, writeNpy } from './files.ts';
import { run, start } from './run.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const windows = process.platform === 'win32';

async function readAll(path: string): Promise<Float32Array> {
  const source = await openVectors(path);
  try {
    return await source.read(0, source.rows);
  } finally {
    await source.close();
  }
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function failure(args: string[], code = 1, env?: Record<string, string>): Promise<string> {
  const outcome = await run(args, env);
  expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
  expect(outcome.stderr).toMatch(/^hadaquant: [^\n]*\n$/);
  return outcome.stderr.slice('hadaquant: '.length, -1);
}

function leftovers(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.tmp'));
}

const r = random(5);
const dim = 24;
const vectors = Float32Array.from({ length: 500 * dim }, () => 3 * r.gaussian() + 1);
const input = writeNpy(file('vectors.npy'), vectors, dim);
const queries = writeNpy(file('queries.npy'), vectors.subarray(0, 5 * dim), dim);
const index = file('shared.hq');

describe('hadaquant compress', () => {
  it('writes the index that FlatIndex writes', async () => {
    for (const [metric, options] of [
      ['cosine', []],
      ['ip', ['--bits', '2.5', '--rounds', '2']],
      ['l2', ['--seed', '18446744073709551615', '--threads', '1']],
    ] as const) {
      await ok('compress', input, '-o', index, '--metric', metric, ...options);
      const expected = new FlatIndex({
        dim,
        metric,
        bits: metric === 'ip' ? 2.5 : 4,
        rounds: metric === 'ip' ? 2 : 'auto',
        seed: metric === 'l2' ? 2n ** 64n - 1n : 0,
      });
      expected.add(vectors);
      await expected.save(file('expected.hq'));
      expect(readFileSync(index).equals(readFileSync(file('expected.hq'))), metric).toBe(true);
    }
  });

  it.each(['cosine', 'ip', 'l2'] as const)('--center mean, %s', async (metric) => {
    await ok('compress', input, '-o', index, '--metric', metric, '--center', 'mean');
    const expected = new FlatIndex({ dim, bits: 4, metric, center: 'mean' });
    expected.add(vectors);
    const written = await FlatIndex.open(index);
    expect(written.center).toEqual(expected.center);
  });

  it('--center FILE', async () => {
    const center = Float32Array.from({ length: dim }, (_, i) => i / 100);
    writeFileSync(file('center.fvecs'), fvecsBytes(center, dim));
    await ok('compress', input, '-o', index, '--center', file('center.fvecs'));
    expect((await FlatIndex.open(index)).center).toEqual(center);
    expect(await failure(['compress', input, '-o', index, '--center', queries])).toBe(
      `${queries}: a center is one vector of 24, this file has 5 x 24`,
    );
  });

  it('gives the same file for every format and backend', async () => {
    const integers = vectors.map((v) => Math.round(v * 8) / 8);
    writeFileSync(file('same.fvecs'), fvecsBytes(integers, dim));
    writeFileSync(file('same8.npy'), npyBytes(npyText('<f8', `(500, ${dim})`), Float64Array.from(integers)));
    await ok('compress', writeNpy(file('same4.npy'), integers, dim), '-o', index, '--center', 'mean');
    const expected = readFileSync(index);
    for (const name of ['same.fvecs', 'same8.npy']) {
      await ok('compress', file(name), '-o', index, '--center', 'mean');
      expect(readFileSync(index).equals(expected), name).toBe(true);
    }
    const js = await run(['compress', file('same4.npy'), '-o', index, '--center', 'mean'], { HADAQUANT_BACKEND: 'js' });
    expect(js.stdout).toMatch(/, js$/m);
    expect(readFileSync(index).equals(expected)).toBe(true);
  });

  it('--json says what was done', async () => {
    const out = JSON.parse(await ok('compress', input, '-o', index, '--bits', '3', '--json'));
    expect(out).toEqual({
      command: 'compress',
      input,
      output: index,
      rows: 500,
      dim,
      bits: 3,
      codec: 'eden',
      grid: null,
      metric: 'cosine',
      rounds: 'auto',
      seed: '0',
      centered: false,
      bytes: readFileSync(index).length,
      bytesPerVector: expect.closeTo(readFileSync(index).length / 500, 2),
      ratio: expect.closeTo((500 * dim * 4) / readFileSync(index).length, 2),
      backend: expect.stringMatching(/^(native|wasm|js)$/),
      isa: expect.any(String),
      seconds: expect.any(Number),
    });
  });

  it('says it in a few lines too', async () => {
    const lines = (await ok('compress', input, '-o', index)).split('\n');
    expect(lines[0]).toBe(`${input} -> ${index}`);
    expect(lines[1]).toBe('  vectors  500 x 24');
    expect(lines.length).toBe(7);
  });

  it('replaces a file, through a link too', async () => {
    writeFileSync(file('old.hq'), 'old');
    await ok('compress', input, '-o', file('old.hq'));
    expect(readFileSync(file('old.hq')).equals(readFileSync(index))).toBe(true);
    if (windows) return;
    writeFileSync(file('target.hq'), 'old');
    symlinkSync('target.hq', file('link.hq'));
    await ok('compress', input, '-o', file('link.hq'));
    expect(readFileSync(file('target.hq')).equals(readFileSync(index))).toBe(true);
  });

  it('takes a file of no vectors', async () => {
    const empty = writeNpy(file('empty.npy'), new Float32Array(0), 0);
    writeFileSync(empty, npyBytes(npyText('<f4', '(0, 24)'), new Float32Array(0)));
    const out = JSON.parse(await ok('compress', empty, '-o', file('empty.hq'), '--center', 'mean', '--json'));
    expect(out).toMatchObject({ rows: 0, bytesPerVector: null, ratio: null });
    expect(await ok('search', file('empty.hq'), queries, '--json')).toContain('{"query":4,"ids":[],"scores":[]}\n');
    await ok('search', file('empty.hq'), empty);
  });

  it('names the row that cannot be used, and leaves no file', async () => {
    const bad = new Float32Array(300_000 * 8).fill(1);
    bad[290_000 * 8 + 3] = Number.NaN;
    writeNpy(file('bad.npy'), bad, 8);
    const message = `${file('bad.npy')}: row 290000 holds NaN in column 3; vectors must be finite as float32`;
    writeFileSync(file('kept.hq'), 'old');
    expect(await failure(['compress', file('bad.npy'), '-o', file('kept.hq')])).toBe(message);
    expect(await failure(['compress', file('bad.npy'), '-o', file('kept.hq'), '--center', 'mean'])).toBe(message);
    expect(readFileSync(file('kept.hq'), 'utf8')).toBe('old');
    expect(leftovers()).toEqual([]);
    writeFileSync(file('big.npy'), npyBytes(npyText('<f8', '(1, 2)'), Float64Array.of(1, 1e300)));
    expect(await failure(['compress', file('big.npy'), '-o', file('none.hq')])).toMatch(
      /row 0 holds Infinity in column 1/,
    );
    writeNpy(file('long.npy'), Float32Array.of(1, 2, 3e38, 3e38), 2);
    expect(await failure(['compress', file('long.npy'), '-o', file('none.hq')])).toMatch(
      /row 1 is longer than 3\.4e38/,
    );
    expect(existsSync(file('none.hq'))).toBe(false);
  });

  it('replaces only regular files, and none of its inputs', async () => {
    mkdirSync(file('folder'), { recursive: true });
    expect(await failure(['compress', input, '-o', file('folder')])).toMatch(/folder: not a regular file/);
    if (!windows)
      expect(await failure(['compress', input, '-o', '/dev/null'])).toMatch(/^\/dev\/null: not a regular file/);
    const before = readFileSync(input);
    expect(await failure(['compress', input, '-o', join(folder, 'folder', '..', 'vectors.npy')], 2)).toMatch(
      /is an input/,
    );
    expect(readFileSync(input).equals(before)).toBe(true);
  });
});

describe('hadaquant search', () => {
  it('prints the results of FlatIndex as JSON lines', async () => {
    await ok('compress', input, '-o', index, '--metric', 'l2');
    const { ids, scores } = (await FlatIndex.open(index)).search(vectors.subarray(0, 5 * dim), { k: 7 });
    const lines = (await ok('search', index, queries, '-k', '7', '--json', '--threads', '2')).trimEnd().split('\n');
    expect(lines.length).toBe(5);
    lines.forEach((line, q) => {
      const found = JSON.parse(line);
      expect(found.query).toBe(q);
      expect(found.ids).toEqual([...ids.subarray(q * 7, q * 7 + 7)]);
      expect(found.scores.map(Math.fround)).toEqual([...scores.subarray(q * 7, q * 7 + 7)]);
    });
  });

  it('prints a table', async () => {
    await ok('compress', input, '-o', index);
    const lines = (await ok('search', index, queries, '-k', '2')).trimEnd().split('\n');
    expect(lines.length).toBe(1 + 5 * 2);
    expect(lines[0]).toBe('query  rank   id      score');
    expect(lines[1]).toMatch(/^ {4}0 {5}1 {4}0 {3}[01]\.\d{6}$/);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('prints as many as there are', async () => {
    const lines = (await ok('search', index, queries, '-k', '4294967295', '--json')).trimEnd().split('\n');
    expect(JSON.parse(lines[4]).ids.length).toBe(500);
  });

  it('finds the nearest sentences', async () => {
    await ok('compress', fixture('glosses.npy'), '-o', file('glosses.hq'), '--center', 'mean');
    const [x, q] = [await readAll(fixture('glosses.npy')), await readAll(fixture('queries.npy'))];
    const lines = (await ok('search', file('glosses.hq'), fixture('queries.npy'), '--json')).trimEnd().split('\n');
    let hits = 0;
    lines.forEach((line, i) => {
      const query = q.subarray(i * 512, (i + 1) * 512);
      const exact = Array.from({ length: 2400 }, (_, row) => ({
        row,
        score: query.reduce((sum, v, c) => sum + v * x[row * 512 + c], 0),
      }));
      exact.sort((a, b) => b.score - a.score);
      const best = new Set(exact.slice(0, 10).map(({ row }) => row));
      hits += JSON.parse(line).ids.filter((id: number) => best.has(id)).length;
    });
    // 189 of 200 on this fixed data; a change of the codec may move a few that are nearly equal
    expect(hits / 200).toBeGreaterThan(0.92);
  });

  it('stops quietly when nobody reads on', async () => {
    await ok('compress', input, '-o', index);
    const { process: child, outcome } = start(['search', index, input, '-k', '500']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await outcome).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('queries must fit the index and be finite', async () => {
    const other = writeNpy(file('other.npy'), new Float32Array(50), 25);
    expect(await failure(['search', index, other])).toMatch(/queries of 25 coordinates, but the vectors of .* have 24/);
    const nan = writeNpy(file('nan.npy'), new Float32Array(2 * dim).fill(Number.NaN, dim), dim);
    expect(await failure(['search', index, nan, '--json'])).toMatch(/nan\.npy: row 1 holds NaN in column 0/);
  });
});

describe('hadaquant decompress', () => {
  it.each(['l2', 'ip'] as const)('gives the vectors back, nearly (%s)', async (metric) => {
    await ok('compress', input, '-o', index, '--metric', metric, '--bits', '8', '--center', 'mean');
    await ok('decompress', index, '-o', file('back.npy'));
    const back = await readAll(file('back.npy'));
    const energy = vectors.reduce((sum, v) => sum + v * v, 0);
    const error = back.reduce((sum, v, i) => sum + (v - vectors[i]) ** 2, 0);
    // 8 bits: 0.00004 of the centred energy, which is less than all
    expect(error / energy).toBeLessThan(0.00005);
  });

  it('gives unit vectors for cosine, and says so once', async () => {
    await ok('compress', input, '-o', index, '--bits', '1');
    const { code, stderr } = await run(['decompress', index, '-o', file('unit.npy')]);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `hadaquant: ${index} was made for cosine and stores no lengths: ${file('unit.npy')} gets unit vectors\n`,
    );
    const back = await readAll(file('unit.npy'));
    for (let row = 0; row < 500; row++) {
      const norm = Math.hypot(...back.subarray(row * dim, (row + 1) * dim));
      expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
    }
  });

  it('writes every format, with the same numbers', async () => {
    await ok('compress', input, '-o', index, '--metric', 'ip');
    const out = JSON.parse(await ok('decompress', index, '-o', file('d.npy'), '--json'));
    expect(out).toMatchObject({
      command: 'decompress',
      output: file('d.npy'),
      dtype: 'f4',
      rows: 500,
      dim,
      metric: 'ip',
    });
    expect(out.seconds).toBeGreaterThan(0);
    const expected = await readAll(file('d.npy'));
    await ok('decompress', index, '-o', file('d.fvecs'));
    await ok('decompress', index, '-o', file('d8.npy'), '--dtype', 'f8');
    expect(await readAll(file('d.fvecs'))).toEqual(expected);
    expect(await readAll(file('d8.npy'))).toEqual(expected);
    await ok('decompress', index, '-o', file('d2.npy'), '--dtype', 'f2');
    const half = await readAll(file('d2.npy'));
    expect(half.every((v, i) => Math.abs(v - expected[i]) <= Math.abs(expected[i]) / 2048 + 2 ** -25)).toBe(true);
  });

  it('says that ids of the index are not in the output', async () => {
    const own = new FlatIndex({ dim, bits: 4, metric: 'ip' });
    own.add(vectors.subarray(0, 2 * dim), [70, 7]);
    await own.save(file('own.hq'));
    const { code, stderr } = await run(['decompress', file('own.hq'), '-o', file('own.npy')]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/has ids of its own/);
    expect(await ok('info', file('own.hq'))).toMatch(/ids +stored/);
    expect(await ok('search', file('own.hq'), queries, '-k', '2', '--json')).toMatch(/"ids":\[(70,7|7,70)\]/);
  });

  it('leaves no file when float16 cannot hold a number', async () => {
    const large = writeNpy(file('large.npy'), new Float32Array(64).fill(70_000), 64);
    await ok('compress', large, '-o', file('large.hq'), '--metric', 'ip', '--bits', '8');
    expect(await failure(['decompress', file('large.hq'), '-o', file('half.npy'), '--dtype', 'f2'])).toMatch(
      /half\.npy: row 0 has \d+.*float16 ends at 65504; take --dtype f4/,
    );
    expect(existsSync(file('half.npy'))).toBe(false);
    expect(leftovers()).toEqual([]);
  });
});

describe('hadaquant info', () => {
  it('describes an index', async () => {
    await ok('compress', input, '-o', index, '--metric', 'l2', '--center', 'mean', '--seed', '18446744073709551615');
    const text = await ok('info', index);
    expect(text).toMatch(/^ {2}vectors {4}500 x 24$/m);
    expect(text).toMatch(/^ {2}metric {5}l2, centered$/m);
    expect(text).toMatch(/^ {2}code {7}eden, 4 bits, rounds auto, seed 18446744073709551615$/m);
    expect(JSON.parse(await ok('info', index, '--verify', '--json'))).toMatchObject({
      command: 'info',
      input: index,
      rows: 500,
      dim,
      bits: 4,
      metric: 'l2',
      seed: '18446744073709551615',
      centered: true,
      bytes: readFileSync(index).length,
      storedIds: false,
      verified: true,
    });
  });
});

describe('damaged and missing files', () => {
  it('are failures that name the file', async () => {
    const none = file('none.npy');
    expect(await failure(['compress', none, '-o', index])).toBe(`${none}: no such file or directory`);
    expect(await failure(['compress', input, '-o', file('none/x.hq')])).toBe(
      `${file('none/x.hq')}: no such file or directory`,
    );
    expect(await failure(['info', file('none.hq')])).toBe(`${file('none.hq')}: no such file or directory`);
    expect(await failure(['search', file('none.hq'), queries])).toBe(`${file('none.hq')}: no such file or directory`);
    expect(await failure(['search', index, none])).toBe(`${none}: no such file or directory`);
    expect(await failure(['decompress', file('none.hq'), '-o', file('x.npy')])).toMatch(/none\.hq: no such file/);
    expect(await failure(['info', input])).toBe(`${input}: this is not a hadaquant index (wrong first bytes)`);
  });

  it('an index with a changed byte, or cut short', async () => {
    await ok('compress', input, '-o', index, '--metric', 'ip');
    const good = readFileSync(index);
    const damaged = file('damaged.hq');
    writeFileSync(
      damaged,
      good.map((byte, i) => (i === good.length - 200 ? byte ^ 1 : byte)),
    );
    for (const args of [
      ['info', damaged, '--verify'],
      ['search', damaged, queries],
      ['decompress', damaged, '-o', file('x.npy')],
    ]) {
      expect(await failure(args)).toMatch(/damaged\.hq: damaged \w+ \(checksum\)$/);
    }
    expect(existsSync(file('x.npy'))).toBe(false);
    writeFileSync(damaged, good.subarray(0, good.length - 1));
    for (const args of [
      ['info', damaged],
      ['search', damaged, queries],
      ['decompress', damaged, '-o', file('x.npy')],
    ]) {
      expect(await failure(args)).toMatch(/damaged\.hq: .*truncated/);
    }
    copyFileSync(input, damaged);
    expect(await failure(['search', damaged, queries])).toMatch(/damaged\.hq: this is not a hadaquant index/);
  });

  it('a forged number of rows is refused at once', async () => {
    writeFileSync(file('forged.npy'), npyBytes(npyText('<f4', '(1000000000000000, 96)'), new Float32Array(96)));
    expect(await failure(['compress', file('forged.npy'), '-o', file('x.hq')])).toMatch(
      /forged\.npy: truncated, or its shape/,
    );
  });
});

describe('usage', () => {
  it('--help and --version go to stdout, whatever the backend', async () => {
    const { code, stdout } = await run(['--help'], { HADAQUANT_BACKEND: 'none' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^hadaquant: compress float vectors/);
    expect(await ok('search', '--help')).toMatch(/^hadaquant search INDEX QUERIES/);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await ok('--version')).toBe(`${version}\n`);
  });

  it('mistakes are one line and exit code 2', async () => {
    expect(await failure([], 2)).toMatch(/^no command given/);
    expect(await failure(['squash'], 2)).toMatch(/^unknown command 'squash'/);
    expect(await failure(['compress', input, '-o', index, '--bits', '9'], 2)).toMatch(/^--bits must be/);
  });

  it('a backend that cannot be had is a failure', async () => {
    expect(await failure(['info', index], 1, { HADAQUANT_BACKEND: 'gpu' })).toMatch(
      /^HADAQUANT_BACKEND must be one of/,
    );
  });

  it('HADAQUANT_DEBUG=1 shows where an error comes from', async () => {
    const { code, stderr } = await run(['info', file('none.hq')], { HADAQUANT_DEBUG: '1' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hadaquant: Error: ENOENT.*\n {4}at /);
  });

  it('a full disk is a failure', async () => {
    if (!existsSync('/dev/full')) return;
    const { openSync, closeSync } = await import('node:fs');
    const { spawnSync } = await import('node:child_process');
    const full = openSync('/dev/full', 'w');
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [main, '--help'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr.toString()).toBe('hadaquant: stdout: no space left on device\n');
  });
});
