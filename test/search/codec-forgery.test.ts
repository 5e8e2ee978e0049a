// SPDX-License-Identifier: Apache-2.0
/** Index files whose checksums are right and whose codec, grid, draws or residuals are not: HadaquantFormatError. */
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { IndexReader } from '../../lib/search/index-reader.ts';
import { type IndexCase, indexOptions } from './codec-indexes.ts';
import { temporaryFolder } from './folder.ts';
import { FIELD, forge, sectionOf } from './forge.ts';
import { refusal as refusalOf } from './refusal.ts';
import { normals } from './vectors.ts';

const pathOf = temporaryFolder();
const DIM = 16;
const ROWS = 6;
const CASES = {
  dithered: { codec: 'dithered', bits: 3 },
  prod: { codec: 'turboquant-prod', bits: 2 },
  mse: { codec: 'turboquant-mse', bits: 2 },
  uniform: { codec: 'uniform', bits: 2 },
  vq: { codec: 'vq', bits: 2, grid: '4x256' },
} as const satisfies Record<string, IndexCase>;
type Name = keyof typeof CASES;
const files = {} as Record<Name, Uint8Array>;

beforeAll(async () => {
  for (const name of Object.keys(CASES) as Name[]) {
    const index = new FlatIndex({ ...indexOptions(CASES[name], DIM), metric: 'ip' });
    index.add(normals(91, ROWS, DIM));
    await index.save(pathOf(`${name}.hq`));
    files[name] = new Uint8Array(await readFile(pathOf(`${name}.hq`)));
  }
});

const refusal = (bytes: Uint8Array) => refusalOf(pathOf('forged.hq'), bytes);

const u8 = (at: number, value: number) => (view: DataView) => view.setUint8(at, value);
const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
const f64 = (at: number, value: number) => (view: DataView) => view.setFloat64(at, value, true);
const all =
  (...edits: ((view: DataView) => void)[]) =>
  (view: DataView) => {
    for (const edit of edits) edit(view);
  };

describe('a forged header', () => {
  it.each<[Name, string, (view: DataView) => void, RegExp]>([
    ['uniform', 'quicfl', u32(FIELD.codec, 3), /^index file: .*codec.*"quicfl"/],
    ['uniform', 'codec 9', u32(FIELD.codec, 9), /^index file: unknown codec/],
    ['vq', 'no grid', u8(FIELD.grid, 0), /^index file: unknown grid/],
    ['vq', 'grid 5', u8(FIELD.grid, 5), /^index file: unknown grid/],
    ['vq', 'grid 255', u8(FIELD.grid, 255), /^index file: unknown grid/],
    ['vq', 'a grid of 1 bit', u8(FIELD.grid, 4), /^index file: grid must be .*"8x256"/],
    ['vq', 'a grid of 4 bits', u8(FIELD.grid, 2), /^index file: grid must be .*"2x256"/],
    ['vq', '3 bits', f64(FIELD.bits, 3), /^index file: bits must be .* got 3/],
    ['vq', '1 bit, its grid', all(f64(FIELD.bits, 1), u8(FIELD.grid, 4)), /its header describes/],
    ['mse', 'a grid where there is none', u8(FIELD.grid, 1), /^index file: grid must be /],
    ['mse', 'an unknown grid where there is none', u8(FIELD.grid, 9), /^index file: unknown grid/],
    ['mse', '2.5 bits', f64(FIELD.bits, 2.5), /^index file: bits must be .* got 2.5/],
    ['mse', 'dithered, without draws', u32(FIELD.codec, 4), /its header describes/],
    ['mse', 'turboquant-prod, without residuals', u32(FIELD.codec, 6), /its header describes/],
    ['mse', 'vq, without a grid', u32(FIELD.codec, 8), /^index file: unknown grid/],
    ['dithered', 'turboquant-mse, with draws', u32(FIELD.codec, 5), /its header describes/],
    ['prod', 'turboquant-mse, with residuals', u32(FIELD.codec, 5), /its header describes/],
    ['prod', '1 bit', f64(FIELD.bits, 1), /^index file: bits must be .* got 1/],
    ['prod', 'dim 4097', u32(FIELD.dim, 4097), /^index file: dim must be .* got 4097/],
    ['prod', 'dim 2^30', u32(FIELD.dim, 2 ** 30), /^index file: dim must be /],
    ['prod', 'dim 4096', u32(FIELD.dim, 4096), /its header describes/],
  ])('of %s is refused: %s', async (name, _, edit, message) => {
    expect(await refusal(forge(files[name], edit))).toMatch(message);
  });

  it('that another codec of the same sections could have opens as that codec', async () => {
    // nothing tells the codes of turboquant-mse from those of uniform
    expect(await refusal(forge(files.mse, u32(FIELD.codec, 7)))).toBe('opened');
    expect((await FlatIndex.open(pathOf('forged.hq'))).codec).toBe('uniform');
  });
});

