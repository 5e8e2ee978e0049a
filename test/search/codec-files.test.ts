// SPDX-License-Identifier: Apache-2.0
/** Index files of every codec: what they hold, the same from FlatIndex and IndexWriter, the same again when opened. */
import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { IndexWriter } from '../../lib/search/index-writer.ts';
import { METRICS } from '../../lib/search/metric.ts';
import { forEachBackend, restoreBackend, variants } from '../backends.ts';
import { codeBytesOf } from '../codec-cases.ts';
import { expectSameBits } from '../same-bits.ts';
import { FEW_INDEX_CASES, INDEX_CASES, type IndexCase, indexOptions, titled } from './codec-indexes.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { entriesOf, FIELD, sectionOf } from './forge.ts';
import { expectSameResult } from './same-result.ts';
import { normals } from './vectors.ts';

const pathOf = temporaryFolder();
const NUMBERS = { eden: 1, drive: 2, dithered: 4, 'turboquant-mse': 5, 'turboquant-prod': 6, uniform: 7, vq: 8 };
const GRIDS = { '2x16': 1, '2x256': 2, '4x256': 3, '8x256': 4 };

/** All metrics for one case of a kind, one for each of the others. */
const metricsOf = (c: IndexCase) => (FEW_INDEX_CASES.includes(c) ? METRICS : [METRICS[c.bits % 3]]);

/** Rows that take one, two and three rounds under 'auto', and a zero row. */
function mixedRows(rows: number, dim: number): Float32Array {
  const x = normals(81, rows, dim);
  x.fill(0, dim, 2 * dim - 1);
  x.fill(1, 2 * dim, 3 * dim);
  x.fill(0, 5 * dim, 6 * dim);
  return x;
}

async function saved(index: FlatIndex, name = 'saved.hq'): Promise<Uint8Array> {
  await index.save(pathOf(name));
  return new Uint8Array(await readFile(pathOf(name)));
}

describe.each(titled(INDEX_CASES))('%s', (_, c) => {
  const dim = 19;

  it('has the sections of its codec, and nothing else', async () => {
    const rows = 21;
    const options = indexOptions(c, dim);
    for (const metric of METRICS) {
      const index = new FlatIndex({ ...options, metric });
      index.add(mixedRows(rows, dim));
      const file = await saved(index);
      expect(file.length).toBe(index.bytes);
      expect(entriesOf(file).map(({ name, length }) => [name, length])).toEqual([
        ['codes', rows * codeBytesOf(c, dim)],
        ['scales', 4 * rows],
        ...(metric === 'l2' ? [['norms', 4 * rows]] : []),
        ['rounds', 6],
        ...(c.codec === 'dithered' ? [['draws', rows]] : []),
        ...(c.codec === 'turboquant-prod' ? [['residuals', 4 * rows]] : []),
      ]);
      const view = new DataView(file.buffer);
      expect(view.getUint32(FIELD.codec, true)).toBe(NUMBERS[c.codec as keyof typeof NUMBERS]);
      expect(view.getFloat64(FIELD.bits, true)).toBe(c.bits);
      expect(file[FIELD.grid]).toBe(c.grid ? GRIDS[c.grid] : 0);
      if (c.codec !== 'dithered') continue;
      const { offset } = sectionOf(file, 'draws');
      // 21 draws of 16 or more: not all the same
      expect(new Set(file.subarray(offset, offset + rows)).size).toBeGreaterThan(3);
    }
  });

  it('opens as the same index, after changes too, and saves the same file again', async () => {
    const x = mixedRows(30, dim);
    const queries = normals(82, 3, dim);
    for (const metric of metricsOf(c)) {
      const center = metric === 'ip' ? {} : { center: 'mean' as const };
      const index = new FlatIndex({ ...indexOptions(c, dim), metric, seed: 2n ** 63n, ...center });
      const steps = [
        () => undefined, // empty
        () => index.add(x),
        () => index.add(x.subarray(0, 2 * dim), [900, 700]),
        () => index.remove([0, 3, 29, 700]),
      ];
      for (const step of steps) {
        step();
        const file = await saved(index);
        const copy = await FlatIndex.open(pathOf('saved.hq'));
        expectSameBits(index.toBytes(), file, 'in memory');
        expectSameBits(FlatIndex.fromBytes(file).toBytes(), file, 'through memory');
        expect([copy.codec, copy.bits, copy.grid]).toEqual([c.codec, c.bits, c.grid ?? null]);
        expect([copy.size, copy.bytes]).toEqual([index.size, file.length]);
        expectSameResult(copy.search(queries, { k: 33 }), index.search(queries, { k: 33 }));
        expectSameBits(await saved(copy, 'again.hq'), file, 'saved again');
        // both go on alike
        for (const one of [index, copy]) one.add(x.subarray(0, dim));
        expectSameResult(copy.search(queries, { k: 40 }), index.search(queries, { k: 40 }));
      }
    }
  });

  it('is the same file on every backend', async () => {
    const digests = new Set<string>();
    try {
      for (const variant of variants) {
        variant.use();
        for (const dims of [dim, 64]) {
          const index = new FlatIndex({ ...indexOptions(c, dims), metric: 'l2', center: 'mean' });
          index.add(mixedRows(40, dims));
          index.remove([7]);
          await index.save(pathOf(`${dims}.hq`));
        }
        digests.add((await sha256(pathOf(`${dim}.hq`))) + (await sha256(pathOf('64.hq'))));
      }
    } finally {
      restoreBackend();
    }
    expect(digests.size).toBe(1);
  });
});

