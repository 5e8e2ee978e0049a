// SPDX-License-Identifier: Apache-2.0
/** QUIC-FL: error, bias and size after one and two RHTs, and averages over clients that share a rotation. */
import { QUICFL_TABLES } from '../../../dist/codec/quicfl-tables.js';
import { INPUT_NAMES } from '../inputs.mjs';
import { ARMS, CLIENTS, DIFFERENT, measureAverages, sharedRotationRatio } from './client-averages.mjs';
import { averagePlot, errorPlot, tables } from './quicfl-figures.mjs';
import { autoDifferences, measureQuicfl } from './quicfl-sampling.mjs';
import { expectation, knownLaw, pointError, worstHot } from './unbiased-laws.mjs';
import { farthestOf, largest } from './unbiased-sampling.mjs';

export const id = 'c';
export const title = 'QUIC-FL: averages over many clients';

const DIM = 1024;
const WIDTHS = [1, 2, 3, 4, 5, 6];
const ROUNDS = [1, 2];
const AVERAGE_BITS = 2;
const SAME_NAMES = ['one-hot', 'e0 + 0.9 e5', 'sparse gradient', 'gaussian'];
const OUTLIER_PART = 1 / 512;
const EXACT = 'exact, binomial law and our tables';
const PAPER = 'QUIC-FL, 2205.13341';

const bitsOf = (count) => (count === 1 ? '1 bit' : `${count} bits`);

function measureAll(quick, progress) {
  const trials = quick ? 560 : 8000;
  const setups = ROUNDS.flatMap((rounds) => WIDTHS.map((bits) => ({ rounds, bits })));
  const results = setups.map(({ rounds, bits }, s) =>
    measureQuicfl(DIM, bits, rounds, trials, 300 + s, (part) =>
      progress((0.7 * (s + part)) / setups.length, `${bitsOf(bits)}, ${rounds} RHT`),
    ),
  );
  const at = (bits, rounds) => results[setups.findIndex((s) => s.bits === bits && s.rounds === rounds)];
  const hot = Object.fromEntries(WIDTHS.map((bits) => [bits, worstHot(QUICFL_TABLES[bits], DIM)]));
  return { names: INPUT_NAMES, at, hot, trials };
}

/** Averages of every arm: for clients that hold the same vector, and for those that do not. */
function measureClients(quick, progress) {
  const trials = quick ? 80 : 1200;
  const names = [...SAME_NAMES, DIFFERENT];
  const arms = Object.keys(ARMS);
  const results = names.map((name, i) =>
    arms.map((arm, j) => {
      const done = (i * arms.length + j) / (names.length * arms.length);
      progress(0.7 + 0.3 * done, `${CLIENTS} clients, ${name}`);
      // one quantizer for all clients is quick, and draws that a whole vector shares scatter more
      const more = ARMS[arm].own || ARMS[arm].private ? 1 : 6;
      return measureAverages(name, DIM, AVERAGE_BITS, ARMS[arm], more * trials, 312 + i * arms.length + j);
    }),
  );
  const at = (name, arm) => results[names.indexOf(name)][arms.indexOf(arm)];
  return { names, arms, at, trials };
}

const share = (cell, bits) => ({
  name: cell.name,
  ratio: cell.error / QUICFL_TABLES[bits].error,
  sigma: cell.errorSigma / QUICFL_TABLES[bits].error,
});

function oneRoundClaims({ at, hot }) {
  const exact = WIDTHS.map((bits) => ({ bits, ...hot[bits] }));
  const worst = largest(exact, ({ ratio }) => ratio);
  const measured = exact.map(({ bits, at: k, ratio }) => {
    const cell = largest(
      at(bits, 1).map((c) => share(c, bits)),
      (c) => c.ratio,
    );
    return {
      claim: `${bitsOf(bits)}, 1 RHT: vNMSE over J of the worst input (${cell.name}) is at most that of the worst k-hot (k = ${k})`,
      source: EXACT,
      relation: '<=',
      ours: cell.ratio,
      expected: ratio,
      tolerance: 3 * cell.sigma,
      because: 'three standard errors',
      format: 'f4',
    };
  });
  return [
    {
      claim: `One RHT costs at most 4 %: vNMSE over J of the worst k-hot input, k ≤ ${DIM} (${bitsOf(worst.bits)}, k = ${worst.at})`,
      source: EXACT,
      relation: '<=',
      ours: worst.ratio,
      expected: 1.04,
      tolerance: 0,
      because: 'there is no chance in it',
      format: 'f4',
    },
    ...measured,
  ];
}

function twoRoundsClaim({ at }) {
  const cells = WIDTHS.flatMap((bits) => at(bits, 2).map((cell) => ({ bits, ...share(cell, bits) })));
  const worst = largest(cells, ({ ratio }) => Math.abs(ratio - 1));
  return {
    claim: `2 RHTs: vNMSE over J, farthest input and width (${worst.name}, ${bitsOf(worst.bits)})`,
    source: '2605.06014, abstract: asymptotically matches uniform rotations',
    relation: '=',
    ours: worst.ratio,
    expected: 1,
    tolerance: 1 / Math.sqrt(DIM) + 4 * worst.sigma,
    because: "1/√d, the paper's rate with the constant one, plus four standard errors",
    format: 'f4',
  };
}