describe('a forged section', () => {
  it('is refused: draws and residuals that go by another number', async () => {
    for (const [name, section] of [
      ['dithered', 'draws'],
      ['prod', 'residuals'],
    ] as const) {
      const { at } = sectionOf(files[name], section);
      for (const number of [1, 4, 6, section === 'draws' ? 8 : 7]) {
        expect(await refusal(forge(files[name], u32(at, number)))).toMatch(/^index file: /);
      }
      expect(await refusal(forge(files[name], u32(at, 9)))).toBe('index file: unknown section 9');
    }
  });

  it('is refused: a draw that there is not', async () => {
    const { offset } = sectionOf(files.dithered, 'draws');
    for (let r = 0; r < ROWS; r++) {
      for (const draw of [32, 63, 64, 255]) {
        expect(await refusal(forge(files.dithered, u8(offset + r, draw)))).toBe(
          `index file: row ${r} has no such draw`,
        );
      }
      expect(await refusal(forge(files.dithered, u8(offset + r, 31)))).toBe('opened');
    }
    await writeFile(pathOf('forged.hq'), forge(files.dithered, u8(offset + 2, 32)));
    const reader = await IndexReader.open(pathOf('forged.hq'));
    await expect(reader.read(0, 1)).rejects.toThrow(HadaquantFormatError);
    await reader.close();
  });

  it('is refused: a residual that is not finite', async () => {
    const { offset } = sectionOf(files.prod, 'residuals');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const forged = forge(files.prod, (view) => view.setFloat32(offset + 12, value, true));
      expect(await refusal(forged)).toBe('index file: a scale, norm or residual is not finite');
      const reader = await IndexReader.open(pathOf('forged.hq'));
      await expect(reader.read(3, 1)).rejects.toThrow(HadaquantFormatError);
      expect((await reader.read(0, 3)).length).toBe(3 * DIM);
      await reader.close();
    }
  });

  it('of any codes and draws opens, and searches without a fault', async () => {
    const queries = normals(92, 2, DIM);
    for (const name of Object.keys(CASES) as Name[]) {
      for (const fill of [0, 0x55, 0xaa, 0xff]) {
        const forged = forge(files[name], (_view, copy) => {
          const codes = sectionOf(files[name], 'codes');
          copy.fill(fill, codes.offset, codes.offset + codes.length);
          const rounds = sectionOf(files[name], 'rounds');
          copy.fill(0xff, rounds.offset, rounds.offset + rounds.length);
          if (name !== 'dithered') return;
          const draws = sectionOf(files[name], 'draws');
          copy.fill(fill % 32, draws.offset, draws.offset + draws.length);
        });
        await writeFile(pathOf('forged.hq'), forged);
        const index = await FlatIndex.open(pathOf('forged.hq'));
        const { ids, scores } = index.search(queries, { k: ROWS });
        expect([...ids.subarray(0, ROWS)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(scores.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('of residuals beyond all scales is refused, or decodes to no NaN', async () => {
    const residuals = sectionOf(files.prod, 'residuals');
    const scales = sectionOf(files.prod, 'scales');
    const forged = forge(files.prod, (view) => {
      view.setFloat32(scales.offset, 1e-45, true);
      view.setFloat32(residuals.offset, 3e38, true);
    });
    await writeFile(pathOf('forged.hq'), forged);
    const reader = await IndexReader.open(pathOf('forged.hq'));
    try {
      const decoded = await reader.read(0, 1).catch((error: unknown) => error);
      if (decoded instanceof Float32Array) expect(decoded.some(Number.isNaN)).toBe(false);
      else expect(decoded).toBeInstanceOf(HadaquantFormatError);
    } finally {
      await reader.close();
    }
  });
});

it('an empty index of the largest turboquant-prod opens, without its matrix', async () => {
  const index = new FlatIndex({ dim: 4096, bits: 8, codec: 'turboquant-prod' });
  await index.save(pathOf('empty.hq'));
  const began = process.memoryUsage().arrayBuffers;
  const empty = await FlatIndex.open(pathOf('empty.hq'));
  expect([empty.size, empty.dim, empty.codec]).toEqual([0, 4096, 'turboquant-prod']);
  // the matrix has 64 MiB
  expect(process.memoryUsage().arrayBuffers - began).toBeLessThan(2 ** 25);
});
