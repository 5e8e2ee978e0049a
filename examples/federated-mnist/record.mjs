// SPDX-License-Identifier: Apache-2.0
/** Gradients as .npy files (version 1.0: magic, header length, a Python dict literal padded to 64 bytes, the data). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STEPS = new Set([1, 100, 1000]);

function npy(vector) {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${vector.length}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(total - 10, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', total - 1, 'latin1');
  return Buffer.concat([header, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)]);
}

/**
 * @param {string | undefined} folder nothing is recorded without one
 * @returns {((step: number, gradient: Float32Array) => void) | undefined} for trainWorker
 */
export function recorder(folder, { mode, drop, seed, worker }) {
  if (folder === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const run = `${mode}-loss${Math.round(100 * drop)}-seed${seed}`;
  return (step, gradient) => {
    if (STEPS.has(step)) writeFileSync(join(folder, `${run}-step${step}-worker${worker}.npy`), npy(gradient));
  };
}
