// SPDX-License-Identifier: Apache-2.0
/** Search of one query in one process: FlatIndex against the exact searches of usearch and simsimd on int8 vectors. */
import { backend, FlatIndex } from '../../dist/index.js';
import { Random } from '../reproduce/random.mjs';
import { measure, processorClock } from '../stats.mjs';
import { loadSimsimd, loadUsearch } from './npm_packages.mjs';

const ROWS = 100_000;
const DIMS = [768, 1024, 1536];
const BITS = [4, 1];
const K = 10;
/** Rows that are drawn, and added to our indexes, at a time: the float vectors are never in memory all at once. */
const PART = 1000;
/** The row that is nearest to the query by far, so that a search which finds another one has gone wrong. */
const PLANTED = 4321;
/** Coordinates of a unit vector are about N(0, 1/dim): int8 covers this many standard deviations. */
const INT8_SIGMAS = 4.5;

function unitRow(random, out) {
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = random.normal();
    sum += out[i] ** 2;
  }
  for (let i = 0; i < out.length; i++) out[i] /= Math.sqrt(sum);
}

function toInt8(x, dim, out) {
  const scale = (127 / INT8_SIGMAS) * Math.sqrt(dim);
  for (let i = 0; i < x.length; i++) out[i] = Math.max(-127, Math.min(127, Math.round(x[i] * scale)));
}

/** The same Gaussian rows, normalised, in our indexes and as int8; and a query close to the planted row. */
function makeData(dim) {
  const random = new Random('peers', dim);
  const indexes = BITS.map((bits) => new FlatIndex({ dim, bits, metric: 'ip' }));
  const int8 = new Int8Array(ROWS * dim);
  const part = new Float32Array(PART * dim);
  const query = new Float32Array(dim);
  unitRow(random, query);
  for (let first = 0; first < ROWS; first += PART) {
    for (let r = 0; r < PART; r++) {
      const row = part.subarray(r * dim, (r + 1) * dim);
      unitRow(random, row);
      if (first + r === PLANTED) for (let i = 0; i < dim; i++) row[i] = (row[i] + query[i]) / Math.SQRT2;
    }
    for (const index of indexes) index.add(part);
    toInt8(part, dim, int8.subarray(first * dim, (first + PART) * dim));
  }
  const int8Query = new Int8Array(dim);
  toInt8(query, dim, int8Query);
  return { indexes, int8, query, int8Query };
}

/** simsimd has no search: a call for every pair, and the ten best kept here. */
function simsimdSearch(simsimd, int8, query) {
  const rows = Array.from({ length: int8.length / query.length }, (_, r) =>
    int8.subarray(r * query.length, (r + 1) * query.length),
  );
  return () => {
    const ids = [];
    const scores = [];
    for (let r = 0; r < rows.length; r++) {
      const score = simsimd.dot(query, rows[r]);
      if (ids.length === K && score <= scores[K - 1]) continue;
      let place = Math.min(ids.length, K - 1);
      for (; place > 0 && scores[place - 1] < score; place--) {
        ids[place] = ids[place - 1];
        scores[place] = scores[place - 1];
      }
      ids[place] = r;
      scores[place] = score;
    }
    return ids;
  };
}

function competitorsOf(dim, usearch, simsimd) {
  const { indexes, int8, query, int8Query } = makeData(dim);
  return [
    // float32 query: its rotation and rounding are part of our time; theirs is int8 already
    ...indexes.map((index) => () => index.search(query, { k: K }).ids),
    ...(usearch ? [() => usearch.exactSearch(int8, int8Query, dim, K, usearch.MetricKind.IP, 1).keys] : []),
    ...(simsimd ? [simsimdSearch(simsimd, int8, int8Query)] : []),
  ];
}

function repeat(once) {
  return (calls) => {
    for (let i = 0; i < calls; i++) once();
  };
}

const usearchId = (bits, dim) => `peers/usearch/${bits}/${dim}/${backend.isa}`;
const simsimdId = (dim) => `peers/simsimd/${BITS[0]}/${dim}`;

/**
 * @param {(row: { id: string, ours: number[], anchor: number[] }) => void} onRow samples in nanoseconds
 * @returns {object} versions of the packages that took part
 */
export function runNpmRows({ rounds, only }, onRow, note) {
  const usearch = loadUsearch(note);
  const simsimd = loadSimsimd(note);
  if (!usearch && !simsimd) return {};
  for (const dim of DIMS) {
    const ids = [...BITS.map((bits) => usearchId(bits, dim)), simsimdId(dim)];
    if (!ids.some((id) => id.includes(only))) continue;
    note(`100k x ${dim} Gaussian vectors`);
    const competitors = competitorsOf(dim, usearch?.module, simsimd?.module);
    for (const search of competitors) {
      const best = Number(search()[0]);
      if (best !== PLANTED) throw new Error(`a search of 100k x ${dim} found row ${best} in place of ${PLANTED}`);
    }
    const samples = measure(competitors.map(repeat), rounds, processorClock);
    const take = (id, ours, anchor) => {
      if (id.includes(only)) onRow({ id, ours, anchor });
    };
    // in the order of competitorsOf
    const theirs = samples.slice(BITS.length);
    const usearchSamples = usearch && theirs.shift();
    const simsimdSamples = simsimd && theirs.shift();
    for (const [i, bits] of BITS.entries()) {
      if (usearchSamples) take(usearchId(bits, dim), samples[i], usearchSamples);
    }
    if (simsimdSamples) take(simsimdId(dim), samples[0], simsimdSamples);
  }
  return { ...(usearch && { usearch: usearch.version }), ...(simsimd && { simsimd: simsimd.version }) };
}
