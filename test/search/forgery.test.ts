// SPDX-License-Identifier: Apache-2.0
/** Files made to mislead: every checksum is right, what they claim is not. Refused without allocating what they claim. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FlatIndex } from '../../lib/search/flat-index.ts';
import { temporaryFolder } from './folder.ts';
import { crc32c, entriesOf, FIELD, forge, sectionOf } from './forge.ts';
import { refusal as refusalOf } from './refusal.ts';
import { sampleIndex } from './sample-index.ts';
import { normals } from './vectors.ts';

const pathOf = temporaryFolder();
const forged = pathOf('forged.hq');
let sample: Uint8Array;
/** Without ids, norms and center. */
let plain: Uint8Array;

beforeAll(async () => {
  await sampleIndex().save(pathOf('sample.hq'));
  sample = new Uint8Array(await readFile(pathOf('sample.hq')));
  const index = new FlatIndex({ dim: 6, bits: 4 });
  index.add(normals(101, 9, 6));
  await index.save(pathOf('plain.hq'));
  plain = new Uint8Array(await readFile(pathOf('plain.hq')));
});
afterEach(() => vi.unstubAllGlobals());

interface TypedConstructor {
  new (...args: unknown[]): object;
  readonly BYTES_PER_ELEMENT: number;
}

/** Notes the largest typed array that anything makes from now on, in bytes. */
function watchAllocation(): () => number {
  let largest = 0;
  for (const name of ['Uint8Array', 'Int8Array', 'Int32Array', 'Float32Array', 'Float64Array'] as const) {
    const Type = globalThis[name] as unknown as TypedConstructor;
    const watched: TypedConstructor = new Proxy(Type, {
      construct(target, args: unknown[], newTarget: TypedConstructor): object {
        if (typeof args[0] === 'number') largest = Math.max(largest, args[0] * Type.BYTES_PER_ELEMENT);
        // never really: a claim must not take the machine down with the test
        if (largest > 2 ** 26) throw new Error(`allocates ${largest} bytes`);
        return Reflect.construct(target, args, newTarget === watched ? target : newTarget);
      },
    });
    vi.stubGlobal(name, watched);
  }
  return () => largest;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const largest = watchAllocation();
  try {
    // a codebook's tables and the header are all there is to allocate
    return await refusalOf(forged, bytes, () => expect(largest()).toBeLessThan(2 ** 17));
  } finally {
    vi.unstubAllGlobals();
  }
}

const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
const u64 = (at: number, value: bigint) => (view: DataView) => view.setBigUint64(at, value, true);
const f64 = (at: number, value: number) => (view: DataView) => view.setFloat64(at, value, true);
const u8 = (at: number, value: number) => (view: DataView) => view.setUint8(at, value);

