// SPDX-License-Identifier: Apache-2.0
/** For section g: its charts and tables. */
import { COSINES } from './products-sampling.mjs';
import { variance } from './products-theory.mjs';

const FAMILIES = ['EDEN', 'VQ', 'uniform', 'TurboQuant-mse', 'TurboQuant-prod', 'QUIC-FL', 'dithered'];
/** The smaller of two grids of the same bits is left out of the chart by bytes. */
const LEFT_OUT = 'VQ 2x16';
const WIDTH = 2;

const toneOf = (family) => (family === 'EDEN' ? 'strong' : undefined);

function bytesPlot({ results, dim }) {
  return {
    type: 'line',
    title: `Error of inner products against bytes a vector (d = ${dim})`,
    caption:
      'Root mean square over the mix of cosines, bias and all. Every stored byte counts; QUIC-FL records differ in size, so ' +
      'their mean is taken. TurboQuant-prod costs more than one bit a coordinate over EDEN; dithered is worst at one bit.',
    x: { label: 'bytes a vector', scale: 'log', ticks: [64, 128, 256, 512], format: 'd' },
    y: { label: '√d · error / (|q| |x|)', scale: 'log', format: 's3' },
    series: FAMILIES.map((family) => ({
      name: family,
      tone: toneOf(family),
      points: results
        .filter((result) => result.family === family && result.name !== LEFT_OUT)
        .map(({ bytes, square }) => ({ x: bytes, y: Math.sqrt(square.value) })),
    })),
  };
}

function cosinePlot({ results, dim }) {
  const shown = results.filter(({ options, name }) => options.bits === WIDTH && name !== LEFT_OUT);
  const eden = shown.find(({ family }) => family === 'EDEN');
  const fine = Array.from({ length: 31 }, (_, i) => (0.9 * i) / 30);
  return {
    type: 'line',
    title: `Error of inner products against the cosine, ${WIDTH} bits (d = ${dim})`,
    caption:
      'Root mean square. The scale of EDEN, VQ and uniform makes the estimate exact along the vector, so the error goes to 0 ' +
      'with √(1−cos²). The bias of TurboQuant-mse grows with the cosine; √d makes it larger still at larger d.',
    x: { label: 'cosine of query and vector', scale: 'linear', ticks: COSINES, min: 0, max: 0.9, format: 'f1' },
    y: { label: '√d · error / (|q| |x|)', scale: 'linear', min: 0, format: 's3' },
    series: [
      ...shown.map(({ name, family, byCosine }) => ({
        name,
        tone: toneOf(family),
        points: byCosine.map(({ cosine, square }) => ({ x: cosine, y: Math.sqrt(square.value) })),
      })),
      {
        name: 'theory of EDEN',
        draw: 'dashed',
        tone: 'muted',
        points: fine.map((x) => ({ x, y: Math.sqrt(variance(eden.theory, x, dim)) })),
      },
    ],
  };
}

function biasPlot({ results }) {
  const widths = [1, 2, 4];
  const families = FAMILIES.filter((family) => family !== 'VQ');
  const slopes = (field) =>
    widths.map((bits) =>
      families.map((family) => {
        const found = results.find((result) => result.family === family && result.options.bits === bits);
        return found ? found.slope[field] : null;
      }),
    );
  const values = slopes('value');
  const errors = slopes('error');
  return {
    type: 'dots',
    title: 'Part of the inner product that is missing or too much, on average',
    caption: 'Slope of the error over the truth, with two standard errors. Only TurboQuant-mse has a bias: −D.',
    value: { label: 'mean error / true inner product', scale: 'linear', format: 'p2' },
    categories: families,
    series: widths.map((bits, i) => ({
      name: bits === 1 ? '1 bit' : `${bits} bits`,
      values: values[i],
      errors: errors[i].map((error) => (error === null ? null : 2 * error)),
    })),
    references: [{ name: 'no bias', value: 0 }],
  };
}

export function plots(measured) {
  return [bytesPlot(measured), cosinePlot(measured), biasPlot(measured)];
}

function summaryTable({ results }) {
  return {
    title: 'Every codec: bytes, vNMSE and errors of inner products',
    caption:
      'Inner products: √d · root mean square error over the mix of cosines; the mean error as a part of the truth; the mean ' +
      'error of the vector that has the largest, in its standard errors.',
    columns: [
      { name: 'codec' },
      { name: 'bytes', format: 'f1' },
      { name: 'vNMSE', format: 's4' },
      { name: 'expectedError', format: 's4' },
      { name: 'inner products', format: 's4' },
      { name: 'mean error', format: 'p3' },
      { name: 'its standard error', format: 'p3' },
      { name: 'largest, in standard errors', format: 'f2' },
    ],
    rows: results.map(({ name, bytes, vnmse, expected, square, slope, bias }) => [
      name,
      bytes,
      vnmse.value,
      expected,
      Math.sqrt(square.value),
      slope.value,
      slope.error,
      bias.sigmas,
    ]),
  };
}

function deviationTable({ results, dim }) {
  return {
    title: '√d times the standard deviation, and theory, by cosine',
    columns: [
      { name: 'codec' },
      ...COSINES.flatMap((cosine) => [
        { name: `cos ${cosine}`, format: 's4' },
        { name: 'theory', format: 's4' },
      ]),
    ],
    rows: results.map(({ name, byCosine, theory }) => [
      name,
      ...byCosine.flatMap(({ cosine, variance: measured }) => [
        Math.sqrt(measured.value),
        Math.sqrt(variance(theory, cosine, dim)),
      ]),
    ]),
  };
}

function coverageTable({ results }) {
  return {
    title: 'Share of estimates within their error bounds',
    caption:
      'A normal error of just the deviation of the bound would be within 1.9 sigmas in 94.26 %, within 2 in 95.45 %. The bound ' +
      'does not know the cosine, so it is wide for vectors near the query.',
    columns: [
      { name: 'codec' },
      ...['1.9', '2'].flatMap((sigmas) =>
        COSINES.map((cosine) => ({ name: `${sigmas} sigmas, cos ${cosine}`, format: 'p2' })),
      ),
    ],
    rows: results.map(({ name, byCosine }) => [
      name,
      ...[0, 1].flatMap((s) => byCosine.map(({ coverage }) => coverage[s].value)),
    ]),
  };
}

export function tables(measured) {
  return [summaryTable(measured), deviationTable(measured), coverageTable(measured)];
}
