// SPDX-License-Identifier: Apache-2.0
/** What codecs and rounds cost in time, as ratios to eden in one process, the competitors taking turns. */
import { backend, FlatIndex, Quantizer } from '../../dist/index.js';
import { Random } from '../reproduce/random.mjs';

export const id = 'timing';
export const title = 'timing';

const DIM = 768;
const ROWS = 500;
const INDEX_ROWS = 5000;
const QUERIES = 5;
const TURNS = 41;
const QUANTIZERS = [
  { codec: 'eden', bits: 1 },
  { codec: 'vq', bits: 1 },
  { codec: 'dithered', bits: 1 },
  { codec: 'quicfl', bits: 1 },
  { codec: 'eden', bits: 2 },
  { codec: 'vq', bits: 2 },
  { codec: 'vq', bits: 2, grid: '2x16' },
  { codec: 'dithered', bits: 2 },
  { codec: 'quicfl', bits: 2 },
  { codec: 'uniform', bits: 2 },
  { codec: 'turboquant-mse', bits: 2 },
  { codec: 'turboquant-prod', bits: 2 },
  { codec: 'eden', bits: 4 },
  { codec: 'vq', bits: 4 },
  { codec: 'dithered', bits: 4 },
  { codec: 'quicfl', bits: 4 },
  { codec: 'uniform', bits: 4 },
  { codec: 'turboquant-prod', bits: 4 },
  { codec: 'eden', bits: 4, rounds: 1 },
  { codec: 'eden', bits: 4, rounds: 2 },
  { codec: 'eden', bits: 4, rounds: 3 },
  { codec: 'eden', bits: 8 },
  { codec: 'eden', bits: 8, rounds: 1 },
];
const INDEXES = [1, 2, 4].flatMap((bits) => [
  { codec: 'eden', bits },
  { codec: 'vq', bits },
]);

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Time of the processor, which other programs do not lengthen as they do the time of the clock. */
function seconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Median time of each piece of work; in every turn each runs once, after once untimed. */
function timed(works, progress) {
  const times = works.map(() => []);
  for (let turn = 0; turn < TURNS; turn++) {
    progress(turn / TURNS);
    works.forEach((work, i) => {
      work();
      times[i].push(seconds(work));
    });
  }
  return times.map(median);
}

/** Records of one length whenever they are written. */
function privately({ codec }) {
  return codec === 'quicfl' ? { privateSeed: 0 } : {};
}

/** Times over that of eden at the same bits with default options. */
function ratios(setups, values) {
  const base = (bits) => values[setups.findIndex((s) => s.codec === 'eden' && s.bits === bits && !s.rounds)];
  return setups.map((setup, i) => ({ ...setup, ratio: values[i] / base(setup.bits) }));
}

export function run(progress) {
  const random = new Random('choosing', 'timing');
  const x = Float32Array.from({ length: ROWS * DIM }, () => random.normal());
  const many = new Float32Array(INDEX_ROWS * DIM);
  for (let at = 0; at < many.length; at += x.length) many.set(x, at);
  const queries = x.subarray(0, QUERIES * DIM);
  const quantizers = QUANTIZERS.map((setup) => new Quantizer({ dim: DIM, ...setup, ...privately(setup) }));
  const decoded = new Float32Array(x.length);
  const records = quantizers.map((quantizer) => quantizer.encode(x));
  const indexes = INDEXES.map((setup) => {
    const index = new FlatIndex({ dim: DIM, ...setup });
    index.add(many);
    return index;
  });
  const encode = timed(
    quantizers.map((quantizer, i) => () => quantizer.encode(x, { out: records[i] })),
    (part) => progress(0.5 * part, 'encode'),
  );
  const decode = timed(
    quantizers.map((quantizer, i) => () => quantizer.decode(records[i], { out: decoded })),
    (part) => progress(0.5 + 0.3 * part, 'decode'),
  );
  const search = timed(
    indexes.flatMap((index) => [
      () => index.search(queries, { k: 10 }),
      () => index.search(queries, { k: 10, certify: true }),
    ]),
    (part) => progress(0.8 + 0.2 * part, 'search'),
  );
  const plain = search.filter((_, i) => i % 2 === 0);
  const numbers = {
    note: 'Ratios of median times to those of eden at the same bits, one machine, one run: they differ from machine to machine.',
    backend: backend.name,
    isa: backend.isa ?? null,
    dim: DIM,
    edenMicrosecondsARow: encode
      .map((value, i) => ({ ...QUANTIZERS[i], microseconds: (1e6 * value) / ROWS }))
      .filter(({ codec, rounds }) => codec === 'eden' && !rounds),
    encode: ratios(QUANTIZERS, encode),
    decode: ratios(QUANTIZERS, decode),
    search: ratios(INDEXES, plain).map((cell, i) => ({ ...cell, certify: search[2 * i + 1] / search[2 * i] })),
  };
  return { numbers, figures: [] };
}