forEachBackend('IndexWriter', () => {
  it.each(titled(INDEX_CASES))('%s: streams the file that FlatIndex saves, however it is cut', async (_, c) => {
    const dim = 40;
    const rows = 60;
    const x = mixedRows(rows, dim);
    for (const metric of metricsOf(c)) {
      const center = metric === 'ip' ? {} : { center: normals(83, 1, dim) };
      const options = { ...indexOptions(c, dim), metric, seed: 9, ...center };
      const index = new FlatIndex(options);
      index.add(x);
      await index.save(pathOf('saved.hq'));
      const expected = await sha256(pathOf('saved.hq'));
      for (const cuts of [[rows], [1, 58, 1], [20, 40]]) {
        const writer = await IndexWriter.create(pathOf('streamed.hq'), options, rows);
        let done = 0;
        for (const count of cuts) {
          await writer.append(x.subarray(done * dim, (done + count) * dim), { threads: 2 });
          done += count;
        }
        expect(await writer.finish()).toEqual({ bytes: statSync(pathOf('streamed.hq')).size });
        expect(await sha256(pathOf('streamed.hq')), `${metric} in ${cuts}`).toBe(expected);
      }
    }
  });

  it.each(titled(FEW_INDEX_CASES))('%s: does so over several chunks at once', async (_, c) => {
    // 300,000 floats: more than one chunk on every backend
    const [dim, rows] = c.codec === 'turboquant-prod' ? [48, 6250] : [300, 1000];
    const few = mixedRows(50, dim);
    const x = Float32Array.from({ length: rows * dim }, (_v, i) => few[i % few.length]);
    const options = { ...indexOptions(c, dim), metric: 'l2' } as const;
    const index = new FlatIndex(options);
    index.add(x);
    await index.save(pathOf('saved.hq'));
    const writer = await IndexWriter.create(pathOf('streamed.hq'), options, rows);
    await writer.append(x, { threads: 4 });
    await writer.finish();
    expect(await sha256(pathOf('streamed.hq'))).toBe(await sha256(pathOf('saved.hq')));
  });
});

forEachBackend('IndexReader', () => {
  it.each(titled(INDEX_CASES))('%s: decodes rows the same in any pieces', async (_, c) => {
    const dim = 19;
    const index = new FlatIndex({ ...indexOptions(c, dim), metric: 'ip' });
    index.add(mixedRows(30, dim));
    await index.save(pathOf('read.hq'));
    const reader = await IndexReader.open(pathOf('read.hq'));
    try {
      await reader.verify();
      const all = await reader.read(0, 30);
      for (const [start, count] of [
        [0, 1],
        [29, 1],
        [4, 20],
      ]) {
        expectSameBits(await reader.read(start, count), all.slice(start * dim, (start + count) * dim));
      }
      // the zero row
      expect(all.subarray(5 * dim, 6 * dim).every((v) => v === 0)).toBe(true);
      expect(all.every(Number.isFinite)).toBe(true);
    } finally {
      await reader.close();
    }
  });
});

forEachBackend('IndexReader', () => {
  it.each(titled(FEW_INDEX_CASES))(
    '%s: reads no rows, of an index that has some and of one that has none',
    async (_, c) => {
      for (const rows of [0, 3]) {
        const index = new FlatIndex(indexOptions(c, 8));
        if (rows > 0) index.add(normals(85, rows, 8));
        await index.save(pathOf('none.hq'));
        const reader = await IndexReader.open(pathOf('none.hq'));
        try {
          for (let start = 0; start <= rows; start++) expect((await reader.read(start, 0)).length).toBe(0);
        } finally {
          await reader.close();
        }
      }
    },
  );
});

describe('damage', () => {
  const small = (codec: IndexCase['codec'], bits: number) => {
    const index = new FlatIndex({ dim: 5, bits, codec });
    index.add(normals(84, 4, 5));
    return saved(index, 'small.hq');
  };
  const outcome = async (bytes: Uint8Array) => {
    await writeFile(pathOf('damaged.hq'), bytes);
    return FlatIndex.open(pathOf('damaged.hq')).then(
      () => 'opened',
      (error: unknown) => (error instanceof HadaquantFormatError ? error.message : `wrong class: ${error}`),
    );
  };

  it.each([
    ['dithered', 3],
    ['turboquant-prod', 3],
    ['vq', 2],
  ] as const)('%s: is seen in every byte, and in every file cut short', async (codec, bits) => {
    const file = await small(codec, bits);
    expect(await outcome(file)).toBe('opened');
    const wrong: string[] = [];
    for (let at = 0; at < file.length; at++) {
      const flipped = file.slice();
      flipped[at] ^= 1 << (at % 7); // damage.test.ts flips every bit of one file
      const got = await outcome(flipped);
      if (!got.startsWith('index file: ')) wrong.push(`byte ${at}: ${got}`);
    }
    for (let length = 0; length < file.length; length++) {
      const got = await outcome(file.subarray(0, length));
      if (!got.startsWith('index file: ')) wrong.push(`${length} bytes: ${got}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['dithered', 'draws'],
    ['turboquant-prod', 'residuals'],
  ] as const)('%s: verify finds it in %s', async (codec, name) => {
    const file = await small(codec, 3);
    file[sectionOf(file, name).offset + 1] ^= 0x10;
    await writeFile(pathOf('damaged.hq'), file);
    const reader = await IndexReader.open(pathOf('damaged.hq'));
    await expect(reader.verify()).rejects.toThrow(new HadaquantFormatError(`index file: damaged ${name} (checksum)`));
    await reader.close();
  });
});
