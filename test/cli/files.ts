// SPDX-License-Identifier: Apache-2.0
/** Files for the tests of the command line: a folder of its own for each test file, and .npy bytes made by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is removed after the tests of the calling file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hadaquant-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of a .npy file with this text as its header (padded by one line end), whatever it says. */
export function npyBytes(text: string, data: ArrayBufferView, version = 1): Buffer {
  const header = Buffer.from(`${text}\n`, 'latin1');
  const start = Buffer.alloc(version === 1 ? 10 : 12);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  return Buffer.concat([start, header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

export function npyText(descr: string, shape: string, fortranOrder = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortranOrder}, 'shape': ${shape}, }`;
}

/** Writes rows x dim float32 as .npy; gives its path. */
export function writeNpy(path: string, x: Float32Array, dim: number): string {
  writeFileSync(path, npyBytes(npyText('<f4', `(${x.length / dim}, ${dim})`), x));
  return path;
}

/** The bytes of a .fvecs file. */
export function fvecsBytes(x: Float32Array, dim: number): Buffer {
  const rows = Array.from({ length: x.length / dim }, (_, r) => {
    const row = Buffer.alloc(4 * (dim + 1));
    row.writeInt32LE(dim, 0);
    for (let i = 0; i < dim; i++) row.writeFloatLE(x[r * dim + i], 4 * (i + 1));
    return row;
  });
  return Buffer.concat(rows);
}
