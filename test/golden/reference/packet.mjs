// SPDX-License-Identifier: Apache-2.0
/** Packets of gradients (FORMAT.md, section 3) and their mean. */
import { decodeRow, encodeRow, rotatedRow, rotateInRange } from './codec.mjs';
import { floats } from './inputs.mjs';
import { rowSeed } from './prng.mjs';
import { crc32c } from './scan.mjs';

const NUMBERS = { eden: 1, drive: 2, quicfl: 3, dithered: 4, f32: 255 };
const shares = (codec) => codec === 'quicfl' || codec === 'dithered';

/** How a chunk of `count` coordinates of a sender is coded. */
function codingOf({ codec, bits, scale, rounds, seed, round, private: secret }, client, count) {
  const ofRound = rowSeed(BigInt(seed), BigInt(round));
  return {
    codec,
    bits: Math.fround(bits),
    scale,
    rounds,
    grid: '-',
    dim: count,
    seed: rowSeed(ofRound, shares(codec) ? 0n : BigInt(client) + 1n),
    private: rowSeed(BigInt(secret) + BigInt(client), BigInt(round)),
  };
}

/** Numbers as little-endian bytes. */
function le(value, bytes) {
  return Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

const floatBytes = (values) => [...new Uint8Array(Float32Array.from(values).buffer)];

function packetBytes(c, client, chunk, count, seed, record) {
  const bytes = [
    ...[...'HQGP'].map((letter) => letter.charCodeAt(0)),
    1,
    NUMBERS[c.codec],
    0,
    0,
    ...floatBytes([c.bits]),
    ...le(client, 4),
    ...le(c.round, 8),
    ...le(c.length, 8),
    ...le(chunk * c.chunk, 8),
    ...le(count, 4),
    ...le(chunk, 4),
    ...le(seed, 8),
    ...le(record.length, 4),
    ...record,
  ];
  return [...bytes, ...le(crc32c(bytes), 4)];
}

/** @returns {{ packets: Uint8Array, mean: Float32Array }} the packets of all senders, one after the other, and their mean */
export function packetAnswers(c) {
  const chunks = Math.ceil(c.length / c.chunk);
  const packets = [];
  const mean = new Float32Array(c.length);
  const gradients = Array.from({ length: c.senders }, (_, s) => floats(c.kind, c.input + s, 1, c.length));
  const sent = Array.from({ length: chunks }, () => []);
  for (let s = 0; s < c.senders; s++) {
    const client = c.client + s;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const x = [...gradients[s].subarray(chunk * c.chunk, (chunk + 1) * c.chunk)];
      const options = codingOf(c, client, x.length);
      if (c.codec === 'f32') {
        packets.push(...packetBytes(c, client, chunk, x.length, 0n, floatBytes(x)));
        sent[chunk].push({ decoded: x });
        continue;
      }
      const draw = (BigInt(client) * BigInt(chunks) + BigInt(chunk)) % 2n ** 32n;
      const row = encodeRow(options, x, draw);
      packets.push(...packetBytes(c, client, chunk, x.length, options.seed, row.record));
      sent[chunk].push(
        shares(c.codec) ? { rotated: rotatedRow(options, row), options, row } : { decoded: decodeRow(options, row) },
      );
    }
  }
  sent.forEach((parts, chunk) => {
    // sums in float64, then one division, rounded to float32; rotated back after that
    const sum = (key) =>
      parts[0][key].map((_, i) => parts.reduce((total, part) => total + part[key][i], 0) / c.senders);
    const [{ options, row, rotated }] = parts;
    const values = rotated
      ? rotateInRange(sum('rotated').map(Math.fround), options.seed, row.rounds, true)
      : sum('decoded').map(Math.fround);
    mean.set(values, chunk * c.chunk);
  });
  return { packets: Uint8Array.from(packets), mean };
}
