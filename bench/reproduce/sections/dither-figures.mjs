// SPDX-License-Identifier: Apache-2.0
/** For section e: its charts and tables. */
import { DITHER_TABLES } from '../../../dist/codec/dither-tables.js';
import { LLOYD_MAX_ERROR } from '../../../dist/codec/lloyd-max.js';
import { largest } from './unbiased-sampling.mjs';

const bitsOf = (count) => (count === 1 ? '1 bit' : `${count} bits`);
const J = (bits) => DITHER_TABLES[bits].error;
const D = (bits) => LLOYD_MAX_ERROR[bits];

/** MSE times 4^b against b. */
export function constantPlot({ names, widths, dithered, gaussian }, constant) {
  const points = (value) => widths.map((bits) => ({ x: bits, y: value(bits) * 4 ** bits }));
  const measured = (cell) =>
    widths.map((bits) => {
      const { error, errorSigma } = cell(bits);
      const factor = 4 ** bits;
      return {
        x: bits,
        y: factor * error,
        low: factor * (error - 2 * errorSigma),
        high: factor * (error + 2 * errorSigma),
      };
    });
  const others = names.filter((name) => name !== 'gaussian');
  return {
    type: 'line',
    title: 'MSE · 4ᵇ after one RHT',
    caption:
      'The dithered codec nears the constant of the paper from above; no other input is worse than the Gaussian one. Biased ' +
      'codes can have a smaller error.',
    x: { label: 'bits b', scale: 'linear', ticks: widths, format: 'd' },
    y: { label: 'MSE · 4ᵇ', scale: 'linear', min: 0, format: 'f2' },
    series: [
      { name: 'gaussian', draw: 'points', points: measured(gaussian) },
      {
        name: 'worst of the others',
        draw: 'points',
        points: measured((bits) =>
          largest(
            others.map((name) => dithered(name, bits)),
            ({ error }) => error,
          ),
        ),
      },
      { name: 'one-hot', points: measured((bits) => dithered('one-hot', bits)) },
      { name: 'J of our tables', draw: 'dashed', points: points(J) },
      { name: 'D of N(0,1), biased', draw: 'dashed', tone: 'muted', points: points(D) },
    ],
    references: [{ name: 'π√3/2', y: constant }],
  };
}

const pair = (widths, name, value) => widths.map((bits) => ({ name: `${name}, ${bitsOf(bits)}`, ...value(bits) }));

/** Error over the nominal one of each input. */
export function errorPlot({ names, dithered, plain }, widths) {
  const series = (cell, nominal) => (bits) => {
    const cells = names.map((name) => cell(name, bits));
    return {
      values: cells.map(({ error }) => error / nominal(bits)),
      errors: cells.map(({ errorSigma }) => (2 * errorSigma) / nominal(bits)),
    };
  };
  return {
    type: 'dots',
    title: 'MSE over its value for N(0,1), one RHT',
    caption:
      'Over J for the dithered codec, over D without a dither. With a dither no input is worse than the Gaussian one. Without, ' +
      'one RHT can double the error.',
    value: { label: 'MSE / nominal', scale: 'linear', min: 0, format: 'f2' },
    categories: names,
    series: [...pair(widths, 'dithered', series(dithered, J)), ...pair(widths, 'not dithered', series(plain, D))],
    references: [{ name: 'N(0,1)', value: 1 }],
  };
}

/** The part of the error that is bias. */
export function biasPlot({ names, dithered, plain }, widths) {
  const series = (cell) => (bits) => ({
    values: names.map((name) => cell(name, bits)).map(({ bias, error }) => bias / error),
  });
  return {
    type: 'dots',
    title: 'The part of the MSE that is bias, one RHT',
    caption:
      'Averaging over rotations does not remove it. With a dither there is none, for any input; without, it is anything up to all.',
    value: { label: 'squared bias / MSE', scale: 'linear', format: 'p0' },
    categories: names,
    series: [...pair(widths, 'dithered', series(dithered)), ...pair(widths, 'not dithered', series(plain))],
    references: [],
  };
}

function cellTable({ names, widths }, title, caption, format, value) {
  return {
    title,
    caption,
    columns: [{ name: 'input' }, ...widths.map((bits) => ({ name: `b = ${bits}`, format }))],
    rows: names.map((name) => [name, ...widths.map((bits) => value(name, bits))]),
  };
}

export function tables(measured) {
  const { widths, dithered, gaussian, plain } = measured;
  return [
    {
      title: 'Errors for N(0,1), and measured on the Gaussian input',
      caption:
        'J is the error of the dithered tables, D that of the best biased codes, D/(1−D) that of EDEN. ± is one standard error.',
      columns: [
        { name: 'b' },
        { name: 'J', format: 's4' },
        { name: 'J · 4ᵇ', format: 'f3' },
        { name: 'MSE · 4ᵇ', format: 'f3' },
        { name: '±', format: 'f3' },
        { name: 'D · 4ᵇ', format: 'f3' },
        { name: 'J (1−D)/D', format: 'f3' },
      ],
      rows: widths.map((bits) => {
        const { error, errorSigma } = gaussian(bits);
        const factor = 4 ** bits;
        return [
          String(bits),
          J(bits),
          J(bits) * factor,
          error * factor,
          errorSigma * factor,
          D(bits) * factor,
          (J(bits) * (1 - D(bits))) / D(bits),
        ];
      }),
    },
    cellTable(
      measured,
      'Dithered: MSE over J',
      'After one RHT.',
      'f3',
      (name, bits) => dithered(name, bits).error / J(bits),
    ),
    cellTable(
      measured,
      'Dithered: one standard error of MSE over J',
      'Of the table before.',
      'f4',
      (name, bits) => dithered(name, bits).errorSigma / J(bits),
    ),
    cellTable(
      measured,
      'Dithered: squared bias as a part of the MSE',
      'Estimated without the bias of noise, so about half come out below 0.',
      'p3',
      (name, bits) => dithered(name, bits).bias / dithered(name, bits).error,
    ),
    cellTable(
      measured,
      'Dithered: squared bias in standard errors',
      'Corrected for skewness; about 1 in 740 is beyond 3 by chance.',
      'f1',
      (name, bits) => dithered(name, bits).biasSigmas,
    ),
    cellTable(
      measured,
      'Not dithered: MSE over D',
      'After one RHT.',
      'f3',
      (name, bits) => plain(name, bits).error / D(bits),
    ),
    cellTable(
      measured,
      'Not dithered: squared bias as a part of the MSE',
      'Of the error for N(0,1) the part D is bias: every vector comes out short by the factor 1 − D.',
      'p2',
      (name, bits) => plain(name, bits).bias / plain(name, bits).error,
    ),
  ];
}