describe('a forged header', () => {
  it.each<[string, (view: DataView) => void, RegExp]>([
    ['2^40 rows', u64(FIELD.rows, 2n ** 40n), /1099511627776 rows are more than an index can hold/],
    ['2^64 - 1 rows', u64(FIELD.rows, 2n ** 64n - 1n), /rows are more than an index can hold/],
    ['2^32 - 1 rows', u64(FIELD.rows, 2n ** 32n - 1n), /its header describes \d+: truncated, or its lengths/],
    ['a row more', u64(FIELD.rows, 7n), /its header describes/],
    ['a row fewer', u64(FIELD.rows, 5n), /its header describes/],
    ['no rows', u64(FIELD.rows, 0n), /its header describes/],
    ['dim 0', u32(FIELD.dim, 0), /dim must be a whole number from 1 to 1073741824, got 0/],
    ['dim 2^30', u32(FIELD.dim, 2 ** 30), /its header describes/],
    ['dim 2^30 + 1', u32(FIELD.dim, 2 ** 30 + 1), /dim must be/],
    ['dim 2^32 - 1', u32(FIELD.dim, 2 ** 32 - 1), /dim must be/],
    ['codec 0', u32(FIELD.codec, 0), /unknown codec/],
    ['codec 99', u32(FIELD.codec, 99), /unknown codec/],
    ['0 bits', f64(FIELD.bits, 0), /bits must be a number from 0.5 to 8, got 0/],
    ['8.5 bits', f64(FIELD.bits, 8.5), /bits must be/],
    ['NaN bits', f64(FIELD.bits, Number.NaN), /bits must be/],
    ['infinite bits', f64(FIELD.bits, Number.POSITIVE_INFINITY), /bits must be/],
    ['metric 0', u8(FIELD.metric, 0), /unknown metric/],
    ['metric 4', u8(FIELD.metric, 4), /unknown metric/],
    ['another metric, without norms', u8(FIELD.metric, 1), /its header describes/],
    ['rounds 4', u8(FIELD.rounds, 4), /unknown rounds/],
    ['a next id beyond 2^53', u64(FIELD.nextId, 2n ** 53n + 2n), /its next id is/],
    ['2^64 - 1 as next id', u64(FIELD.nextId, 2n ** 64n - 1n), /its next id is/],
    ['a mean to come, with rows there', u8(FIELD.flags, 1), /index file: /],
    ['a next id that is taken', u64(FIELD.nextId, 2n ** 40n), /index file: /],
    ['a next id below all', u64(FIELD.nextId, 0n), /index file: /],
  ])('is refused: %s', async (_name, edit, message) => {
    expect(await refusal(forge(sample, edit))).toMatch(message);
  });

  it('is refused: next id below the rows of an index whose ids are its rows', async () => {
    for (const nextId of [0n, 8n]) {
      expect(await refusal(forge(plain, u64(FIELD.nextId, nextId)))).toMatch(/^index file: /);
    }
    expect(await refusal(forge(plain, u64(FIELD.nextId, 9n)))).toBe('opened');
  });

  it('is refused when its list of sections has a wrong length', async () => {
    for (const count of [0, 5, 7, 2 ** 32 - 1]) {
      const message = await refusal(forge(sample, u32(FIELD.sections, count)));
      expect(message).toBe('index file: damaged header (its length is wrong)');
    }
    for (const bytes of [0, 64, 211, 2 ** 32 - 1]) {
      const message = await refusal(forge(sample, u32(FIELD.headerBytes, bytes)));
      expect(message).toBe('index file: damaged header (its length is wrong)');
    }
    // both at once, and the checksum where it would then be
    const fewer = sample.slice();
    const view = new DataView(fewer.buffer);
    view.setUint32(FIELD.sections, 2, true);
    view.setUint32(FIELD.headerBytes, 64 + 48 + 4, true);
    view.setUint32(64 + 48, crc32c(fewer.subarray(0, 64 + 48)), true);
    expect(await refusal(fewer)).toMatch(/its header describes/);
  });
});

describe('a forged section table', () => {
  it('is refused: sections out of place, of other lengths, twice, or unknown', async () => {
    const claims = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
    for (const { at, name, offset, length } of entriesOf(sample)) {
      const here = `its ${name} section is not where it belongs`;
      for (const claim of [...claims, BigInt(offset - 1), BigInt(offset + 1)]) {
        expect(await refusal(forge(sample, u64(at + 8, claim)))).toContain(here);
      }
      for (const claim of [...claims, BigInt(length - 1), BigInt(length + 1)]) {
        expect(await refusal(forge(sample, u64(at + 16, claim)))).toContain(here);
      }
      for (const number of [0, 9, 2 ** 32 - 1]) {
        expect(await refusal(forge(sample, u32(at, number)))).toBe(`index file: unknown section ${number}`);
      }
    }
    const [first, second] = entriesOf(sample);
    expect(await refusal(forge(sample, u32(first.at, 2)))).toMatch(/^index file: /);
    expect(await refusal(forge(sample, u32(second.at, 1)))).toMatch(/^index file: /);
    expect(
      await refusal(
        forge(sample, (view) => {
          view.setUint32(first.at, 2, true);
          view.setUint32(second.at, 1, true);
        }),
      ),
    ).toMatch(/is not where it belongs/);
  });
});

