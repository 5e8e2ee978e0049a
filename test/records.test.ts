// SPDX-License-Identifier: Apache-2.0
/** The record: its size, its damage, and the JSON that a second machine needs to read it. */
import { describe, expect, it } from 'vitest';
import { HadaquantFormatError, Quantizer, type QuantizerOptions } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { floats } from './golden/reference/inputs.mjs';
import { expectSameBits } from './same-bits.ts';

describe('bytesPerVector', () => {
  // DESIGN section 4: planes padded to a byte each, and a trailer of 9 bytes
  it.each([
    [100, 4, 59],
    [512, 4, 265],
    [100, 1, 22],
    [768, 4, 393],
    [1024, 8, 1033],
    [7, 3, 2 + 1 + 9],
    [100, 6, 50 + 25 + 9],
    [100, 7, 50 + 25 + 13 + 9],
    [100, 1.5, 13 + 7 + 9],
    [7, 0.5, 1 + 9],
    [1, 0.5, 1 + 9],
    [1, 8, 1 + 9],
  ])('dim %i at %f bits: %i', (dim, bits, bytes) => {
    const q = new Quantizer({ dim, bits });
    expect(q.bytesPerVector).toBe(bytes);
    expect(q.encode(floats('plain', 1, 1, dim)).length).toBe(bytes);
  });

  it('is codes of every width and 9 bytes, for all dims to 130 and widths to 8', () => {
    for (let dim = 1; dim <= 130; dim++) {
      for (let bits = 1; bits <= 8; bits++) {
        const codes = [8, 4, 2, 1].reduce((sum, w) => sum + (bits & w ? Math.ceil((dim * w) / 8) : 0), 0);
        expect(new Quantizer({ dim, bits }).bytesPerVector).toBe(codes + 9);
      }
    }
  });
});

describe('toJSON and fromJSON', () => {
  const options: QuantizerOptions[] = [
    { dim: 100, bits: 4 },
    { dim: 7, bits: 0.5, scale: 'mse', rounds: 3, seed: 2 ** 53 - 1, codec: 'eden' },
    { dim: 64, bits: 2.25, rounds: 1, seed: 2n ** 64n - 1n },
    { dim: 64, bits: 8, seed: 2n ** 53n },
    { dim: 64, bits: 8, seed: 5n },
  ];
  it.each(options)('$dim x $bits bits, seed $seed: the same records on the other side', (given) => {
    const q = new Quantizer(given);
    const text = JSON.stringify(q);
    const other = Quantizer.fromJSON(JSON.parse(text));
    expect(JSON.stringify(other)).toBe(text);
    const x = floats('plain', 3, 4, given.dim);
    expectSameBits(other.encode(x), q.encode(x));
    expectSameBits(other.decode(q.encode(x)), q.decode(q.encode(x)));
  });

  it('has this form', () => {
    expect(new Quantizer({ dim: 3, bits: 1.5, seed: 2n ** 60n }).toJSON()).toEqual({
      format: 'hadaquant-quantizer',
      version: 1,
      dim: 3,
      bits: 1.5,
      codec: 'eden',
      scale: 'unbiased',
      rounds: 'auto',
      seed: '1152921504606846976',
    });
  });

  const good = new Quantizer({ dim: 8, bits: 2 }).toJSON();
  it.each([
    [undefined, "json must be a quantizer's toJSON() object"],
    [null, "json must be a quantizer's toJSON() object"],
    ['{}', "json must be a quantizer's toJSON() object"],
    [7, "json must be a quantizer's toJSON() object"],
    [[], "json must be a quantizer's toJSON() object"],
    [{}, "json must be a quantizer's toJSON() object"],
    [{ ...good, format: 'hadaquant' }, "json must be a quantizer's toJSON() object"],
    [{ ...good, version: 2 }, 'json.version must be 1, got 2'],
    [{ ...good, version: '1' }, 'json.version must be 1, got 1'],
    [{ ...good, seed: 0 }, 'json.seed must be a string of digits'],
    [{ ...good, seed: '-1' }, 'json.seed must be a string of digits'],
    [{ ...good, seed: '0x10' }, 'json.seed must be a string of digits'],
    [{ ...good, seed: '' }, 'json.seed must be a string of digits'],
    [
      { ...good, seed: '18446744073709551616' },
      'json.seed must be a whole number from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1, got 18446744073709551616n',
    ],
    [{ ...good, dim: 0 }, 'json.dim must be a whole number from 1 to 1073741824, got 0'],
    [{ ...good, dim: '8' }, 'json.dim must be a whole number from 1 to 1073741824, got "8"'],
    [{ ...good, dim: undefined }, 'json.dim must be a whole number from 1 to 1073741824, got undefined'],
    [{ ...good, bits: 9 }, 'json.bits must be a number from 0.5 to 8, got 9'],
    [
      { ...good, codec: 'zip' },
      "json.codec must be one of 'eden', 'drive', 'quicfl', 'dithered', 'turboquant-mse', 'turboquant-prod', 'uniform', 'vq', got \"zip\"",
    ],
    [{ ...good, scale: 'none' }, "json.scale must be one of 'unbiased', 'mse', got \"none\""],
    [{ ...good, rounds: 4 }, "json.rounds must be one of 'auto', 1, 2, 3, got 4"],
    [{ ...good, rounds: null }, "json.rounds must be one of 'auto', 1, 2, 3, got null"],
  ])('%j is refused', (json, message) => {
    expect(() => Quantizer.fromJSON(json)).toThrow(new HadaquantFormatError(message));
    expect(() => Quantizer.fromJSON(json)).toThrow(HadaquantFormatError);
  });
});

