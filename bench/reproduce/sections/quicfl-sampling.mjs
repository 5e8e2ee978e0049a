// SPDX-License-Identifier: Apache-2.0
/** For section c: QUIC-FL on every input, with what its records take. */
import { Quantizer } from '../../../dist/index.js';
import { INPUT_NAMES, input } from '../inputs.mjs';
import { librarySeed } from '../random.mjs';
import { Mean } from '../stats.mjs';
import { measureUnbiased } from './unbiased-sampling.mjs';

/** Of a record besides codes and outliers, and where in there the number of outliers is (FORMAT.md, section 1). */
const TRAILER_BYTES = 17;
const COUNT_AT = 13;
const OUTLIER_BYTES = 8;

/** Adds the outliers of each record to a mean of each row. */
function countOutliers(records, codeBytes, means) {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let at = 0;
  for (const mean of means) {
    const count = view.getUint32(at + codeBytes + COUNT_AT, true);
    mean.add(count);
    at += codeBytes + TRAILER_BYTES + count * OUTLIER_BYTES;
  }
  if (at !== records.length) throw new Error(`${records.length} bytes of records, ${at} expected`);
}

/**
 * Error, bias and outliers of every input.
 * @returns cells with `outliers` and `outliersError`, parts of all coordinates, and `size`, bits a coordinate of whole records
 */
export function measureQuicfl(dim, bits, rounds, trials, stream, progress) {
  const inputs = INPUT_NAMES.map((name) => ({ name, x: input(name, dim) }));
  const outliers = inputs.map(() => new Mean());
  const inspect = (records) => countOutliers(records, (bits * dim) / 8, outliers);
  const cells = measureUnbiased(inputs, { codec: 'quicfl', bits, rounds }, { trials, stream, inspect }, progress);
  return cells.map((cell, i) => ({
    ...cell,
    outliers: outliers[i].mean / dim,
    outliersError: outliers[i].error / dim,
    size: bits + (8 * (TRAILER_BYTES + OUTLIER_BYTES * outliers[i].mean)) / dim,
  }));
}

/** How many records rounds 'auto' makes that differ from those of one round. */
export function autoDifferences(dim, widths, stream) {
  let different = 0;
  for (const bits of widths) {
    INPUT_NAMES.forEach((name, i) => {
      const seeds = { seed: librarySeed(stream, i), privateSeed: librarySeed(stream, 100 + i) };
      const [one, auto] = [1, 'auto'].map((rounds) =>
        Buffer.from(new Quantizer({ dim, bits, codec: 'quicfl', rounds, ...seeds }).encode(input(name, dim))),
      );
      if (!one.equals(auto)) different++;
    });
  }
  return different;
}