describe('a forged section', () => {
  const BAD_CENTER = 'index file: its center is not finite, or its norm is beyond float32';
  const put = (name: string, at: number, value: number, wide = false) => {
    return forge(sample, (view) => {
      const { offset } = sectionOf(sample, name);
      if (wide) view.setFloat64(offset + at, value, true);
      else view.setFloat32(offset + at, value, true);
    });
  };

  it('is refused: numbers that no index has', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(await refusal(put('scales', 20, value))).toBe('index file: a scale, norm or residual is not finite');
      expect(await refusal(put('norms', 0, value))).toBe('index file: a scale, norm or residual is not finite');
      expect(await refusal(put('center', 8, value))).toBe(BAD_CENTER);
    }
    for (const id of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 7]) {
      expect(await refusal(put('ids', 40, id, true))).toBe(`index file: id ${id} is no id or stands twice`);
    }
  });

  it('is refused: a center whose numbers are finite, but not its norm', async () => {
    const { offset } = sectionOf(sample, 'center');
    const bytes = forge(sample, (view) => {
      for (const at of [0, 4]) view.setFloat32(offset + at, 3e38, true);
    });
    expect(await refusal(bytes)).toBe(BAD_CENTER);
  });

  it('is refused: a row without a number of rounds', async () => {
    const { offset } = sectionOf(sample, 'rounds');
    for (let r = 0; r < 6; r++) {
      const bytes = forge(sample, (_view, copy) => {
        copy[offset + (r >> 2)] &= ~(3 << (2 * (r & 3)));
      });
      expect(await refusal(bytes)).toBe(`index file: row ${r} has no number of rounds`);
    }
  });

  it('of any other codes, scales and rounds opens, and searches without a fault', async () => {
    for (const fill of [0, 0x55, 0xaa, 0xff]) {
      const bytes = forge(sample, (_view, copy) => {
        const { offset, length } = sectionOf(sample, 'codes');
        copy.fill(fill, offset, offset + length);
        const rounds = sectionOf(sample, 'rounds');
        copy.fill(0xff, rounds.offset, rounds.offset + rounds.length);
      });
      await writeFile(forged, bytes);
      const index = await FlatIndex.open(forged);
      const { ids, scores } = index.search(normals(102, 2, 5), { k: 6 });
      expect([...ids.subarray(0, 6)].sort((a, b) => a - b)).toEqual([0, 7, 12, 13, 40, 2 ** 40]);
      expect(scores.every(Number.isFinite)).toBe(true);
    }
  });
});

it('what is allocated is seen by these tests', async () => {
  await writeFile(forged, sample);
  const largest = watchAllocation();
  await FlatIndex.open(forged);
  expect(largest()).toBeGreaterThan(64);
});

it('an empty index of any dim opens without allocating for it', async () => {
  const index = new FlatIndex({ dim: 2 ** 30, bits: 8 });
  await writeFile(
    forged,
    forge(plain, () => undefined),
  );
  const header = plain.slice(0, 64 + 3 * 24 + 4);
  const view = new DataView(header.buffer);
  view.setBigUint64(FIELD.rows, 0n, true);
  view.setUint32(FIELD.dim, 2 ** 30, true);
  for (let i = 0; i < 3; i++) {
    view.setUint32(64 + 24 * i + 4, 0, true);
    view.setBigUint64(64 + 24 * i + 8, BigInt(header.length), true);
    view.setBigUint64(64 + 24 * i + 16, 0n, true);
  }
  view.setUint32(header.length - 4, crc32c(header.subarray(0, header.length - 4)), true);
  await writeFile(forged, header);
  const largest = watchAllocation();
  const opened = await FlatIndex.open(forged);
  expect([opened.dim, opened.size, largest() < 2 ** 17]).toEqual([index.dim, 0, true]);
});
