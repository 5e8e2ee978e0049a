// SPDX-License-Identifier: Apache-2.0
/** Codec quicfl: shared draws, private fractions, and outliers, against a decoder written here from FORMAT.md 1.3. */
import { describe, expect, it } from 'vitest';
import { QUICFL_TABLES } from '../lib/codec/quicfl-tables.ts';
import type { UnbiasedTable } from '../lib/codec/unbiased-tables.ts';
import { Quantizer, Rotation } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { type CodecCase, fieldsOf, gaussians, quantizerOf, unpackedCode } from './codec-cases.ts';
import { key, rowSeed, word } from './golden/reference/prng.mjs';
import { expectSameBits, expectSameEverywhere } from './same-bits.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6];
const caseOf = (bits: number): CodecCase => ({ codec: 'quicfl', bits });
const table = (bits: number) => QUICFL_TABLES[bits] as UnbiasedTable;
const T = Math.fround(table(1).limit);

/** The rotated, scaled rows of records: levels of (h, code), or outliers, times the scale. */
function naiveRows(dim: number, bits: number, seed: bigint, records: Uint8Array) {
  const { draws, positive } = table(bits);
  const r = [...positive.map((v) => -v).reverse(), ...positive];
  return fieldsOf(caseOf(bits), dim, records).map(({ codes, scale, rounds, nonce, outliers }) => {
    const stream = key(rowSeed(seed, BigInt(nonce as number)), 17);
    const levels = Array.from({ length: dim }, (_, j) => {
      const byte = (word(stream, j >> 3) >> BigInt(8 * (j & 7))) & 0xffn;
      return Math.fround(r[unpackedCode(codes, dim, bits, j) * draws + (Number(byte) % draws)]);
    });
    for (const { coordinate, value } of outliers) levels[coordinate] = value;
    return { rounds, rotated: Float32Array.from(levels, (v) => v * scale) };
  });
}

