// SPDX-License-Identifier: Apache-2.0
/** Damaged records of one size: what their tag and residual may hold, by codec. Every reader names the record. */
import { expect, it } from 'vitest';
import { HadaquantFormatError, type Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { CODEC_CASES, type CodecCase, codeBytesOf, gaussians, quantizerOf, titled } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const dim = 20;
const ROWS = 6;
const FIXED = CODEC_CASES.filter(({ codec }) => codec !== 'quicfl');
/** Draws of a width: lib/codec/dither-tables.ts. */
const DRAWS = [0, 64, 64, 32, 32, 16, 16, 16, 16];
const query = gaussians(dim, 2);

/** Offsets in record 3 of 6. */
function layoutOf(c: CodecCase) {
  const codes = codeBytesOf(c, dim);
  const bytes = codes + (c.codec === 'turboquant-prod' ? 13 : 9);
  const at = 3 * bytes;
  return { bytes, at, scale: at + codes, norm: at + codes + 4, tag: at + codes + 8, residual: at + codes + 9 };
}

function readers(q: Quantizer<never>, codes: Uint8Array, out?: Float32Array): (() => Float32Array)[] {
  const o = out ? { out } : {};
  return [
    () => q.decode(codes, o),
    () => q.innerProducts(query, codes, o),
    () => q.squaredDistances(query, codes, o),
    () => q.cosines(query, codes, o),
    () => q.errorBounds(query, codes, o),
  ];
}

async function expectRefusal(c: CodecCase, damage: (view: DataView) => void, what: string): Promise<void> {
  const q = quantizerOf(c, { dim });
  const codes = q.encode(gaussians(ROWS * dim, 1));
  damage(new DataView(codes.buffer));
  const out = new Float32Array(ROWS * dim).fill(7);
  for (const read of readers(q as Quantizer<never>, codes, out)) {
    expect(read, what).toThrow(HadaquantFormatError);
    expect(read, what).toThrow(/^codes: record 3 cannot be decoded \(/);
  }
  await expect(q.decodeAsync(codes, { out }), what).rejects.toThrow(/^codes: record 3 cannot be decoded \(/);
  expect(
    out.every((v) => v === 7),
    what,
  ).toBe(true);
}

forEachBackend('damaged records', () => {
  it.each(titled(FIXED))('%s: tags with rounds 1 to 3 and a draw that there is, no others', async (_, c) => {
    const { tag } = layoutOf(c);
    const draws = c.codec === 'dithered' ? DRAWS[c.bits] : 1;
    const q = quantizerOf(c, { dim });
    const codes = q.encode(gaussians(ROWS * dim, 1));
    for (let value = 0; value < 256; value++) {
      const fine = (value & 3) > 0 && value >> 2 < draws;
      codes[tag] = value;
      let refused = false;
      try {
        expect(q.decode(codes).every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(HadaquantFormatError);
        refused = true;
      }
      expect(refused, `tag ${value}`).toBe(!fine);
    }
    await expectRefusal(c, (view) => view.setUint8(tag, 0), 'rounds 0');
    if (draws < 64) await expectRefusal(c, (view) => view.setUint8(tag, 3 + 4 * draws), 'the first draw too many');
  });

  it.each(titled(FIXED))('%s: a scale that is not finite', async (_, c) => {
    for (const scale of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await expectRefusal(c, (view) => view.setFloat32(layoutOf(c).scale, scale, true), `scale ${scale}`);
    }
  });

  it.each(titled(FIXED.filter(({ codec }) => codec === 'turboquant-prod')))(
    '%s: a residual that is not finite',
    async (_, c) => {
      for (const residual of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        await expectRefusal(c, (view) => view.setFloat32(layoutOf(c).residual, residual, true), `residual ${residual}`);
      }
    },
  );

  it.each(titled(FIXED))('%s: any other bytes decode to finite numbers', (_, c) => {
    const { bytes, scale, tag, residual, at } = layoutOf(c);
    const q = quantizerOf(c, { dim });
    const rows = 36;
    const codes = new Uint8Array(rows * bytes);
    const noise = new Uint8Array(gaussians(codes.length, 8).buffer);
    for (let i = 0; i < codes.length; i++) codes[i] = noise[4 * i];
    for (let r = 0; r < rows; r++) {
      const record = new DataView(codes.buffer, r * bytes, bytes);
      // a finite scale of any size saturates instead of overflowing
      const alpha = [1e-45, -1e-45, 3.4e38, -3.4e38, -1, 2 ** 59][r % 6];
      const prod = c.codec === 'turboquant-prod';
      record.setFloat32(scale - at, prod ? Math.abs(alpha) : alpha, true);
      record.setUint8(tag - at, 1 + (r % 3));
      if (prod) record.setFloat32(residual - at, Math.abs(alpha) * [0.1, 0.5, 0][r % 3], true);
    }
    expect(q.decode(codes).every(Number.isFinite)).toBe(true);
  });
});

forEachBackend('turboquant-prod', () => {
  const c: CodecCase = { codec: 'turboquant-prod', bits: 3 };
  const q = quantizerOf(c, { dim });
  const { bytes, scale, residual } = layoutOf(c);
  const with3 = (alpha: number, rest: number) => {
    const codes = q.encode(gaussians(ROWS * dim, 1));
    const view = new DataView(codes.buffer);
    view.setFloat32(scale, alpha, true);
    view.setFloat32(residual, rest, true);
    return codes;
  };

  /** Refused, or finite. */
  function expectNoNaN(codes: Uint8Array, what: string): void {
    for (const read of readers(q as Quantizer<never>, codes)) {
      let numbers: Float32Array;
      try {
        numbers = read();
      } catch (error) {
        expect(error).toBeInstanceOf(HadaquantFormatError);
        continue;
      }
      expect(
        numbers.every((v) => !Number.isNaN(v)),
        what,
      ).toBe(true);
    }
  }

  it('a residual far larger than the scale gives no NaN', () => {
    // residual / scale is beyond float32; the decoder either refuses the record or saturates (ARCHITECTURE.md, 3)
    for (const [alpha, rest] of [
      [1e-45, 3e38],
      [1e-30, 1e30],
      [-1e-45, 3e38],
      [1, 3.4e38],
      [3.4e38, 3.4e38],
    ]) {
      expectNoNaN(with3(alpha, rest), `scale ${alpha}, residual ${rest}`);
    }
  });

  it('a negative residual gives no negative error bound', () => {
    const codes = with3(1, -0.5);
    let bounds: Float32Array;
    try {
      bounds = q.errorBounds(query, codes);
    } catch (error) {
      expect(error).toBeInstanceOf(HadaquantFormatError);
      return;
    }
    expect(bounds.every((v) => v >= 0)).toBe(true);
  });

  it('a scale of 0 is a zero vector, with a residual that was not yet rounded to 0 too', () => {
    const codes = with3(0, 1e-45);
    expect(
      q
        .decode(codes)
        .subarray(3 * dim, 4 * dim)
        .every((v) => v === 0),
    ).toBe(true);
    expect(Math.abs(q.innerProducts(query, codes)[3])).toBe(0);
    // and the others are what they were
    const clean = q.encode(gaussians(ROWS * dim, 1));
    expect(clean.length).toBe(ROWS * bytes);
    expectSameBits(q.decode(codes).subarray(0, 3 * dim), q.decode(clean).subarray(0, 3 * dim));
  });
});
