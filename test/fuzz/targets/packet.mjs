// SPDX-License-Identifier: Apache-2.0
// Gradient packets, as an aggregator gets them from anyone.

import { GradientAggregator, GradientCompressor, packetInfo } from '../../../dist/gradient/index.js';
import { HadaquantFormatError } from '../../../dist/index.js';
import { digest, must } from '../outcome.mjs';
import { CODECS, vectors } from '../samples.mjs';
import { sealed } from '../seal.mjs';

const SHAPE = { length: 40, chunk: 24 };
const GRADIENT_CODECS = ['eden', 'drive', 'quicfl', 'dithered'];
/** Where the numbers of a packet's header stand (FORMAT.md, section 3). */
const FIELDS = {
  version: 4,
  codec: 5,
  bits: 8,
  clientId: 12,
  round: 16,
  length: 24,
  first: 32,
  count: 40,
  chunk: 44,
  seed: 48,
};

function packetsOf(options, clientId) {
  const compressor = new GradientCompressor({ ...SHAPE, ...options, clientId, seed: 3, privateSeed: 4 });
  return compressor.compress(vectors(1, SHAPE.length, clientId), { round: 0 });
}

const OPTIONS = [...CODECS.filter(({ codec }) => GRADIENT_CODECS.includes(codec)), { codec: 'f32' }];
/** What has come before: a sum of decoded rows, and one before the inverse rotation. */
const BEFORE = [...packetsOf({ codec: 'eden', bits: 4 }, 1), ...packetsOf({ codec: 'dithered', bits: 4 }, 2)];

export const target = {
  extension: '.bin',
  kernels: true,
  seeds: () => OPTIONS.flatMap((options) => packetsOf(options, 7)),
  change(bytes, random, other, mutate) {
    let changed = mutate(bytes, random, other);
    if (random.oneIn(4) && changed.length >= 64) changed = withField(changed, random);
    if (changed.length < 64 || random.oneIn(6)) return changed;
    if (random.oneIn(2)) new DataView(changed.buffer).setUint32(56, changed.length - 64, true);
    return sealed(changed);
  },
  allows: (error) => error instanceof HadaquantFormatError,
  async run(bytes) {
    const [now, later] = [0, 1].map(() => new GradientAggregator(SHAPE));
    for (const aggregator of [now, later]) for (const packet of BEFORE) aggregator.add(packet);
    const results = [now.add(bytes), now.add(bytes)];
    must(digest(await later.addAsync([bytes, bytes])) === digest(results), 'addAsync does not do what add does');
    must(!results[1].accepted, 'a packet is taken twice');
    must(!results[0].accepted || results[1].reason === 'duplicate', 'the second time it is no duplicate');
    const mean = now.mean();
    must(mean.every(Number.isFinite), 'the mean is not finite');
    must(digest(later.mean()) === digest(mean), 'the mean differs after addAsync');
    const before = new GradientAggregator(SHAPE);
    for (const packet of BEFORE) before.add(packet);
    must(results[0].accepted || digest(before.mean()) === digest(mean), 'a refused packet changed the mean');
    return digest(packetInfo(bytes), results[0], mean, now.counts());
  },
};

/** One number of the header becomes one that it can have, or one beside it. */
function withField(packet, random) {
  const view = new DataView(packet.buffer);
  const name = random.pick(Object.keys(FIELDS));
  const at = FIELDS[name];
  if (name === 'version' || name === 'codec') view.setUint8(at, random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255]));
  else if (name === 'bits')
    view.setFloat32(at, random.pick([0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 32, 9, 0, Number.NaN]), true);
  else if (name === 'clientId' || name === 'count' || name === 'chunk')
    view.setUint32(at, random.pick([0, 1, 2, 16, 24, 40, 2 ** 18]), true);
  else view.setBigUint64(at, random.pick([0n, 1n, 16n, 24n, 40n, 2n ** 53n, 2n ** 64n - 1n]), true);
  return packet;
}
