// SPDX-License-Identifier: Apache-2.0
/** The bytes of one record: packed codes and the trailer. */
import { packed } from './codes.mjs';

function floatBytes(value) {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

const wordBytes = (value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** row: { codes, scale, norm, rounds, draw?, residual, nonce?, outliers }. */
export function recordBytes(layout, codec, row) {
  const bytes = layout.flatMap((s, i) => packed(row.codes[i], s.bits));
  bytes.push(...floatBytes(row.scale), ...floatBytes(row.norm), row.rounds + 4 * (row.draw ?? 0));
  if (codec === 'turboquant-prod') bytes.push(...floatBytes(row.residual));
  if (codec === 'quicfl') {
    bytes.push(...wordBytes(row.nonce), ...wordBytes(row.outliers.length));
    for (const { coordinate, value } of row.outliers) bytes.push(...wordBytes(coordinate), ...floatBytes(value));
  }
  return Uint8Array.from(bytes);
}
