// SPDX-License-Identifier: Apache-2.0
/** Every width and grid of the codecs beyond EDEN and DRIVE, and what FORMAT.md (section 1) says of their records. */
import type { GridName } from '../lib/codec/grids.ts';
import { type CodecName, Quantizer, type QuantizerOptions, Rotation } from '../lib/index.ts';
import { random } from './random-inputs.ts';

export interface CodecCase {
  readonly codec: Exclude<CodecName, 'eden' | 'drive'>;
  readonly bits: number;
  readonly grid?: GridName;
}

const widths = (codec: CodecCase['codec'], low: number, high: number): CodecCase[] =>
  Array.from({ length: high - low + 1 }, (_, i) => ({ codec, bits: low + i }));

export const CODEC_CASES: readonly CodecCase[] = [
  ...widths('quicfl', 1, 6),
  ...widths('dithered', 1, 8),
  ...widths('turboquant-mse', 1, 8),
  ...widths('turboquant-prod', 2, 8),
  ...widths('uniform', 1, 8),
  { codec: 'vq', bits: 1, grid: '8x256' },
  { codec: 'vq', bits: 2, grid: '4x256' },
  { codec: 'vq', bits: 2, grid: '2x16' },
  { codec: 'vq', bits: 4, grid: '2x256' },
];

/** One of each kind of code: planes, draws, blocks with a tail, two sections, factors. */
export const FEW_CASES: readonly CodecCase[] = CODEC_CASES.filter(({ codec, bits, grid }) =>
  ['quicfl 3', 'dithered 5', 'turboquant-mse 2', 'turboquant-prod 4', 'uniform 4', 'vq 2x16'].includes(
    `${codec} ${grid ?? bits}`,
  ),
);

/** What a test's name shows of a case. */
export const titled = <C extends CodecCase>(cases: readonly C[]): [string, C][] =>
  cases.map((c) => [`${c.codec} ${c.grid ?? c.bits}`, c]);

/** A quantizer whose records can be made again. */
export function quantizerOf(c: CodecCase, rest: Partial<QuantizerOptions> & { dim: number }): Quantizer<CodecName> {
  const { codec, bits, grid } = c;
  return new Quantizer<CodecName>({ privateSeed: 11, ...rest, codec, bits, ...(grid ? { grid } : {}) });
}

export const gaussians = (n: number, seed: number): Float32Array => {
  const r = random(seed);
  return Float32Array.from({ length: n }, () => r.gaussian());
};

const planes = (count: number, bits: number) =>
  [8, 4, 2, 1].reduce((sum, w) => sum + (bits & w ? Math.ceil((count * w) / 8) : 0), 0);

/** Bytes of the codes of a row. */
export function codeBytesOf({ codec, bits, grid }: CodecCase, dim: number): number {
  if (codec === 'turboquant-prod') return planes(dim, bits - 1) + planes(dim, 1);
  if (!grid) return planes(dim, bits);
  const [block, size] = grid.split('x').map(Number);
  return planes(Math.floor(dim / block), Math.log2(size)) + planes(dim % block, bits);
}

/** A record's fields, read as FORMAT.md has them. */
export interface Fields {
  readonly codes: Uint8Array;
  readonly scale: number;
  readonly norm: number;
  readonly rounds: number;
  readonly draw: number;
  readonly residual: number | undefined;
  readonly nonce: number | undefined;
  readonly outliers: readonly { coordinate: number; value: number }[];
  /** Byte after the record. */
  readonly end: number;
}

export function fieldsAt(c: CodecCase, dim: number, records: Uint8Array, at: number): Fields {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const codes = records.slice(at, at + codeBytesOf(c, dim));
  let end = at + codes.length;
  const float = () => view.getFloat32((end += 4) - 4, true);
  const word = () => view.getUint32((end += 4) - 4, true);
  const [scale, norm] = [float(), float()];
  const tag = view.getUint8(end++);
  const residual = c.codec === 'turboquant-prod' ? float() : undefined;
  const nonce = c.codec === 'quicfl' ? word() : undefined;
  const count = c.codec === 'quicfl' ? word() : 0;
  const outliers = Array.from({ length: count }, () => ({ coordinate: word(), value: float() }));
  return { codes, scale, norm, rounds: tag & 3, draw: tag >> 2, residual, nonce, outliers, end };
}

/** All records, which must fill the bytes exactly. */
export function fieldsOf(c: CodecCase, dim: number, records: Uint8Array): Fields[] {
  const all: Fields[] = [];
  for (let at = 0; at < records.length; at = all[all.length - 1].end) all.push(fieldsAt(c, dim, records, at));
  return all;
}

/** Code `i` of `count` codes of `bits` bits: planes whose widths are the powers of two in `bits`, the widest first. */
export function unpackedCode(packed: Uint8Array, count: number, bits: number, i: number): number {
  let code = 0;
  let shift = 0;
  let at = 0;
  for (const width of [8, 4, 2, 1].filter((w) => bits & w)) {
    for (let b = i * width; b < (i + 1) * width; b++) code |= ((packed[at + (b >> 3)] >> (b & 7)) & 1) << shift++;
    at += Math.ceil((count * width) / 8);
  }
  return code;
}

/** The rotated coordinates of each row in units of |x| / sqrt(dim), by the public Rotation. */
export function normalised(x: Float32Array, dim: number, rounds: 1 | 2 | 3, seed: number | bigint): Float32Array[] {
  const rotated = new Rotation({ dim, rounds, seed }).apply(x);
  return Array.from({ length: x.length / dim }, (_, r) => {
    const row = rotated.subarray(r * dim, (r + 1) * dim);
    const factor = Math.sqrt(dim / row.reduce((sum, v) => sum + v * v, 0));
    return row.map((v) => v * factor);
  });
}
