// SPDX-License-Identifier: Apache-2.0
/**
 * For section g: vectors that are a large part, of few distinct magnitudes or not, and a small part along the query.
 *
 * An RHT of few-valued entries lies on a lattice of step 2/√d or so. What is smaller than the step moves the coordinates
 * off the lattice too little for the right number of them to cross a threshold, or for too many where a threshold is on
 * the lattice. The vNMSE hardly sees that, because the small part has a 1/d of the energy. But √(D/d), the error of an inner
 * product, is as small, at every d.
 */
import { Quantizer } from '../../../dist/index.js';
import { INPUT_NAMES, input, squaredNorm } from '../inputs.mjs';
import { librarySeed, Random } from '../random.mjs';
import { Mean } from '../stats.mjs';

/** Lengths of the small part, times √d. */
export const SIZES = [0, 0.125, 0.25, 0.5, 1, 2];
export const LARGE = INPUT_NAMES;
export const HARD_ROUNDS = ['auto', 3, 2];
const SIGMAS = 2;

export const HARD_SETUPS = [
  ...[1, 2, 3, 4].map((bits) => ({
    name: `EDEN, ${bits} bit${bits > 1 ? 's' : ''}`,
    options: { codec: 'eden', bits },
  })),
  ...[
    ['8x256', 1],
    ['2x16', 2],
    ['4x256', 2],
    ['2x256', 4],
  ].map(([grid, bits]) => ({ name: `VQ ${grid}`, options: { codec: 'vq', bits, grid } })),
];

/** LARGE x SIZES unit vectors, and the query: a Gaussian direction. */
function hardVectors(dim) {
  const random = new Random('small part', dim);
  const query = Float32Array.from({ length: dim }, () => random.normal());
  const queryNorm = Math.sqrt(squaredNorm(query));
  const x = new Float32Array(LARGE.length * SIZES.length * dim);
  LARGE.forEach((name, l) => {
    const large = input(name, dim);
    const norm = Math.sqrt(squaredNorm(large));
    SIZES.forEach((size, s) => {
      const row = Float64Array.from(large, (v, i) => v / norm + ((size / Math.sqrt(dim)) * query[i]) / queryNorm);
      const length = Math.sqrt(squaredNorm(row));
      x.set(
        row.map((v) => v / length),
        (l * SIZES.length + s) * dim,
      );
    });
  });
  return { query, queryNorm, x };
}

/**
 * @returns cells[setup][rounds][large][size]: root mean square error and mean error in units of √(D/((1−D) d)), and the
 *   share within errorBounds of two sigmas
 */
export function measureHard(dim, seeds, stream, progress) {
  const { query, queryNorm, x } = hardVectors(dim);
  const rows = LARGE.length * SIZES.length;
  const truth = Array.from({ length: rows }, (_, r) =>
    x.subarray(r * dim, (r + 1) * dim).reduce((sum, value, i) => sum + value * query[i], 0),
  );
  const sums = HARD_SETUPS.map(() =>
    HARD_ROUNDS.map(() => truth.map(() => ({ error: new Mean(), square: new Mean(), covered: new Mean() }))),
  );
  for (let seed = 0; seed < seeds; seed++) {
    HARD_SETUPS.forEach(({ options }, s) => {
      HARD_ROUNDS.forEach((rounds, k) => {
        const quantizer = new Quantizer({ dim, ...options, rounds, seed: librarySeed(stream, seed) });
        const codes = quantizer.encode(x);
        const estimates = quantizer.innerProducts(query, codes);
        const bounds = quantizer.errorBounds(query, codes, { sigmas: SIGMAS });
        const unit = queryNorm * Math.sqrt(quantizer.expectedError / dim);
        truth.forEach((value, r) => {
          const error = estimates[r] - value;
          const sum = sums[s][k][r];
          sum.error.add(error / unit);
          sum.square.add((error / unit) ** 2);
          sum.covered.add(Math.abs(error) <= bounds[r] ? 1 : 0);
        });
      });
    });
    progress(seed / seeds);
  }
  const cell = ({ error, square, covered }) => ({
    rms: { value: Math.sqrt(square.mean), error: square.error / (2 * Math.sqrt(square.mean)) },
    bias: { value: error.mean, error: error.error },
    covered: { value: covered.mean, count: covered.count },
  });
  return sums.map((byRounds) =>
    byRounds.map((cells) => LARGE.map((_, l) => SIZES.map((_size, s) => cell(cells[l * SIZES.length + s])))),
  );
}