forEachBackend('damaged records', () => {
  const dim = 100;
  const q = new Quantizer({ dim, bits: 4 });
  const bytes = q.bytesPerVector;
  const query = floats('plain', 2, 1, dim);
  const damages: [string, (record: DataView) => void][] = [
    ['NaN scale', (r) => r.setFloat32(bytes - 9, Number.NaN, true)],
    ['infinite scale', (r) => r.setFloat32(bytes - 9, Number.POSITIVE_INFINITY, true)],
    ['negative infinite scale', (r) => r.setFloat32(bytes - 9, Number.NEGATIVE_INFINITY, true)],
    ['rounds 0', (r) => r.setUint8(bytes - 1, 0)],
    ['rounds 4', (r) => r.setUint8(bytes - 1, 4)],
    ['rounds 255', (r) => r.setUint8(bytes - 1, 255)],
  ];

  it.each(damages)('%s: every reader names the record and writes nothing', async (_, damage) => {
    const codes = q.encode(floats('plain', 1, 6, dim));
    damage(new DataView(codes.buffer, 3 * bytes, bytes));
    damage(new DataView(codes.buffer, 5 * bytes, bytes)); // a later one is not the one to name
    const expected = new HadaquantFormatError(
      'codes: record 3 cannot be decoded (its trailer holds no scale, rounds and draw that an encoder writes)',
    );
    const out = new Float32Array(6 * dim).fill(7);
    const readers: (() => unknown)[] = [
      () => q.decode(codes, { out }),
      () => q.innerProducts(query, codes, { out }),
      () => q.squaredDistances(query, codes, { out }),
      () => q.cosines(query, codes, { out }),
      () => q.errorBounds(query, codes, { out }),
    ];
    for (const read of readers) {
      expect(read).toThrow(expected);
      expect(read).toThrow(HadaquantFormatError);
    }
    await expect(q.decodeAsync(codes, { out })).rejects.toThrow(expected);
    expect(out.every((v) => v === 7)).toBe(true);
  });

  it('any other bytes decode to finite numbers and finite estimates', () => {
    // codes have no invalid values, and a finite scale of any size saturates instead of overflowing
    const codes = new Uint8Array(50 * bytes);
    const noise = new DataView(floats('plain', 8, 1, codes.length).buffer);
    for (let i = 0; i < codes.length; i++) codes[i] = noise.getUint8(4 * i + 1);
    for (let r = 0; r < 50; r++) {
      const record = new DataView(codes.buffer, r * bytes, bytes);
      record.setFloat32(bytes - 9, [1e-45, -1e-45, 3.4e38, -3.4e38, -1, 1e20][r % 6], true);
      record.setUint8(bytes - 1, 1 + (r % 3));
    }
    const decoded = q.decode(codes);
    expect(decoded.every(Number.isFinite)).toBe(true);
  });
});
