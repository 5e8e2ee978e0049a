// SPDX-License-Identifier: Apache-2.0
/** Vectors out of a .npy file that the browser holds, without reading more of it than will be used. */
import { floatsFromHalves } from '../../../dist/cli/half.js';
import { NPY_BYTES, NPY_PREFIX_BYTES, npyTextSpan, parseNpyText } from '../../../dist/cli/npy-header.js';

/** A file that cannot be used; its message is for the person who chose it. */
export class FileError extends Error {}

const bytesOf = async (blob, start, end) => await blob.slice(start, end).arrayBuffer();

/**
 * The first rows of a file, as many as `most` numbers hold.
 * @param {Blob} blob
 * @returns {Promise<{ rows: number, dim: number, rowsInFile: number, data: Float32Array }>}
 */
export async function readNpy(blob, most) {
  const refuse = (what) => {
    throw new FileError(`This file cannot be used: ${what}.`);
  };
  const { start, length } = npyTextSpan(new Uint8Array(await bytesOf(blob, 0, NPY_PREFIX_BYTES)), refuse);
  if (blob.size < start + length) refuse('truncated inside its header');
  const text = new TextDecoder('latin1').decode(await bytesOf(blob, start, start + length));
  const { type, shape } = parseNpyText(text, refuse);
  if (shape.length !== 2) refuse(`it holds an array of ${shape.length} dimensions, and a table of rows is needed`);
  const [rowsInFile, dim] = shape;
  const width = NPY_BYTES[type];
  if (!rowsInFile || !dim) refuse('it is empty');
  if (blob.size - start - length !== rowsInFile * dim * width) {
    const expected = `${rowsInFile} x ${dim} numbers of ${width} bytes`;
    refuse(`its header speaks of ${expected}, but ${blob.size - start - length} bytes follow`);
  }
  if (dim > most) refuse(`a row of ${dim} numbers is too long for this page`);
  const rows = Math.min(rowsInFile, Math.floor(most / dim));
  const body = await bytesOf(blob, start + length, start + length + rows * dim * width);
  return { rows, dim, rowsInFile, data: floatsOf(body, type) };
}

function floatsOf(body, type) {
  if (type === 'f4') return new Float32Array(body);
  if (type === 'f8') return Float32Array.from(new Float64Array(body));
  const half = new Uint16Array(body);
  const data = new Float32Array(half.length);
  floatsFromHalves(half, data);
  return data;
}
