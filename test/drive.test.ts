// SPDX-License-Identifier: Apache-2.0
// Codec drive is one-bit EDEN with levels -1 and 1: the same codes, and the same vectors but for the rounding of the scale.
import { describe, expect, it } from 'vitest';
import { FlatIndex, Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { floats } from './golden/reference/inputs.mjs';

forEachBackend('codec drive', () => {
  it.each([1, 7, 100, 128, 768])('has the codes and vectors of one-bit eden at dim %d', (dim) => {
    for (const scale of ['unbiased', 'mse'] as const) {
      const options = { dim, bits: 1, scale, seed: 5 };
      const drive = new Quantizer({ ...options, codec: 'drive' });
      const eden = new Quantizer(options);
      const x = floats('plain', dim, 4, dim);
      const ours = drive.encode(x);
      const theirs = eden.encode(x);
      expect(ours.length).toBe(theirs.length);
      const record = drive.bytesPerVector;
      for (let r = 0; r < 4; r++) {
        const codes = (bytes: Uint8Array) => bytes.slice(r * record, (r + 1) * record - 9);
        expect(codes(ours)).toEqual(codes(theirs));
      }
      const decoded = drive.decode(ours);
      const expected = eden.decode(theirs);
      // two float32 scales, each rounded once, times levels rounded once: a few units in the last place of the largest
      const top = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
      decoded.forEach((v, i) => {
        expect(Math.abs(v - expected[i])).toBeLessThanOrEqual(2 ** -20 * top);
      });
    }
  });

  it('stores |x|^2 / |Rx|_1 as its unbiased scale', () => {
    // dim 1: the rotation is a sign, so |x|^2 / |Rx|_1 = |x|
    const quantizer = new Quantizer({ dim: 1, bits: 1, codec: 'drive' });
    const record = quantizer.encode(Float32Array.of(-3));
    expect(new DataView(record.buffer).getFloat32(1, true)).toBe(3);
    expect([...quantizer.decode(record)]).toEqual([-3]);
  });

  it('searches as one-bit eden does', () => {
    const dim = 100;
    const rows = floats('plain', 8, 300, dim);
    const queries = floats('plain', 9, 5, dim);
    const [ours, theirs] = (['drive', 'eden'] as const).map((codec) => {
      const index = new FlatIndex({ dim, bits: 1, codec });
      index.add(rows);
      return index.search(queries, { k: 10 });
    });
    expect(ours.ids).toEqual(theirs.ids);
  });
});

describe('codec drive', () => {
  it.each([0.5, 1.5, 2, 8, Number.NaN])('has no %d bits', (bits) => {
    for (const make of [Quantizer, FlatIndex]) {
      expect(() => new make({ dim: 8, bits, codec: 'drive' })).toThrow(
        new RangeError(`bits must be 1 for codec 'drive', got ${bits}`),
      );
    }
  });

  it('survives toJSON', () => {
    const quantizer = new Quantizer({ dim: 8, bits: 1, codec: 'drive' });
    expect(Quantizer.fromJSON(JSON.parse(JSON.stringify(quantizer))).toJSON()).toEqual(quantizer.toJSON());
  });
});