/** Every cell whose law is known against what the table gives for that law. */
function exactClaim({ at }) {
  const cells = WIDTHS.flatMap((bits) => {
    const error = pointError(QUICFL_TABLES[bits]);
    return ROUNDS.flatMap((rounds) =>
      at(bits, rounds).flatMap((cell) => {
        const law = knownLaw(cell.name, rounds, DIM);
        if (!law) return [];
        const sigmas = Math.abs(cell.error - expectation(law, error)) / cell.errorSigma;
        return [{ text: `${cell.name}, ${bitsOf(bits)}, ${rounds === 1 ? '1 RHT' : '2 RHTs'}`, sigmas }];
      }),
    );
  });
  const worst = largest(cells, ({ sigmas }) => sigmas);
  return {
    claim: `vNMSE against its exact value, farthest of ${cells.length} cells with a known law (${worst.text}), in standard errors`,
    source: EXACT,
    relation: '<=',
    ours: worst.sigmas,
    expected: 0,
    // two-sided
    tolerance: farthestOf(2 * cells.length),
    because: `three standard errors, for the farthest of ${cells.length}`,
    format: 'f2',
  };
}

function biasClaim({ at }, rounds) {
  const cells = WIDTHS.flatMap((bits) => at(bits, rounds).map((cell) => ({ bits, ...cell })));
  const worst = largest(cells, ({ biasSigmas }) => biasSigmas);
  return {
    claim:
      `${rounds === 1 ? '1 RHT' : '2 RHTs'}: squared bias, largest of ${cells.length} inputs and widths ` +
      `(${worst.name}, ${bitsOf(worst.bits)}), in standard errors`,
    source: `${PAPER}: unbiased for every input and rotation`,
    relation: '<=',
    ours: worst.biasSigmas,
    expected: 0,
    tolerance: farthestOf(cells.length),
    because: `three standard errors, for the largest of ${cells.length}`,
    format: 'f2',
  };
}

function sizeClaims({ names, at, trials }) {
  const gaussian = WIDTHS.map((bits) => at(bits, 1)[names.indexOf('gaussian')]);
  const mean = (value) => gaussian.reduce((sum, cell) => sum + value(cell), 0) / gaussian.length;
  const part = mean((cell) => cell.outliers);
  const sigma = Math.sqrt(mean((cell) => cell.outliersError ** 2) / gaussian.length);
  const { limit } = QUICFL_TABLES[1];
  const beyond = (law) => expectation(law, (z) => (Math.abs(z) > limit ? 1 : 0));
  const cells = WIDTHS.flatMap((bits) => at(bits, 1)).flatMap((cell) => {
    const law = knownLaw(cell.name, 1, DIM);
    if (!law) return [];
    const expected = beyond(law);
    // where none was seen the scatter says nothing: then that of independent coordinates
    const error = Math.max(cell.outliersError, Math.sqrt(expected / (DIM * trials)));
    return [{ name: cell.name, sigmas: error > 0 ? Math.abs(cell.outliers - expected) / error : 0 }];
  });
  const farthest = largest(cells, ({ sigmas }) => sigmas);
  return [
    {
      claim: '1 RHT, gaussian: bits a coordinate that outliers take (64 bits for 1 in 512)',
      source: `${PAPER}: 1/512 of N(0,1) is sent exactly; 64 bits each is our format`,
      relation: '=',
      ours: 64 * part,
      expected: 64 * OUTLIER_PART,
      tolerance: 64 * ((20 / DIM) * OUTLIER_PART + 4 * sigma),
      because: "four standard errors, plus 20/d of it: the next term of Edgeworth's series is −17/d",
      format: 'f4',
    },
    {
      claim: `1 RHT: part of coordinates that are outliers, against the exact one, farthest of ${cells.length} cells (${farthest.name}), in standard errors`,
      source: 'exact, binomial law',
      relation: '<=',
      ours: farthest.sigmas,
      expected: 0,
      tolerance: farthestOf(2 * cells.length),
      because: `three standard errors, for the farthest of ${cells.length}`,
      format: 'f2',
    },
    {
      claim: "Records of `rounds: 'auto'` that differ from those of one RHT",
      source: 'this library: unbiased codecs take one RHT for any input',
      relation: '=',
      ours: autoDifferences(DIM, WIDTHS, 399),
      expected: 0,
      tolerance: 0,
      because: 'there is no chance in it',
      format: 'd',
    },
  ];
}

const last = (points) => points[points.length - 1];

