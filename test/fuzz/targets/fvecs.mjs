// SPDX-License-Identifier: Apache-2.0
// .fvecs files: each row names its own number of coordinates.
import { openVectors } from '../../../dist/cli/vectors.js';
import { HadaquantFormatError } from '../../../dist/index.js';
import { joined } from '../mutate.mjs';
import { digest, must } from '../outcome.mjs';
import { rowsOf } from '../read-rows.mjs';
import { vectors } from '../samples.mjs';

function fvecs(rows, dim) {
  const parts = Array.from({ length: rows }, (_, i) => [Int32Array.of(dim), vectors(1, dim, i)]).flat();
  return joined(...parts.map((part) => new Uint8Array(part.buffer)));
}

export const target = {
  extension: '.fvecs',
  kernels: false,
  seeds: () => [fvecs(1, 1), fvecs(3, 4), fvecs(2, 9)],
  change(bytes, random, other, mutate) {
    if (!random.oneIn(3)) return mutate(bytes, random, other);
    const file = fvecs(random.below(6), 1 + random.below(20));
    return random.oneIn(2) ? file : mutate(file, random, other);
  },
  allows: (error) => error instanceof HadaquantFormatError,
  async run(bytes, place) {
    const source = await openVectors(place);
    try {
      const { rows, dim } = source;
      const numbers = await rowsOf(source);
      must(bytes.length === rows * 4 * (dim + 1), `${rows} x ${dim} of ${bytes.length} bytes`);
      const kept = Array.from({ length: rows }, (_, i) =>
        bytes.subarray(i * 4 * (dim + 1) + 4, (i + 1) * 4 * (dim + 1)),
      );
      must(digest(numbers) === digest(joined(...kept)), 'the numbers are not those of the file');
      return digest([rows, dim], numbers);
    } finally {
      await source.close();
    }
  },
};
