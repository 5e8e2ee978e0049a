// SPDX-License-Identifier: Apache-2.0
/** The cases of records: `records` of eden and drive, `codecs` of all other codecs. */

export const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A seed that needs all 64 bits. */
export const large = '18364758544493064720';

/** first: firstIndex; private: the seed that only the encoder of quicfl has; grid -: the one that belongs to the bits. */
const record = {
  rows: 2,
  codec: 'eden',
  scale: 'unbiased',
  rounds: 'auto',
  seed: '7',
  kind: 'plain',
  input: 1,
  grid: '-',
  first: 0,
  private: 0,
};
export const records = [
  ...[7, 100, 128, 768].flatMap((dim) =>
    [0.5, 1, 1.5, 2, 3, 4, 8].flatMap((bits) =>
      ['unbiased', 'mse'].flatMap((scale) =>
        ['auto', 1, 2, 3].map((rounds) => ({ ...record, dim, bits, scale, rounds, input: dim })),
      ),
    ),
  ),
  ...['wide', 'few', 'huge', 'tiny', 'onehot', 'zero'].flatMap((kind) =>
    [100, 128].flatMap((dim) => [0.5, 1, 2, 4, 5.5, 8].map((bits) => ({ ...record, dim, bits, kind, rows: 3 }))),
  ),
  ...[1, 2, 3, 12, 20, 28, 1025, 1536, 2100].flatMap((dim) =>
    [1, 4, 6, 7].map((bits) => ({ ...record, dim, bits, input: dim, seed: large })),
  ),
  ...[1, 7, 100, 128, 768].flatMap((dim) =>
    ['unbiased', 'mse'].map((scale) => ({ ...record, dim, bits: 1, scale, codec: 'drive', input: dim })),
  ),
];

/** Row numbers that pass 2^32, and large ones. */
const firsts = [4294967294, 9007199254740000];

/** widths: all of a codec; few: those for the many dims. */
const families = [
  { codec: 'uniform', widths: range(1, 8), few: [1, 3, 8], scale: 'unbiased' },
  { codec: 'turboquant-mse', widths: range(1, 8), few: [1, 4, 8], scale: 'fixed' },
  { codec: 'dithered', widths: range(1, 8), few: [1, 4, 7], scale: 'fixed', firsts },
  { codec: 'quicfl', widths: range(1, 6), few: [1, 3, 6], scale: 'fixed', private: 11, firsts },
  { codec: 'vq', widths: [1, 2, 4], few: [1, 2, 4], scale: 'unbiased' },
  { codec: 'vq', widths: [2], few: [2], scale: 'unbiased', grid: '2x16' },
  { codec: 'turboquant-prod', widths: range(2, 8), few: [2, 5], scale: 'fixed' },
];
const ofFamilies = families.flatMap(({ widths, few, firsts, ...family }) => {
  const base = { ...record, ...family };
  const projects = family.codec === 'turboquant-prod'; // a dim x dim matrix: small dims
  const sizes = projects ? [1, 2, 3, 20, 63, 64, 128] : [1, 2, 3, 20, 63, 64, 128, 300, 1025];
  return [
    ...(projects ? [7, 100] : [7, 100, 768]).flatMap((dim) =>
      widths.map((bits) => ({ ...base, dim, bits, input: dim })),
    ),
    ...sizes.flatMap((dim) => few.map((bits) => ({ ...base, dim, bits, input: dim, seed: projects ? '7' : large }))),
    ...[100, 128].flatMap((dim) => [1, 2, 3].map((rounds) => ({ ...base, dim, bits: few.at(-1), rounds, input: dim }))),
    ...['wide', 'few', 'huge', 'tiny', 'onehot', 'least', 'flat', 'zero'].flatMap((kind) => [
      { ...base, dim: 100, bits: few.at(-1), kind, rows: 3 },
      { ...base, dim: 128, bits: few[0], kind, rows: 3 },
      { ...base, dim: 64, bits: widths.at(-1), rounds: 1, kind },
    ]),
    ...(base.scale === 'fixed' ? [] : [7, 100, 768]).flatMap((dim) =>
      few.map((bits) => ({ ...base, dim, bits, scale: 'mse', input: dim })),
    ),
    ...(firsts ?? []).flatMap((first) => [
      ...widths.map((bits) => ({ ...base, dim: 20, bits, rows: 4, input: bits, first })),
      { ...base, dim: 300, bits: 2, rows: 3, seed: large, private: base.private && large, first },
    ]),
  ];
});

/** Found by search: rows that come out differently where a step is not rounded as it should be. */
const one = { ...record, rows: 1, dim: 768 };
const borderline = [
  // the choice of the factor in float64; thresholds and z g in float32
  ...[206, 2388, 2657].map((input) => ({ ...one, codec: 'uniform', bits: 8, input })),
  // scores in float32, every product and every sum, from - half the squared length on
  ...[100, 18353].map((input) => ({ ...one, codec: 'vq', bits: 2, input })),
  ...[1202, 3511].map((input) => ({ ...one, codec: 'vq', bits: 4, input })),
  // z equal to its threshold; the threshold in float32 from float32
  ...[706, 2027, 7750].map((first) => ({
    ...one,
    codec: 'quicfl',
    bits: 6,
    scale: 'fixed',
    private: 11,
    input: 768,
    first,
  })),
];

/** Two rounds for vq, by its block moments alone. */
const uneven = [1, 2, 4].map((bits) => ({ ...record, codec: 'vq', dim: 768, bits, kind: 'comb' }));

export const codecs = [...ofFamilies, ...borderline, ...uneven];