/** n times the error of a mean of n over that of one: the input that is farthest from 1. */
function averageClaim({ names, at }, arm, source) {
  const cells = names.map((name) => ({ name, ...last(at(name, arm)) }));
  const worst = largest(cells, ({ ratio, ratioSigma }) => Math.abs(ratio - 1) / ratioSigma);
  return {
    claim: `${ARMS[arm].name}: n · NMSE of the mean of n = ${CLIENTS} over NMSE of one, farthest of ${cells.length} (${worst.name})`,
    source,
    relation: '=',
    ours: worst.ratio,
    expected: 1,
    tolerance: farthestOf(2 * cells.length) * worst.ratioSigma,
    because: `${farthestOf(2 * cells.length).toFixed(1)} standard errors, for the farthest of ${cells.length}`,
    format: 'f3',
  };
}

function clientClaims(clients) {
  const { at } = clients;
  const same = largest(
    SAME_NAMES.map((name) => ({ name, ...last(at(name, 'edenShared')) })),
    ({ ratio }) => Math.abs(ratio - CLIENTS),
  );
  const different = last(at(DIFFERENT, 'edenShared'));
  const predicted = sharedRotationRatio(DIFFERENT, DIM, AVERAGE_BITS);
  return [
    averageClaim(clients, 'quicfl', `${PAPER}: errors of clients are independent`),
    averageClaim(clients, 'dithered', 'our derivation: unbiased for every rotation'),
    averageClaim(clients, 'edenOwn', 'EDEN: unbiased over rotations'),
    {
      claim: `${ARMS.edenShared.name}, same vector: n · NMSE of the mean of n = ${CLIENTS} over NMSE of one is n`,
      source: 'exact: all clients send the same codes',
      relation: '=',
      ours: same.ratio,
      expected: CLIENTS,
      tolerance: 1e-6 * CLIENTS,
      because: 'rounding; there is no chance in it',
      format: 'f3',
    },
    {
      claim: `${ARMS.edenShared.name}, different vectors: n · NMSE of the mean of n = ${CLIENTS} over NMSE of one`,
      source: 'our derivation: correlation of errors of correlated normal numbers',
      relation: '=',
      ours: different.ratio,
      expected: predicted,
      tolerance: (2 / Math.sqrt(DIM)) * (predicted - 1) + 4 * different.ratioSigma,
      because: 'four standard errors, plus 2/√d of the excess: pairs after two RHTs are not quite normal',
      format: 'f3',
    },
  ];
}

export function run({ quick, progress }) {
  const measured = measureAll(quick, progress);
  const clients = measureClients(quick, progress);
  return {
    intro: [
      'QUIC-FL (2205.13341) quantizes each rotated coordinate without bias, with randomness that sender and receiver share ' +
        'and some that is private, and sends the 1 in 512 beyond 3.1 standard deviations exactly. So all clients can share ' +
        'one rotation, and a server sums codes in the rotated domain and rotates back once; decoding each and averaging, as ' +
        'here, is the same by linearity. 2605.06014 shows that two RHTs reach the error J of a uniform random rotation for ' +
        'large d. The tables and J are from our own solver; that one RHT costs at most a few percent is our derivation.',
      `Measured with \`Quantizer\` at d = ${DIM} on ${INPUT_NAMES.length} inputs, ${measured.trials} rotations each, then with ` +
        `${CLIENTS} clients in ${clients.trials} trials at ${AVERAGE_BITS} bits. “${DIFFERENT}” are one sparse gradient that all ` +
        'share plus as much Gaussian noise of their own.',
    ],
    claims: [
      biasClaim(measured, 1),
      biasClaim(measured, 2),
      twoRoundsClaim(measured),
      ...oneRoundClaims(measured),
      exactClaim(measured),
      ...sizeClaims(measured),
      ...clientClaims(clients),
    ],
    plots: [
      averagePlot(clients, SAME_NAMES[2], AVERAGE_BITS, {
        title: `Error of the mean of n clients that hold the same vector, ${bitsOf(AVERAGE_BITS)}`,
        caption:
          'QUIC-FL averages with one rotation for all, the dithered codec too. EDEN is better for one vector, but averages ' +
          'only if every client has a rotation of its own, and then a server must undo each.',
      }),
      averagePlot(clients, DIFFERENT, AVERAGE_BITS, {
        title: `The same for clients whose vectors share half their energy`,
        caption:
          'With different vectors EDEN averages in part even under one rotation: what the vectors have in common leaves an ' +
          'error in common, which many clients do not remove.',
      }),
      errorPlot(measured, [1, 2, 4]),
    ],
    tables: tables(measured, clients, WIDTHS),
    notes: [
      'Three standard errors, for the farthest of n cells: the limit is where the chance that any of n normal numbers is beyond it ' +
        'is that of one being beyond three, 1 in 740.',
      'The squared bias is a U-statistic: the mean of ⟨x̂ − x, x̂′ − x⟩ over pairs of 32 groups of trials. Its standard error ' +
        'comes from the same products, and is corrected for skewness (Hall 1983; Wilson, Hilferty 1931).',
      'Exact values: after one RHT a coordinate of a k-hot vector is a sum of k random signs over √k, and the error of the ' +
        'table at each such value is known. Inputs of few entries come out better than J because they never reach the tails.',
      'Outliers take 64 bits each, 1/8 bit a coordinate in all; the rest of a record is 17 bytes.',
    ],
  };
}
