// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the golden vectors test/golden/*.txt (`npm run golden`); with --check only compares and fails on a difference.
 *
 * It imports nothing from lib/ or cpp/ (tables of numbers are read as text): the arithmetic contract is spelled out a
 * second time in reference/, in plain loops, so that a mistake has to be made twice to go unseen. Answers are the
 * first 16 elements as hexadecimal bit patterns and a 32-bit FNV-1a hash of all bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as lists from './cases.mjs';
import { decodeRow, encodeRow, innerProduct, rotateInRange } from './reference/codec.mjs';
import { BOOKS, codeOf, packed, sectionsOf } from './reference/codes.mjs';
import { gaussians } from './reference/gaussian.mjs';
import { bytes, floats, signedBytes } from './reference/inputs.mjs';
import { answer, katFile } from './reference/kat.mjs';
import { levelAnswers } from './reference/levels.mjs';
import { packetAnswers } from './reference/packet.mjs';
import { key, word } from './reference/prng.mjs';
import { crc32c, scanQuery } from './reference/scan.mjs';
import { momentsRow } from './reference/sums.mjs';
import { fwhtRow } from './reference/transform.mjs';

const rowsOf = (x, dim) => Array.from({ length: x.length / dim }, (_, r) => [...x.subarray(r * dim, (r + 1) * dim)]);
const values = (n) => ({ length: n });

function recordAnswers({ rows, kind, input, first, ...options }) {
  const { dim } = options;
  const inputs = rowsOf(floats(kind, input, rows, dim), dim);
  const encoded = inputs.map((row, r) => encodeRow(options, row, BigInt(first) + BigInt(r)));
  const query = [...floats('plain', 99, 1, dim)];
  return {
    ...answer('record', Uint8Array.from(encoded.flatMap(({ record }) => [...record]))),
    ...answer('decoded', Float32Array.from(encoded.flatMap((e) => decodeRow(options, e)))),
    ...answer(
      'products',
      Float32Array.from(encoded, (e) => innerProduct(options, e, query)),
    ),
  };
}

const answers = {
  fwht({ type, dim, rows, normalize, kind, seed }) {
    const Type = type === 'f32' ? Float32Array : Float64Array;
    const round = type === 'f32' ? Math.fround : (v) => v;
    const x = floats(kind, seed, rows, dim, Type);
    const y = new Type(x.length);
    rowsOf(x, dim).forEach((row, r) => void y.set(fwhtRow(row, normalize === 1, round), r * dim));
    return answer('out', y);
  },
  rotation({ dim, rounds, direction, rows, kind, input, seed }) {
    const x = floats(kind, input, rows, dim);
    const y = rowsOf(x, dim).flatMap((row) => rotateInRange(row, seed, rounds, direction === 'invert'));
    return answer('out', Float32Array.from(y));
  },
  moments({ dim, block, rows, kind, input }) {
    const out = rowsOf(floats(kind, input, rows, dim), dim).flatMap((row) => momentsRow(row, block));
    return answer('out', Float64Array.from(out));
  },
  codes({ bits, count, kind, input }) {
    const v = floats(kind, input, 1, count).map((x) => 6 * x);
    const codes = Uint8Array.from(v, (x) => codeOf(BOOKS[bits], x));
    return {
      ...answer('codes', codes),
      ...answer(
        'levels',
        Float32Array.from(codes, (c) => BOOKS[bits].levels32[c]),
      ),
    };
  },
  pack({ bits, count, input }) {
    return answer('packed', Uint8Array.from(packed(bytes(input, count, 2 ** bits - 1), bits)));
  },
  records: recordAnswers,
  codecs: recordAnswers,
  levels: levelAnswers,
  packets(block) {
    const { packets, mean } = packetAnswers(block);
    return { ...answer('packets', packets), ...answer('mean', mean) };
  },
  gaussian({ seed, stream, count }) {
    return answer('values', Float32Array.from(gaussians(seed, stream, count)));
  },
  scan({ dim, bits, rows, distinct, firstRow, k, queries, norms, allowed, input }) {
    const raw = bytes(input, distinct * dim);
    const masks = sectionsOf(dim, bits).flatMap((s) => new Array(s.count).fill(2 ** s.bits - 1));
    const row = (r) => masks.map((mask, i) => raw[(r % distinct) * dim + i] & mask);
    const repeat = (column) => Array.from(values(rows), (_, r) => column[r % distinct]);
    const job = {
      dim,
      bits,
      codes: Array.from(values(rows), (_, r) => row(r)),
      scales: repeat(floats('plain', input + 1, 1, distinct)),
      norms: norms ? repeat(floats('plain', input + 2, 1, distinct)) : null,
      rounds: repeat(bytes(input + 3, distinct).map((b) => 1 + (b % 3))),
      allowed: allowed ? bytes(input + 4, Math.ceil(rows / 8)) : null,
      firstRow,
      lastRow: rows,
      k,
    };
    const forms = signedBytes(input + 5, queries * 3 * dim);
    const bias = floats('plain', input + 6, 1, queries);
    const gains = floats('plain', input + 7, 1, queries * 3);
    const found = Array.from(values(queries), (_, q) =>
      scanQuery(job, {
        forms: [0, 1, 2].map((form) => forms.subarray((3 * q + form) * dim, (3 * q + form + 1) * dim)),
        bias: bias[q],
        gains: gains.subarray(3 * q, 3 * q + 3),
      }),
    );
    // places beyond the rows admitted: no row (2^32 - 1), key 0
    const place = (fill, field) => found.flatMap((list) => Array.from(values(k), (_, i) => list[i]?.[field] ?? fill));
    return {
      ...answer('found', Uint32Array.from(place(0xffffffff, 'row'))),
      ...answer('keys', Float64Array.from(place(0, 'key'))),
    };
  },
  crc32c({ length, input }) {
    return answer('crc', Uint32Array.of(crc32c(bytes(input, length))));
  },
  splitmix({ seed, stream }) {
    const k = key(seed, stream);
    return {
      key: k.toString(16),
      ...answer(
        'words',
        BigUint64Array.from({ length: 40 }, (_, i) => word(k, i)),
      ),
    };
  },
};

const cases = { ...lists };
const check = process.argv.includes('--check');
for (const [name, answerOf] of Object.entries(answers)) {
  const blocks = cases[name].map((block) => ({ ...block, ...answerOf(block) }));
  const text = katFile(`hadaquant golden vectors: ${name}`, blocks);
  const path = new URL(`${name}.txt`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`test/golden/${name}.txt is not what test/golden/generate.mjs gives`);
    process.exitCode = 1;
  }
}
