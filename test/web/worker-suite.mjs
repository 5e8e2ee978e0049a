// SPDX-License-Identifier: Apache-2.0
/** The suite as an edge worker: a request runs it. */
import { FlatIndex, Quantizer } from 'hadaquant';
import { GradientCompressor } from 'hadaquant/gradient';
import { runSuite } from './suite.mjs';

// before any request there are no random numbers and no timers: these must not need them
const early = [
  new Quantizer({ dim: 8, bits: 4 }).encode(new Float32Array(8).fill(1)),
  new FlatIndex({ dim: 8, bits: 4 }).toBytes(),
  new GradientCompressor({ length: 8, codec: 'dithered', bits: 4 }).compress(new Float32Array(8), { round: 0 })[0],
];

export default {
  async fetch() {
    try {
      if (early.some((bytes) => !bytes.length)) throw new Error('nothing was made before the first request');
      return Response.json(await runSuite());
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
