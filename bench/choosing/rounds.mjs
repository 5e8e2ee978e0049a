// SPDX-License-Identifier: Apache-2.0
/** Error after 1, 2, 3 or 'auto' rounds on inputs that are hard on Hadamard transforms. */
import { INPUT_NAMES } from '../reproduce/inputs.mjs';
import { measureQuantizers } from '../reproduce/sections/vnmse-sampling.mjs';

export const id = 'rounds';
export const title = 'rounds';

const DIM = 1024;
const TRIALS = 500;
/** Of library seeds, as in bench/reproduce. */
const STREAM = 3010;
const ROUNDS = [1, 2, 3, 'auto'];
const CODECS = [
  { codec: 'eden', bits: 1 },
  { codec: 'eden', bits: 2 },
  { codec: 'eden', bits: 4 },
  { codec: 'vq', bits: 1 },
  { codec: 'vq', bits: 2 },
  { codec: 'vq', bits: 4 },
  { codec: 'dithered', bits: 4 },
];
const PANELS = [
  { codec: 'eden', bits: 1 },
  { codec: 'vq', bits: 4 },
];
const DRAWN = ['e0 + 0.9 e5', 'e0 + e1', 'first 4', 'first 8', 'every 8th', '1/i', 'sparse gradient', 'gaussian'];

const GAUSSIAN = INPUT_NAMES.indexOf('gaussian');

/** Of each input: NMSE over that of the Gaussian one, and the share of it that is the same for every rotation (bias). */
function summary({ codec, bits, rounds }, cells) {
  const gaussian = cells[GAUSSIAN].error;
  const ratios = cells.map(({ error }) => error / gaussian);
  const biases = cells.map(({ error, bias }) => (error > 0 ? Math.max(0, bias / error) : 0));
  const worst = ratios.indexOf(Math.max(...ratios));
  return {
    codec,
    bits,
    rounds,
    gaussian,
    worst: { input: INPUT_NAMES[worst], ratio: ratios[worst] },
    ratios: ratios.map((ratio) => Number(ratio.toFixed(4))),
    biases: biases.map((share) => Number(share.toFixed(4))),
  };
}

export function run(progress) {
  const setups = CODECS.flatMap((codec) => ROUNDS.map((rounds) => ({ ...codec, rounds })));
  const results = measureQuantizers(INPUT_NAMES, DIM, setups, TRIALS, STREAM, (part) => progress(part, 'inputs'));
  const cells = setups.map((setup, i) => summary(setup, results[i]));
  return {
    numbers: { dim: DIM, trials: TRIALS, inputs: INPUT_NAMES, cells },
    figures: [figure(cells)],
  };
}

function panel(cells, { codec, bits }) {
  return {
    type: 'dots',
    title: `${codec}, ${bits} bit${bits === 1 ? '' : 's'}: error relative to a Gaussian vector`,
    caption: 'NMSE of each input after 1, 2, 3 and auto rounds, divided by that of a Gaussian vector.',
    value: { label: 'error / error of a Gaussian vector', scale: 'linear', min: 0, format: 'f2' },
    categories: DRAWN,
    series: ROUNDS.map((rounds) => {
      const cell = cells.find((c) => c.codec === codec && c.bits === bits && c.rounds === rounds);
      const name = rounds === 'auto' ? "'auto'" : `${rounds} round${rounds === 1 ? '' : 's'}`;
      return { name, values: DRAWN.map((input) => cell.ratios[INPUT_NAMES.indexOf(input)]) };
    }),
    references: [{ name: '1', value: 1 }],
  };
}

function figure(cells) {
  return { name: 'rounds', plots: PANELS.map((wanted) => panel(cells, wanted)) };
}
