// SPDX-License-Identifier: Apache-2.0
/**
 * The JavaScript backend: one file per C++ kernel, the same functions, the same bits. It runs everywhere, and it is the
 * oracle that the native tiers are tested against.
 */
import type { Backend } from '../backend.ts';
import { decode, encode, estimate } from './codec.ts';
import { crc32c } from './crc32c.ts';
import { fwht } from './fwht.ts';
import { pack, unpack } from './pack.ts';
import { bucketize, lookup } from './quantize.ts';
import { rotate, rowMaxAbs, unrotate } from './rotation.ts';
import { scan } from './scan.ts';
import { centerRows, firstUnusableRow, moments } from './sums.ts';

/** Lets the event loop turn, then does one piece of work. */
async function inTurn<T>(work: () => T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
}

export const jsBackend: Backend = {
  name: 'js',
  isa: 'js',
  threaded: false,
  fwht,
  rotate,
  unrotate,
  moments,
  centerRows,
  firstUnusableRow,
  maxAbs: (x) => rowMaxAbs(x, 0, x.length),
  encode,
  encodeAsync: (plan, x, out) => inTurn(() => encode(plan, x, out)),
  decode,
  decodeAsync: (plan, input, x) => inTurn(() => decode(plan, input, x)),
  estimate,
  scan,
  scanAsync: (job) => inTurn(() => scan(job)),
  crc32c,
  bucketize: (plan, section, v, codes) => bucketize(plan.sections[section].book, v, 0, v.length, codes),
  lookup: (plan, section, codes, levels) => lookup(plan.sections[section].book, codes, codes.length, levels, 0),
  pack: (codes, bits, packed) => pack(codes, codes.length, bits, packed, 0),
  unpack: (codes, bits, packed) => unpack(packed, 0, codes.length, bits, codes),
};
