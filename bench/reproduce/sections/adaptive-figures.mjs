// SPDX-License-Identifier: Apache-2.0
/** For section f: its charts and tables. */
import { formatNumber } from '../page/format.mjs';
import { CODECS, ROUNDS } from './adaptive-sampling.mjs';

/** The limit of the moment for one RHT, where d is below 15,625. */
const LIMIT = 2.5;
const SHOWN = ['EDEN, 1 bit', 'EDEN, 4 bits', 'EDEN, 8 bits', 'VQ 2x256'].map((name) =>
  CODECS.findIndex((codec) => codec.name === name),
);

const titleOf = (rounds) =>
  rounds === 'auto' ? 'with the check' : rounds === 1 ? 'always one RHT' : 'always two RHTs';

/** A dot for each input. Both charts have the same axes. */
function momentPlot({ names, synthetic }, rounds, caption) {
  const { dim, moment, ratios } = synthetic[0];
  const k = ROUNDS.indexOf(rounds);
  return {
    type: 'line',
    title: `${names.length} inputs, ${titleOf(rounds)} (d = ${dim})`,
    caption,
    x: { label: 'third moment: √d · Σ|x|³ / |x|³', scale: 'log', ticks: [1, 2, 4, 8, 16], format: 'f1' },
    y: { label: 'error over that of a uniform rotation', scale: 'linear', min: 0, max: 2.5, format: 'f2' },
    series: SHOWN.map((c) => ({
      name: CODECS[c].name,
      draw: 'points',
      points: moment.map((x, r) => ({ x, y: ratios[c][k].rows[r].value })),
    })),
    references: [
      { name: 'limit for one RHT', x: LIMIT },
      { name: 'uniform rotation', y: 1 },
    ],
  };
}

function roundsPlot({ real }) {
  const codecs = ['EDEN, 1 bit', 'EDEN, 4 bits', 'VQ 8x256', 'VQ 2x256'];
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    type: 'bars',
    title: 'RHTs a row that the check chooses for real data',
    caption:
      'Mean over rows. Where d is no m · 2^j (m = 1, 12, 20, 28), two are the least: word vectors (100), pixels (784) and ' +
      'gradients (101,770).',
    value: { label: 'mean number of RHTs', scale: 'linear', min: 0, max: 3, ticks: [0, 1, 2, 3], format: 'f1' },
    categories: real.map(({ name }) => name),
    series: codecs.map((name) => {
      const c = CODECS.findIndex((codec) => codec.name === name);
      return { name, values: real.map(({ chosen }) => mean(Array.from(chosen[c]))) };
    }),
  };
}

export function plots(measured) {
  return [
    momentPlot(
      measured,
      1,
      'Left of the limit one RHT does what a uniform rotation does. To the right the error is anything, often smaller ' +
        '(but biased), at worst more than twice. VQ also goes wrong on the left: there the energy lies in few residues of ' +
        'the index, which another moment sees.',
    ),
    momentPlot(
      measured,
      'auto',
      'The same inputs, each with the number of RHTs that the check chooses. What is left at 8 bits comes from few-valued ' +
        'inputs, whose lattice after one RHT suits the cells or does not.',
    ),
    roundsPlot(measured),
  ];
}

const codecColumns = (format) => CODECS.map(({ name }) => ({ name, format }));

function inputTable({ names }, { dim, moment, ratios, chosen }, rounds) {
  const k = ROUNDS.indexOf(rounds);
  const choices = (r) => chosen.map((rows) => rows[r]).join(' ');
  return {
    title: `Error over that of a uniform rotation, d = ${dim}, ${titleOf(rounds)}`,
    caption: 'Chosen: RHTs that the check chooses, for the codecs in the order of the columns.',
    columns: [
      { name: 'input' },
      { name: 'third moment', format: 'f2' },
      { name: 'chosen' },
      ...codecColumns('f3'),
      { name: 'largest standard error', format: 'f3' },
    ],
    rows: names.map((name, r) => {
      const cells = ratios.map((byRounds) => byRounds[k].rows[r]);
      return [
        name,
        moment[r],
        choices(r),
        ...cells.map(({ value }) => value),
        Math.max(...cells.map(({ error }) => error)),
      ];
    }),
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function realErrors({ real }) {
  return {
    title: 'Real data: mean error over that of a uniform rotation',
    columns: [
      { name: 'rows' },
      { name: 'd', format: 'd' },
      { name: 'number', format: 'd' },
      { name: 'third moment, median', format: 'f2' },
      ...codecColumns('f4'),
    ],
    rows: real.flatMap(({ name, dim, rows, moment, ratios }) =>
      ROUNDS.map((rounds, k) => [
        `${name}, ${titleOf(rounds)}`,
        dim,
        rows,
        median(moment),
        ...ratios.map((byRounds) => byRounds[k].all.value),
      ]),
    ),
  };
}

function realRounds({ real }) {
  const share = (chosen, rounds) => chosen.filter((value) => value === rounds).length / chosen.length;
  return {
    title: 'Real data: rows that get one, two and three RHTs',
    columns: [{ name: 'rows' }, ...codecColumns()],
    rows: real.map(({ name, chosen }) => [
      name,
      ...chosen.map((rows) => `${[1, 2, 3].map((k) => formatNumber(100 * share(rows, k), 'f1')).join(' / ')} %`),
    ]),
  };
}

function timeTable({ real, times, timed }) {
  return {
    title: 'Time to encode with the check, over always two and always three RHTs',
    caption:
      'A measurement of this run: medians, the three interleaved, one thread. Where the check chooses two for every row, ' +
      'its ratio to two is what it costs itself.',
    columns: [
      { name: 'rows' },
      ...timed.flatMap(({ name }) => [
        { name: `${name}, over 2`, format: 'f2' },
        { name: 'over 3', format: 'f2' },
      ]),
    ],
    rows: real.map(({ name }, s) => [name, ...times[s].flatMap(({ overTwo, overThree }) => [overTwo, overThree])]),
  };
}

export function tables(measured) {
  const { synthetic } = measured;
  return [
    realErrors(measured),
    realRounds(measured),
    timeTable(measured),
    ...synthetic.map((set) => inputTable(measured, set, 'auto')),
    inputTable(measured, synthetic[0], 1),
    inputTable(measured, synthetic[0], 2),
  ];
}
