// SPDX-License-Identifier: Apache-2.0
// .npy files, whose numbers must be those that stand in the file.
import { openVectors } from '../../../dist/cli/vectors.js';
import { HadaquantFormatError } from '../../../dist/index.js';
import { joined } from '../mutate.mjs';
import { digest, must } from '../outcome.mjs';
import { rowsOf } from '../read-rows.mjs';
import { vectors } from '../samples.mjs';

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const BYTES = { f2: 2, f4: 4, f8: 8 };

/** @param version 1, or 2 and 3 with a longer field for the length of the text */
function npy(version, text, data) {
  const padded = text.padEnd(Math.ceil((text.length + 13) / 64) * 64 - 13) + '\n';
  const length = new Uint8Array(version === 1 ? 2 : 4);
  if (version === 1) new DataView(length.buffer).setUint16(0, padded.length, true);
  else new DataView(length.buffer).setUint32(0, padded.length, true);
  return joined(MAGIC, Uint8Array.of(version, 0), length, Buffer.from(padded, 'latin1'), data);
}

const dictionary = (descr, shape, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
const x = vectors(3, 4, 1);

/** Words of a header, each to stand in for another. */
const WORDS = [
  ...["'<f4'", "'<f2'", "'<f8'", "'>f4'", "'|f4'", "'<i4'", "'descr'", "'shape'", "'fortran_order'", 'True', 'False'],
  ...[
    '(3, 4)',
    '(12,)',
    '()',
    '(0, 4)',
    '(4, 0)',
    '(3, 4L)',
    '(1e3, 4)',
    '(-3, -4)',
    '(2, 2, 3)',
    '(99999999999999999999,)',
  ],
  ...['{', '}', "[('a', '<f4')]", ':', ',', ' ', '"', "'", '\\', '('],
];

export const target = {
  extension: '.npy',
  kernels: false,
  seeds: () => [
    npy(1, dictionary('<f4', '(3, 4)'), x),
    npy(2, dictionary('<f8', '(3, 4)'), Float64Array.from(x)),
    npy(
      3,
      dictionary('<f2', '(12,)'),
      Uint16Array.from(x, (_, i) => 0x3c00 + 977 * i),
    ),
    npy(1, dictionary('<f2', '(1, 4)'), Uint16Array.of(0x7c00, 0xfc00, 0x7e01, 0x8001)),
    npy(1, dictionary('>f4', '(3, 4)'), x),
    npy(1, dictionary('<f4', '(3, 4)', 'True'), x),
    npy(1, dictionary('<f4', '(0, 4)'), x.subarray(0, 0)),
    npy(1, `{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (12,)}`, x),
  ],
  change(bytes, random, other, mutate) {
    return random.oneIn(2) ? withWord(bytes, random) : mutate(bytes, random, other);
  },
  allows: (error) => error instanceof HadaquantFormatError,
  async run(bytes, place) {
    const source = await openVectors(place);
    try {
      const numbers = await rowsOf(source);
      const expected = expectedNumbers(bytes, source.type, numbers.length);
      must(digest(numbers) === digest(expected), 'the numbers are not those of the file');
      return digest([source.rows, source.dim, source.type], numbers);
    } finally {
      await source.close();
    }
  },
};

/** The numbers at the end of the file. */
function expectedNumbers(bytes, type, count) {
  const raw = bytes.slice(bytes.length - count * BYTES[type]).buffer;
  if (type === 'f4') return new Float32Array(raw);
  if (type === 'f8') return Float32Array.from(new Float64Array(raw));
  return Float32Array.from(new Uint16Array(raw), (bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  });
}

/** A word of the header becomes another; the data may get as long as the new shape asks. */
function withWord(bytes, random) {
  const file = Buffer.from(bytes);
  const wide = file[6] > 1;
  const start = wide ? 12 : 10;
  if (file.length < start) return Uint8Array.from(file);
  const length = Math.min(wide ? file.readUInt32LE(8) : file.readUInt16LE(8), 512, file.length - start);
  const words = file.toString('latin1', start, start + length).match(/'[^']*'|\w+|\([^)]*\)|\s+|[^\w\s]/g) ?? [''];
  words[random.below(words.length)] = random.pick(WORDS);
  const text = words.join('');
  const data = file.subarray(start + length);
  const [, shape] = /\(([\d, ]*)\)/.exec(text) ?? [];
  const numbers = shape?.split(',').reduce((product, n) => product * Number(n || 1), 1);
  const size = numbers * (BYTES[/f[248]/.exec(text)?.[0]] ?? 4);
  const grown =
    size < 2048 && random.oneIn(2) ? Uint8Array.from({ length: size }, (_, i) => data[i % data.length]) : data;
  return npy(random.oneIn(8) ? random.below(5) : file[6], text, grown);
}
