// SPDX-License-Identifier: Apache-2.0
import { renameSync, writeFileSync } from 'node:fs';
import { toHalfBits } from './half.mjs';

// NumPy .npy, version 1.0: magic, version, header length, then a Python dict
// literal padded with spaces so that the data start at a multiple of 64 bytes.
function header(descr, shape) {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const out = Buffer.alloc(total, ' ');
  out.write('\x93NUMPY\x01\x00', 0, 'latin1');
  out.writeUInt16LE(total - 10, 8);
  out.write(dict, 10, 'latin1');
  out.write('\n', total - 1, 'latin1');
  return out;
}

function checkShape(data, rows, dim) {
  if (data.length !== rows * dim) {
    throw new Error(`${data.length} numbers do not fill ${rows} x ${dim}`);
  }
}

// Under another name first: a file that is there is whole.
function write(path, data) {
  writeFileSync(`${path}.part`, data);
  renameSync(`${path}.part`, path);
}

// DataView-style writes keep the files little-endian on any machine.
export function writeF32(path, data, rows, dim) {
  checkShape(data, rows, dim);
  const body = Buffer.alloc(data.length * 4);
  for (let i = 0; i < data.length; i++) {
    body.writeFloatLE(data[i], i * 4);
  }
  write(path, Buffer.concat([header('<f4', [rows, dim]), body]));
}

export function writeF16(path, data, rows, dim) {
  checkShape(data, rows, dim);
  const body = Buffer.alloc(data.length * 2);
  for (let i = 0; i < data.length; i++) {
    body.writeUInt16LE(toHalfBits(data[i]), i * 2);
  }
  write(path, Buffer.concat([header('<f2', [rows, dim]), body]));
}

export function writeLines(path, lines) {
  const bad = lines.find((line) => /[\r\n]/.test(line));
  if (bad !== undefined) {
    throw new Error(`line break inside ${JSON.stringify(bad)}`);
  }
  write(path, lines.join('\n') + '\n');
}