/** All cells with one of HARD_ROUNDS. */
function cellsOf(hard, rounds) {
  const k = HARD_ROUNDS.indexOf(rounds);
  return hard.flatMap((byRounds, s) =>
    byRounds[k].flatMap((sizes, l) =>
      sizes.map((cell, z) => ({ ...cell, where: `${LARGE[l]}, ${SIZES[z]}/√d, ${HARD_SETUPS[s].name}` })),
    ),
  );
}

export function hardClaims(hard) {
  // with two there is nothing to claim: that is what the check is for
  return ['auto', 3].flatMap((rounds) => {
    const how = rounds === 'auto' ? 'with the check' : 'with three RHTs';
    const cells = cellsOf(hard, rounds);
    const widest = cells.reduce((a, b) => (b.rms.value > a.rms.value ? b : a));
    const least = cells.reduce((a, b) => (b.covered.value < a.covered.value ? b : a));
    return [
      {
        claim: `A small part beside a large one, ${how}: root mean square error over √(D/((1−D)d)), worst of ${cells.length} (${widest.where})`,
        source: 'RaBitQ 2405.12497, for a uniform rotation; here for RHTs',
        relation: '<=',
        ours: widest.rms.value,
        expected: 1,
        tolerance: 0.2 + 5 * widest.rms.error,
        because:
          '20 %: lattices finer than the cells remain at this d; plus five standard errors, because it is the worst of many',
        format: 'f2',
      },
      {
        claim: `The same, ${how}: share within \`errorBounds\` of 2 sigmas, least (${least.where})`,
        source: 'normal law: 95.45 %',
        relation: '>=',
        ours: least.covered.value,
        expected: 0.95,
        tolerance: 0.05 + 5 * Math.sqrt((0.95 * 0.05) / least.covered.count),
        because: '5 % for errors 20 % larger; plus five standard errors',
        format: 'p1',
      },
    ];
  });
}

const SHOWN = ['e0 + e1', 'one-hot', 'half constant', 'constant', 'gaussian'];

/** Root mean square error over the size of the small part. */
export function hardPlot(hard, dim) {
  const setup = HARD_SETUPS.findIndex(({ name }) => name === 'EDEN, 3 bits');
  // sizes are on a log axis
  const points = (value) => SIZES.flatMap((x, z) => (x > 0 ? [{ x, y: value(z) }] : []));
  const [auto, three, two] = hard[setup];
  return {
    type: 'line',
    title: `A small part along the query, EDEN with 3 bits (d = ${dim})`,
    caption:
      'Error of the inner product beside a large part of one magnitude. After one RHT fewer than would hide its lattice ' +
      'the small part is lost or exaggerated (e0 + e1 with two: dashed), which the vNMSE does not show. The check gives ' +
      'such vectors one RHT more.',
    x: { label: 'length of the small part times √d', scale: 'log', ticks: SIZES.slice(1), format: 's2' },
    y: { label: 'root mean square error over √(D/((1−D)d))', scale: 'log', format: 's2' },
    series: [
      ...SHOWN.map((name) => ({
        name: `${name}, with the check`,
        points: points((z) => auto[LARGE.indexOf(name)][z].rms.value),
      })),
      {
        name: 'worst with three RHTs',
        draw: 'dashed',
        tone: 'muted',
        points: points((z) => Math.max(...three.map((sizes) => sizes[z].rms.value))),
      },
      {
        name: 'e0 + e1 with two RHTs',
        draw: 'dashed',
        points: points((z) => two[LARGE.indexOf('e0 + e1')][z].rms.value),
      },
    ],
    references: [{ name: 'uniform rotation', y: 1 }],
  };
}

/** For every large part and setup the worst size. */
export function hardTable(hard, rounds) {
  const k = HARD_ROUNDS.indexOf(rounds);
  const worst = (sizes) => sizes.reduce((a, b) => (b.rms.value > a.rms.value ? b : a));
  return {
    title: `A small part along the query, ${rounds === 'auto' ? 'with the check' : 'with three RHTs'}`,
    caption:
      'For the size of the small part that is worst: root mean square error and mean error over √(D/((1−D)d)), and the share ' +
      'of estimates within two sigmas.',
    columns: [
      { name: 'large part' },
      ...HARD_SETUPS.flatMap(({ name }) => [
        { name, format: 'f2' },
        { name: 'mean', format: 'f2' },
        { name: 'within', format: 'p1' },
      ]),
    ],
    rows: LARGE.map((name, l) => [
      name,
      ...hard.flatMap((byRounds) => {
        const { rms, bias, covered } = worst(byRounds[k][l]);
        return [rms.value, bias.value, covered.value];
      }),
    ]),
  };
}
