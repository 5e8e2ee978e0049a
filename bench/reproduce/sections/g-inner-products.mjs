// SPDX-License-Identifier: Apache-2.0
/** Errors of estimated inner products: every codec against theory, EDEN against TurboQuant, and the error bounds. */
import { formatNumber } from '../page/format.mjs';
import { claims } from './products-claims.mjs';
import { plots, tables } from './products-figures.mjs';
import { hardClaims, hardPlot, hardTable, LARGE, measureHard, SIZES } from './products-hard.mjs';
import { COSINES, measureProducts, SETUPS } from './products-sampling.mjs';
import { summarize } from './products-summary.mjs';
import { law } from './products-theory.mjs';

export const id = 'g';
export const title = 'Inner products from codes';

const DIM = 512;
const STREAM = 700;

export function run({ quick, progress }) {
  const seeds = quick ? 100 : 1600;
  const { cells, products, expected } = measureProducts(DIM, seeds, STREAM, (part) =>
    progress(0.88 * part, 'all codecs'),
  );
  const hard = measureHard(DIM, quick ? 60 : 800, STREAM + 1, (part) => progress(0.88 + 0.12 * part, 'small parts'));
  const results = SETUPS.map((setup, s) => ({
    ...setup,
    expected: expected[s],
    theory: law(setup.options, expected[s]),
    ...summarize(cells[s], products, DIM),
  }));
  const measured = { results, dim: DIM };
  return {
    intro: [
      'The inner product of a query with a vector is estimated from the codes of the vector alone (`innerProducts`). ' +
        'After a random rotation the error of a code is a vector of random direction, so its product with a query of ' +
        'length |q| is about normal, with a standard deviation in proportion to |q| |x| / √d. Errors here are divided by ' +
        '|q| |x|, and multiplied by √d where it says so.',
      `One query and ${products.length} vectors at cosines of ${COSINES.join(', ')} to it, with parts across the query that ` +
        `are dense, sparse and heavy-tailed; d = ${DIM}, ${formatNumber(seeds, 'd')} rotations. ${SETUPS.length} codecs and ` +
        'widths, each in its default setting except as noted.',
      'No theorem on coordinates or on the vNMSE after RHTs promises the same for every query: the error of a code need not ' +
        `have all directions alike. So the last claims look for the worst: ${LARGE.length} inputs, most of them hard, to which ` +
        `a small part along the query is added, of ${SIZES.length} lengths up to ${SIZES.at(-1)}/√d.`,
    ],
    claims: [...claims(measured), ...hardClaims(hard)],
    plots: [...plots(measured), hardPlot(hard, DIM)],
    tables: [...tables(measured), hardTable(hard, 'auto'), hardTable(hard, 3)],
    notes: [
      'QUIC-FL and dithered are measured with two RHTs. They take one for any input by default; sparse vectors then have ' +
        'smaller errors than theory says for Gaussian coordinates.',
      'The offset of the dithered codec is one for a whole vector. It stretches the vector by a random factor, right on ' +
        'average, whose part of the error is in proportion to the cosine and does not fall with d. At one bit it is most of ' +
        'the error; from three bits on it hardly counts.',
      'For queries that are orthogonal to a vector TurboQuant-mse has smaller errors than EDEN, by the factor 1 − D: it ' +
        'estimates everything too small. Order by inner product within one collection does not see a factor that all ' +
        'vectors share.',
      'The codes of uniform are scanned for the best step of each vector, which at 6 and 8 bits finds much better ones than ' +
        'the step that is best for d → ∞, so `expectedError` is too large there.',
      'Vectors of one seed share its rotation; standard errors are over seeds.',
    ],
  };
}
