// SPDX-License-Identifier: Apache-2.0
/** Saves that are killed, that fail, and that meet each other. (A lost power supply also tests fsync: not here.) */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { expectSameResult } from './same-result.ts';
import { normals, uniform } from './vectors.ts';

const KILLS = 50;
const DIM = 64;
const pathOf = temporaryFolder();
const [pathA, pathB, folder] = [pathOf('a.hq'), pathOf('b.hq'), pathOf('target')];
const target = `${folder}/index.hq`;
const child = fileURLToPath(new URL('./crash-child.mjs', import.meta.url));
let digests: string[];

function indexOf(seed: number, rows: number): FlatIndex {
  const index = new FlatIndex({ dim: DIM, bits: 8, metric: 'l2', seed });
  // a million bytes and more: most of the child's time goes into writing them
  index.add(normals(seed, rows, DIM));
  return index;
}

beforeAll(async () => {
  if (!existsSync(new URL('../../dist/index.js', import.meta.url))) throw new Error('compile first: npm run build:ts');
  mkdirSync(folder);
  await indexOf(121, 20000).save(pathA);
  await indexOf(122, 15000).save(pathB);
  digests = [await sha256(pathA), await sha256(pathB)];
});

/** Starts a child that saves, and kills it `delay` ms after its first save. */
async function killAfter(delay: number): Promise<void> {
  const saver = spawn(process.execPath, [child, target, pathA, pathB], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(saver, 'exit');
  await Promise.race([
    once(saver.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`the child ended by itself: ${code}`))),
  ]);
  await new Promise((resolve) => setTimeout(resolve, delay));
  saver.kill('SIGKILL');
  const [code, signal] = await ended;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
}

it(`is the old or the new index after each of ${KILLS} kills`, async () => {
  const next = uniform(123);
  let torn = 0;
  const seen = new Set<string>();
  for (let i = 0; i < KILLS; i++) {
    await killAfter(next() * 40);
    const digest = await sha256(target);
    expect(digests).toContain(digest);
    seen.add(digest);
    const opened = await FlatIndex.open(target);
    expect(opened.size).toBe(digest === digests[0] ? 20000 : 15000);
    const left = readdirSync(folder).filter((name) => name !== 'index.hq');
    for (const name of left) {
      expect(name).toMatch(/^\.index\.hq\.\d+\.[0-9a-f]{12}\.tmp$/);
      rmSync(`${folder}/${name}`);
    }
    torn += left.length;
  }
  // or else the kills did not come while something was being written, and the test has shown nothing
  expect(torn).toBeGreaterThan(0);
  expect(seen.size).toBe(2);
});

describe('a save that cannot succeed', () => {
  const index = () => indexOf(124, 10);

  it('into a folder that is not there rejects', async () => {
    await expect(index().save(pathOf('nowhere/index.hq'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(pathOf('nowhere'))).toBe(false);
  });

  it('into a folder that may not be written rejects and leaves nothing', async () => {
    const readOnly = pathOf('read-only');
    mkdirSync(readOnly);
    chmodSync(readOnly, 0o555);
    chmodSync(pathOf('.'), 0o755);
    // root may write anywhere: be nobody for a moment
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      await expect(index().save(`${readOnly}/index.hq`)).rejects.toMatchObject({ code: 'EACCES' });
    } finally {
      if (root) process.seteuid?.(0);
    }
    expect(readdirSync(readOnly)).toEqual([]);
  });

  it('over a folder rejects and leaves nothing but the folder', async () => {
    const outer = pathOf('outer');
    mkdirSync(`${outer}/index.hq/inner`, { recursive: true });
    await expect(index().save(`${outer}/index.hq`)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(outer)).toEqual(['index.hq']);
    expect(readdirSync(`${outer}/index.hq`)).toEqual(['inner']);
  });

  it('leaves the index usable', async () => {
    const one = index();
    await expect(one.save(pathOf('nowhere/index.hq'))).rejects.toThrow();
    one.remove(3);
    one.add(normals(125, 1, DIM));
    await one.save(pathOf('after.hq'));
    const query = normals(126, 1, DIM);
    expectSameResult((await FlatIndex.open(pathOf('after.hq'))).search(query, { k: 10 }), one.search(query, { k: 10 }));
  });
});

describe('the name of the file', () => {
  it('may be as long as the file system allows', async () => {
    const path = pathOf(`${'n'.repeat(252)}.hq`);
    await indexOf(127, 3).save(path);
    expect((await FlatIndex.open(path)).size).toBe(3);
  });

  it('may be relative, with spaces and of any script', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const name of ['plain.hq', './a b.hq', 'индекс.hq', '.hidden']) {
        await indexOf(127, 3).save(name);
        expect((await FlatIndex.open(name)).size).toBe(3);
      }
    } finally {
      process.chdir(before);
    }
  });
});

it('two and more saves to one path at once leave one of them whole', async () => {
  const path = pathOf('crowded.hq');
  const indexes = [indexOf(128, 3000), indexOf(129, 2000), indexOf(130, 1)];
  for (let turn = 0; turn < 5; turn++) {
    await Promise.all([...indexes, ...indexes].map((index) => index.save(path)));
    const opened = await FlatIndex.open(path);
    expect([3000, 2000, 1]).toContain(opened.size);
  }
  expect(readdirSync(pathOf('.')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('a leftover of a killed save does not disturb the next', async () => {
  const path = pathOf('disturbed.hq');
  await writeFile(pathOf(`.disturbed.hq.${process.pid}.000000000000.tmp`), 'left over');
  await indexOf(131, 5).save(path);
  expect((await FlatIndex.open(path)).size).toBe(5);
});

afterAll(() => chmodSync(pathOf('.'), 0o700));
