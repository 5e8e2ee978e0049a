// SPDX-License-Identifier: Apache-2.0
/** The checked-in sentence embeddings (test/fixtures/README.md): 2,400 glosses and 20 queries, 512 float16 each. */
import { readFileSync } from 'node:fs';

export const FIXTURE_DIM = 512;

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** A reader of its own: a mistake in the library's must not hide here. */
export function fixture(name: 'glosses' | 'queries'): Float32Array {
  const bytes = readFileSync(new URL(`../fixtures/${name}.npy`, import.meta.url));
  const header = bytes.toString('latin1', 10, 10 + bytes.readUInt16LE(8));
  if (!header.includes("'<f2'") || !header.includes(`, ${FIXTURE_DIM})`)) throw new Error(`unexpected ${header}`);
  const start = 10 + header.length;
  return Float32Array.from({ length: (bytes.length - start) / 2 }, (_, i) =>
    fromHalf(bytes.readUInt16LE(start + 2 * i)),
  );
}