function naiveDecode(dim: number, bits: number, seed: bigint, records: Uint8Array): Float32Array {
  const rows = naiveRows(dim, bits, seed, records).map(({ rounds, rotated }) =>
    new Rotation({ dim, rounds: rounds as 1 | 2 | 3, seed }).invert(rotated),
  );
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

/** The vector that one round turns into multiples of `z`. */
const unrotated = (z: Float32Array, seed = 0) => new Rotation({ dim: z.length, rounds: 1, seed }).invert(z);

forEachBackend('quicfl', () => {
  it.each(WIDTHS)('%i bits: decodes as FORMAT.md says, outliers to themselves', (bits) => {
    let outliersSeen = 0;
    for (const dim of [1, 2, 7, 9, 96, 100, 640]) {
      const seed = 2n ** 63n + BigInt(dim);
      const q = quantizerOf(caseOf(bits), { dim, seed });
      const codes = q.encode(gaussians(20 * dim, dim), { firstIndex: 2 ** 32 - 5 });
      expectSameBits(q.decode(codes), naiveDecode(dim, bits, seed, codes), `dim ${dim}`);
      for (const { outliers, codes: packed } of fieldsOf(caseOf(bits), dim, codes)) {
        outliersSeen += outliers.length;
        for (const { coordinate, value } of outliers) {
          expect(Math.abs(value)).toBeGreaterThan(T);
          expect(unpackedCode(packed, dim, bits, coordinate)).toBe(0);
        }
      }
    }
    // 1 in 512 of 17,000 coordinates
    expect(outliersSeen).toBeGreaterThan(10);
  });

  it.each(WIDTHS)('%i bits: outliers are the rotated coordinates beyond T, and the codes never are', (bits) => {
    const dim = 128;
    const x = gaussians(50 * dim, 3);
    const q = quantizerOf(caseOf(bits), { dim, rounds: 2, seed: 9 });
    const rotated = new Rotation({ dim, rounds: 2, seed: 9 }).apply(x);
    fieldsOf(caseOf(bits), dim, q.encode(x)).forEach(({ norm, outliers }, r) => {
      const z = rotated.subarray(r * dim, (r + 1) * dim).map((v) => (v * Math.sqrt(dim)) / norm);
      const beyond = [...z.keys()].filter((j) => Math.abs(z[j]) > T);
      expect(outliers.map(({ coordinate }) => coordinate)).toEqual(beyond);
      for (const { coordinate, value } of outliers) expect(Math.abs(value / z[coordinate] - 1)).toBeLessThan(1e-6);
    });
  });

  it.each([96, 128, 640, 1024, 4096])('dim %i: as many outliers as there can be, in many rows at once', (dim) => {
    // z has squares that sum to dim: at most dim / T^2 of them are above T^2
    const most = Math.floor(dim / T ** 2);
    const value = Math.sqrt(dim / most);
    expect(value).toBeGreaterThan(T * 1.00001);
    const rows = 15;
    const z = Array.from({ length: rows }, (_, r) => {
      const row = new Float32Array(dim);
      // all over the row, at its end, at its beginning; every third row has none
      const place = [(i: number) => Math.floor((i * dim) / most), (i: number) => dim - 1 - i][r % 3];
      if (place) for (let i = 0; i < most; i++) row[place(i)] = i % 2 ? -value : value;
      else row.fill(1);
      return row;
    });
    const x = new Float32Array(rows * dim);
    z.forEach((row, r) => {
      x.set(unrotated(row), r * dim);
    });
    for (const bits of [1, 6]) {
      const q = quantizerOf(caseOf(bits), { dim, rounds: 1 });
      const codes = q.encode(x);
      const decoded = q.decode(codes);
      const again = new Rotation({ dim, rounds: 1 }).apply(decoded);
      const records = fieldsOf(caseOf(bits), dim, codes);
      records.forEach(({ outliers }, r) => {
        expect(outliers.length).toBe(r % 3 === 2 ? 0 : most);
        for (const { coordinate, value: kept } of outliers) {
          expect(Math.abs(kept - z[r][coordinate])).toBeLessThan(1e-5);
          // no code lies between: only float32 rotations there and back
          expect(Math.abs(again[r * dim + coordinate] - z[r][coordinate])).toBeLessThan(1e-4);
        }
        const own = q.encode(x.subarray(r * dim, (r + 1) * dim), { firstIndex: r });
        const start = r === 0 ? 0 : records[r - 1].end;
        expectSameBits(own, codes.subarray(start, start + own.length), `row ${r} alone`);
      });
      if (dim < 1000) expectSameBits(decoded, naiveDecode(dim, bits, 0n, codes));
    }
  });

  it('a row that is one large coordinate after its rotation loses nothing of it', () => {
    for (const dim of [16, 64, 1024]) {
      const z = new Float32Array(dim);
      z[dim >> 1] = -Math.sqrt(dim);
      const q = quantizerOf(caseOf(2), { dim, rounds: 1 });
      const codes = q.encode(unrotated(z));
      const [{ outliers, scale }] = fieldsOf(caseOf(2), dim, codes);
      expect(outliers.map(({ coordinate }) => coordinate)).toEqual([dim >> 1]);
      expect(Math.abs(outliers[0].value * scale + Math.sqrt(dim))).toBeLessThan(1e-5 * Math.sqrt(dim));
    }
  });
});

describe('the private seed', () => {
  const dim = 600;
  const x = gaussians(5 * dim, 7);
  const make = (privateSeed: number | bigint) => new Quantizer({ dim, bits: 3, codec: 'quicfl', seed: 4, privateSeed });

  it('is needed by the encoder alone', () => {
    const [one, other] = [make(1), make(2n ** 64n - 1n)];
    const codes = one.encode(x);
    expectSameBits(one.encode(x), codes);
    expectSameBits(make(1n).encode(x), codes);
    expect(other.encode(x)).not.toEqual(codes);
    const query = gaussians(dim, 8);
    const reader = Quantizer.fromJSON(JSON.parse(JSON.stringify(other)));
    for (const q of [other, reader]) {
      expectSameBits(q.decode(codes), one.decode(codes));
      expectSameBits(q.innerProducts(query, codes), one.innerProducts(query, codes));
      expectSameBits(q.errorBounds(query, codes), one.errorBounds(query, codes));
    }
    expect(JSON.stringify(one)).not.toContain('private');
  });

  it('is drawn anew for every quantizer that is given none', () => {
    const draw = () => new Quantizer({ dim, bits: 3, codec: 'quicfl', seed: 4 });
    const [one, other] = [draw(), draw()];
    // 3,000 fractions, half of them beside a threshold that the other may be beyond
    expect(one.encode(x)).not.toEqual(other.encode(x));
    expectSameBits(one.encode(x), one.encode(x));
    expectSameBits(one.decode(other.encode(x)), other.decode(other.encode(x)));
  });

  it('changes codes and nothing else of a record, by one at most', () => {
    const c = caseOf(3);
    const [one, other] = [1, 2].map((seed) => fieldsOf(c, dim, make(seed).encode(x)));
    let differ = 0;
    one.forEach((record, r) => {
      expect({ ...record, codes: 0 }).toEqual({ ...other[r], codes: 0 });
      for (let j = 0; j < dim; j++) {
        const step = Math.abs(unpackedCode(record.codes, dim, 3, j) - unpackedCode(other[r].codes, dim, 3, j));
        expect(step).toBeLessThanOrEqual(1);
        differ += step;
      }
    });
    expect(differ).toBeGreaterThan(0);
  });

  it('gives the same codes on every backend, at every width', () => {
    for (const bits of WIDTHS) {
      expectSameEverywhere(() =>
        quantizerOf(caseOf(bits), { dim: 333, privateSeed: 2n ** 63n }).encode(gaussians(999, bits)),
      );
    }
  });
});
