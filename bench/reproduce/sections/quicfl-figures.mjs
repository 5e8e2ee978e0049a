// SPDX-License-Identifier: Apache-2.0
/** For section c: its charts and tables. */
import { QUICFL_TABLES } from '../../../dist/codec/quicfl-tables.js';
import { ARMS, GROUP_SIZES } from './client-averages.mjs';

const bitsOf = (count) => (count === 1 ? '1 bit' : `${count} bits`);
const rhts = (rounds) => (rounds === 1 ? '1 RHT' : `${rounds} RHTs`);

/** Error of the mean against the number of clients, a line for each way to average. */
export function averagePlot({ arms, at }, name, bits, { title, caption }) {
  const first = at(name, 'quicfl')[0];
  return {
    type: 'line',
    title,
    caption,
    x: { label: 'clients n', scale: 'log', ticks: GROUP_SIZES, format: 'd' },
    y: { label: 'NMSE of the mean', scale: 'log', format: 's2' },
    series: arms.map((arm) => ({
      name: ARMS[arm].name,
      tone: arm === 'quicfl' ? 'strong' : undefined,
      points: at(name, arm).map(({ n, error, errorSigma }) => ({
        x: n,
        y: error,
        low: error - 2 * errorSigma,
        high: error + 2 * errorSigma,
      })),
    })),
    references: [{ name: 'J/n', x: first.n, y: QUICFL_TABLES[bits].error, slope: -1 }],
  };
}

/** Error over J of each input after one RHT. */
export function errorPlot({ names, at }, widths) {
  return {
    type: 'dots',
    title: 'vNMSE over J for each input after one RHT',
    caption:
      'One RHT is enough for QUIC-FL: no input is more than a few percent above what a uniform rotation gives, and all are ' +
      'unbiased. With two RHTs all dots are at 1 (table).',
    value: { label: 'vNMSE / J', scale: 'linear', format: 'f2' },
    categories: names,
    series: widths.map((bits) => {
      const { error } = QUICFL_TABLES[bits];
      const cells = at(bits, 1);
      return {
        name: bitsOf(bits),
        values: cells.map((cell) => cell.error / error),
        errors: cells.map((cell) => (2 * cell.errorSigma) / error),
      };
    }),
    references: [{ name: 'uniform rotation', value: 1 }],
  };
}

const columns = (widths, format) =>
  [1, 2].flatMap((rounds) => widths.map((bits) => ({ name: `b = ${bits}, ${rhts(rounds)}`, format, bits, rounds })));

function cellTable({ names, at }, widths, value, format, title, caption, more = () => []) {
  const wanted = columns(widths, format);
  return {
    title,
    caption,
    columns: [{ name: 'input' }, ...wanted.map(({ name }) => ({ name, format }))],
    rows: [
      ...names.map((name, r) => [name, ...wanted.map(({ bits, rounds }) => value(at(bits, rounds)[r], bits))]),
      ...more(wanted),
    ],
  };
}

function clientTable({ names, arms, at, trials }) {
  return {
    title: 'n · NMSE of the mean of n clients over NMSE of one',
    caption: `1 is perfect averaging, n none. ${trials} trials; ± is one standard error for n = ${GROUP_SIZES.at(-1)}.`,
    columns: [
      { name: 'vectors, codec' },
      ...GROUP_SIZES.map((n) => ({ name: `n = ${n}`, format: 'f3' })),
      { name: '±', format: 'f3' },
    ],
    rows: names.flatMap((name) =>
      arms.map((arm) => {
        const points = at(name, arm);
        return [`${name}: ${ARMS[arm].name}`, ...points.map(({ ratio }) => ratio), points.at(-1).ratioSigma];
      }),
    ),
  };
}

export function tables(measured, clients, widths) {
  return [
    cellTable(
      measured,
      widths,
      (cell, bits) => cell.error / QUICFL_TABLES[bits].error,
      'f4',
      'vNMSE over J',
      'J of the tables for 1 to 6 bits is in the row below the inputs, then the worst k-hot input after one RHT (exact).',
      (wanted) => [
        ['J', ...wanted.map(({ bits }) => QUICFL_TABLES[bits].error)],
        ['worst k-hot', ...wanted.map(({ bits, rounds }) => (rounds === 1 ? measured.hot[bits].ratio : null))],
      ],
    ),
    cellTable(
      measured,
      widths,
      (cell) => cell.bias / cell.error,
      'p3',
      'Squared bias as a part of the vNMSE',
      'Estimated without the bias of noise, so about half come out below 0.',
    ),
    cellTable(
      measured,
      widths,
      (cell) => cell.biasSigmas,
      'f1',
      'Squared bias in standard errors',
      'Corrected for skewness; about 1 in 740 is beyond 3 by chance.',
    ),
    cellTable(
      measured,
      widths,
      (cell) => cell.size,
      'f3',
      'Bits a coordinate of whole records',
      'Codes, outliers (64 bits each) and 17 bytes a record.',
    ),
    clientTable(clients),
  ];
}
