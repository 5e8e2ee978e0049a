// SPDX-License-Identifier: Apache-2.0
/**
 * The JavaScript backend: one file per C++ kernel, the same functions, the same bits. It runs everywhere, and it is the
 * oracle that the native tiers are tested against.
 */
import { platform } from '#platform';
import type { Backend } from '../backend.ts';
import { arrayTag, trueLength } from '../check.ts';
import type { ThresholdAlphabet } from '../codec/alphabet.ts';
import { scanNextPart } from '../scan-parts.ts';
import { crc32c } from './crc32c.ts';
import { accumulate, decode, estimate } from './decode.ts';
import { encode } from './encode.ts';
import { fwht } from './fwht.ts';
import { pack, unpack } from './pack.ts';
import { project } from './project.ts';
import { bucketize, lookup } from './quantize.ts';
import { maxAbs, rotate, unrotate } from './rotation.ts';
import { scan } from './scan.ts';
import { centerRows, firstUnusableRow, moments } from './sums.ts';

/** Lets the event loop turn, then does one piece of work. */
async function inTurn<T>(work: () => T): Promise<T> {
  await platform.turn();
  return work();
}

/**
 * The array with its true length: an own `length` property can lie, and these kernels, unlike the native ones, would
 * believe it.
 */
function plain<T extends Float32Array | Float64Array | Uint8Array>(array: T): T {
  if (!Object.hasOwn(array, 'length')) return array;
  const Types = { Float32Array, Float64Array, Uint8Array } as Record<string, unknown>;
  const Type = Types[arrayTag(array) as string] as { new (buffer: ArrayBufferLike, at: number, length: number): T };
  return new Type(array.buffer, array.byteOffset, trueLength(array));
}

export const jsBackend: Backend = {
  name: 'js',
  isa: 'js',
  threaded: false,
  fwht: (x, dim, scale) => fwht(plain(x), dim, scale),
  rotate: (plan, x, y, first, last) => rotate(plan, plain(x), plain(y), first, last),
  unrotate: (plan, x, y, first, last) => unrotate(plan, plain(x), plain(y), first, last),
  moments: (x, dim, block, out) => moments(plain(x), dim, block, out),
  centerRows: (x, dim, center, normalize, out) => centerRows(plain(x), dim, center, normalize, out),
  centerRowsAsync: (x, dim, center, normalize, out) => inTurn(() => centerRows(plain(x), dim, center, normalize, out)),
  firstUnusableRow: (x, dim) => firstUnusableRow(plain(x), dim),
  maxAbs: (x) => maxAbs(plain(x)),
  encode: (plan, x, firstIndex, out) => encode(plan, plain(x), firstIndex, out),
  encodeAsync: (plan, x, firstIndex, out) => inTurn(() => encode(plan, x, firstIndex, out)),
  decode: (plan, input, x) => decode(plan, input, plain(x)),
  decodeAsync: (plan, input, x) => inTurn(() => decode(plan, input, x)),
  accumulate: (plan, input, rotated, sums) => accumulate(plan, input, rotated, plain(sums)),
  accumulateAsync: (plan, input, rotated, sums) => inTurn(() => accumulate(plan, input, rotated, sums)),
  estimate,
  project,
  scan,
  scanAsync: (job, parts) => inTurn(() => scanNextPart(job, parts, scan)),
  crc32c,
  bucketize: (plan, section, v, codes) =>
    bucketize((plan.sections[section].alphabet as ThresholdAlphabet).book, v, 0, 1, v.length, codes),
  lookup: (plan, section, codes, levels) =>
    lookup(plan.sections[section].alphabet.levels, 0, codes, codes.length, levels, 0),
  pack: (codes, bits, packed) => pack(codes, codes.length, bits, packed, 0),
  unpack: (codes, bits, packed) => unpack(packed, 0, codes.length, bits, codes),
};
