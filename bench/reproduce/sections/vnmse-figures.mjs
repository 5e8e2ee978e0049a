// SPDX-License-Identifier: Apache-2.0
/** For section b: its charts and tables. */

/** Below this an error is rounding of float32: there is no share to speak of. */
const NOTHING = 1e-9;

const rhts = (rounds) => (rounds === 1 ? '1 RHT' : `${rounds} RHTs`);
const name = (bits) => (bits === 1 ? 'DRIVE' : `EDEN, ${bits} bits`);

/** The part of the error that averaging over seeds does not remove. */
export function biasShare({ error, bias }) {
  return error > NOTHING ? bias / error : null;
}

/** vNMSE of each input, one dot for each number of rounds. */
export function errorPlot({ names, at, limits }, bits, caption) {
  const series = [1, 2, 3].map((rounds) => {
    const cells = at({ bits, scale: 'unbiased', rounds });
    return { name: rhts(rounds), values: cells.map((c) => c.error), errors: cells.map((c) => 2 * c.errorSigma) };
  });
  return {
    type: 'dots',
    title: `vNMSE of ${name(bits)} for each input`,
    caption,
    value: { label: 'vNMSE', scale: 'linear', min: 0, format: 's3' },
    categories: names,
    series,
    references: [{ name: 'uniform rotation: D/(1−D)', value: limits.unbiased[bits] }],
  };
}

export function biasPlot({ names, at }) {
  return {
    type: 'dots',
    title: 'DRIVE: the part of the vNMSE that is bias',
    caption:
      'Unbiased scale. With one RHT the error of some inputs is the same for every seed, so averaging over many senders ' +
      'does not help. Two remove that.',
    value: { label: 'squared bias / vNMSE', scale: 'linear', format: 'p1' },
    categories: names,
    series: [1, 2, 3].map((rounds) => ({
      name: rhts(rounds),
      values: at({ bits: 1, scale: 'unbiased', rounds }).map(biasShare),
    })),
    references: [],
  };
}

/** @param sweep list of { dim, at } @param excess cells => the worst relative excess with its error */
export function sweepPlot(sweep, bits, excess) {
  const points = (rounds) =>
    sweep.map(({ dim, at }) => {
      const { value, error } = excess(at({ bits, scale: 'unbiased', rounds }), bits);
      return { x: dim, y: value, low: value - 2 * error, high: value + 2 * error };
    });
  const first = points(2)[0];
  return {
    type: 'line',
    title: `${name(bits)}: how far the worst input is from D/(1−D)`,
    caption: 'Relative deviation, above or below, with two standard errors. One RHT stays where it is.',
    x: { label: 'd', scale: 'log', ticks: [64, 256, 1024, 4096, 16384], format: 'd' },
    y: { label: '|vNMSE · (1−D)/D − 1|', scale: 'log', format: 's2' },
    series: [1, 2, 3].map((rounds) => ({ name: rhts(rounds), points: points(rounds) })),
    references: [{ name: '1/√d', x: first.x, y: 1.6 * first.y, slope: -0.5 }],
  };
}

const WIDTHS = [1, 2, 4];
const ROUNDS = [1, 2, 3];
const FORMATS = { 1: 'f4', 2: 'f4', 4: 'f5' };

/** A row for each input and one for the uniform rotation, a column for each width and number of rounds. */
function cellTable({ names, at, uniform }, scale, value, format, title, caption) {
  const columns = WIDTHS.flatMap((bits) => ROUNDS.map((rounds) => ({ bits, rounds })));
  const cells = columns.map(({ bits, rounds }) => at({ bits, scale, rounds }));
  const rotations = columns.map(({ bits }) => uniform({ bits, scale }));
  return {
    title,
    caption,
    columns: [
      { name: 'input' },
      ...columns.map(({ bits, rounds }) => ({ name: `b = ${bits}, ${rhts(rounds)}`, format: format ?? FORMATS[bits] })),
    ],
    rows: [
      ...names.map((input, r) => [input, ...cells.map((row) => value(row[r]))]),
      ...rotations[0].map((_, r) => [
        `uniform rotation of ${rotations[0][r].name}`,
        ...columns.map(({ rounds }, c) => (rounds === 1 ? value(rotations[c][r]) : null)),
      ]),
    ],
  };
}

export function tables(measured, dim) {
  const error = (cell) => cell.error;
  return [
    cellTable(
      measured,
      'unbiased',
      error,
      undefined,
      `vNMSE at d = ${dim}, unbiased scale`,
      'The rotation that is uniform has no rounds; its numbers stand in the first column of each width.',
    ),
    cellTable(
      measured,
      'unbiased',
      biasShare,
      'p2',
      `Squared bias as a part of the vNMSE, unbiased scale`,
      'Estimated without the bias of noise, so it can come out a little below 0. A dash: there is no error.',
    ),
    cellTable(
      measured,
      'mse',
      error,
      undefined,
      `vNMSE at d = ${dim}, scale 'mse'`,
      'The scale that brings each vector nearest. Expected: D.',
    ),
    cellTable(
      measured,
      'mse',
      biasShare,
      'p2',
      `Squared bias as a part of the vNMSE, scale 'mse'`,
      'Every vector comes out short by the factor 1 − D, so the squared bias is D² and its part D.',
    ),
  ];
}
