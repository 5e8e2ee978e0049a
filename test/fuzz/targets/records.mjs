// SPDX-License-Identifier: Apache-2.0
// Records: the first byte chooses a codec, the others are what its decoder and its estimates get.
import { HadaquantFormatError, Quantizer } from '../../../dist/index.js';
import { joined } from '../mutate.mjs';
import { digest, must } from '../outcome.mjs';
import { CODECS, vectors } from '../samples.mjs';

const quantizers = CODECS.flatMap((options) =>
  [20, 33, 64].map((dim) => new Quantizer({ dim, privateSeed: 5, ...options })),
);

/** What `read` gives; for bytes that are refused the error, which must be the same one wherever they are read. */
function attempt(read) {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
}

/** Decoding does not look at the norm, which only estimates need. */
const onlyItsNorm = (error) => error instanceof HadaquantFormatError && /the norm of record/.test(error.message);

export const target = {
  extension: '.bin',
  kernels: true,
  seeds: () =>
    quantizers.flatMap((q, i) => {
      const rows = vectors(3, q.dim, i);
      rows.fill(0, 0, q.dim);
      rows[q.dim] = 1e4; // an outlier
      const head = Uint8Array.of(i);
      return [joined(head, q.encode(rows)), joined(head, q.encode(rows.subarray(q.dim, 2 * q.dim)))];
    }),
  change: (bytes, random, other, mutate) => mutate(bytes, random, other),
  allows: (error) =>
    error instanceof HadaquantFormatError || (error instanceof RangeError && /^codes must hold/.test(error.message)),
  run(bytes) {
    const q = quantizers[(bytes[0] ?? 0) % quantizers.length];
    const codes = bytes.slice(1);
    const query = vectors(1, q.dim, 99);
    const decoded = attempt(() => q.decode(codes));
    const estimates = ['innerProducts', 'squaredDistances', 'cosines', 'errorBounds'].map((name) => ({
      name,
      ...attempt(() => q[name](query, codes)),
    }));
    for (const { name, error } of estimates) {
      const same = error?.message === decoded.error?.message;
      must(same || (!decoded.error && onlyItsNorm(error)), `${name}: ${error}, decode: ${decoded.error}`);
    }
    if (decoded.error) throw decoded.error;
    must(decoded.value.every(Number.isFinite), 'decoded numbers are not finite');
    for (const { name, value } of estimates) must(!value?.some(Number.isNaN), `${name} gives NaN`);
    must(!estimates[3].value?.some((v) => v < 0), 'a negative error bound');
    return digest(decoded.value, ...estimates.map(({ value, error }) => value ?? error.message));
  },
};
