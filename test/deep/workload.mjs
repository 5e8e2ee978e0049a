// SPDX-License-Identifier: Apache-2.0
/** Encodes the same rows with many settings, on any runtime: each must give the same bytes. */

/** Rows by a rule: sums of four uniform numbers of xorshift32, with a few large and a few zero coordinates. */
function rowsOf(count, dim, seed) {
  let state = seed >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  return Float32Array.from({ length: count * dim }, (_, i) => {
    const v = next() + next() + next() + next();
    return i % 97 === 5 ? 8 * v : i % 31 === 3 ? 0 : v;
  });
}

/** Codecs beside eden, and the widths (for vq: grids) to try. turboquant-prod takes dim^2 steps a vector. */
function otherCodecs(dim) {
  const of = (codec, widths, more = {}) => widths.map((bits) => ({ codec, bits, ...more }));
  return [
    ...of('drive', [1]),
    ...of('quicfl', [1, 2, 4, 6], { privateSeed: 11 }),
    ...of('dithered', [1, 2, 4, 7, 8]),
    ...of('turboquant-mse', dim < 64 ? [1, 3, 8] : [3]),
    ...of('turboquant-prod', dim <= 300 ? [2, 4] : []),
    ...of('uniform', [1, 2, 4, 7, 8]),
    ...of('vq', [1, 2, 4]),
    ...of('vq', [2], { grid: '2x16' }),
  ];
}

const DIMS = [1, 3, 7, 12, 20, 28, 33, 64, 96, 100, 128, 300, 384, 513, 768, 1000, 1536, 4096];
const BITS = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8];

const GRADIENT_CODECS = [
  ['eden', 1],
  ['eden', 1.5],
  ['eden', 4],
  ['drive', 1],
  ['quicfl', 2],
  ['dithered', 4],
];

/**
 * @param library what hadaquant and hadaquant/gradient export
 * @param {(name: string, ...views: ArrayBufferView[]) => unknown} print is given the bytes of each case
 * @param {(index: any) => Uint8Array | Promise<Uint8Array>} fileOf the bytes of an index's file
 */
export async function workload(library, print, fileOf) {
  const { FlatIndex, fwht, moments, Quantizer, Rotation, GradientAggregator, GradientCompressor } = library;
  for (const dim of [1, 2, 8, 32, 256, 4096, 65536]) {
    const x = rowsOf(2, dim, dim);
    await print(`fwht f32 ${dim}`, fwht(x.slice(), { dim, normalize: true }));
    await print(`fwht f64 ${dim}`, fwht(Float64Array.from(x), { dim, normalize: true }));
  }
  for (const dim of DIMS) {
    const x = rowsOf(9, dim, 1000 + dim);
    const rotation = new Rotation({ dim, rounds: 3, seed: 42 });
    await print(`rotation ${dim}`, rotation.apply(x), rotation.invert(x));
    const { norm, l3, l4, max } = moments(x, dim);
    await print(`moments ${dim}`, norm, l3, l4, max);
    const eden = BITS.flatMap((bits) => ['unbiased', 'mse'].map((scale) => ({ codec: 'eden', bits, scale })));
    for (const options of [...eden, ...otherCodecs(dim)]) {
      const quantizer = new Quantizer({ dim, ...options, seed: 7 });
      const codes = quantizer.encode(x, { firstIndex: 5 });
      const query = x.subarray(0, dim);
      await print(
        Object.values({ codec: options.codec, dim, ...options }).join(' '),
        codes,
        quantizer.decode(codes),
        quantizer.innerProducts(query, codes),
        quantizer.squaredDistances(query, codes),
        quantizer.cosines(query, codes),
        quantizer.errorBounds(query, codes),
      );
    }
  }

  for (const [codec, bits] of GRADIENT_CODECS) {
    const length = 5000;
    const chunk = 2048;
    for (const errorFeedback of [false, true]) {
      const aggregator = new GradientAggregator({ length, chunk, round: 1 });
      const sent = [1, 2, 3].flatMap((clientId) => {
        const options = { length, codec, bits, chunk, clientId, seed: 5, privateSeed: clientId, errorFeedback };
        const compressor = new GradientCompressor(options);
        compressor.compress(rowsOf(1, length, clientId), { round: 0 });
        return compressor.compress(rowsOf(1, length, 10 + clientId), { round: 1 });
      });
      for (const packet of sent) if (!aggregator.add(packet).accepted) throw new Error('a packet was refused');
      await print(`gradient ${codec} ${bits} ${errorFeedback ? 'feedback' : 'plain'}`, ...sent, aggregator.mean());
    }
  }

  for (const dim of [7, 100, 128, 512]) {
    for (const metric of ['cosine', 'ip', 'l2']) {
      const others = otherCodecs(dim).filter(({ codec }) => codec !== 'quicfl');
      for (const options of [...BITS.map((bits) => ({ codec: 'eden', bits })), ...others]) {
        const index = new FlatIndex({ dim, ...options, metric, center: 'mean', seed: 3 });
        index.add(rowsOf(70, dim, 5 * dim));
        const { ids, scores, certain } = index.search(rowsOf(5, dim, 9 * dim), { k: 12, certify: true, sigmas: 1 });
        const name = `index ${metric} ${Object.values({ ...options, dim }).join(' ')}`;
        await print(name, await fileOf(index), ids, scores, certain);
      }
    }
  }
}
