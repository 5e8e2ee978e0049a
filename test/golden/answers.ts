// SPDX-License-Identifier: Apache-2.0
/** What the library gives for the cases of each golden file. For any runtime, so that each can be held to them. */
import { kernels } from '../../lib/backend.ts';
import {
  type CodecName,
  checkCodec,
  codecPlan,
  defaultScale,
  type Rounds,
  type ScaleRule,
} from '../../lib/codec/codec.ts';
import type { GridName } from '../../lib/codec/grids.ts';
import { gaussians } from '../../lib/gaussian.ts';
import { GradientAggregator, type GradientCodecName, GradientCompressor } from '../../lib/gradient/index.ts';
import { fwht, Quantizer, Rotation } from '../../lib/index.ts';
import { rowDraw, rowThresholds } from '../../lib/js/dither.ts';
import { streamBytes, streamKey } from '../../lib/random.ts';
import { partsOf, scanJob } from '../scan-job.ts';
import type { Answer, GoldenCase } from './golden-case.ts';
import { bytes, floats } from './reference/inputs.mjs';

const roundsOf = (golden: GoldenCase): Rounds => {
  const text = golden.text('rounds');
  return (text === 'auto' ? text : Number(text)) as Rounds;
};

function levels(golden: GoldenCase): Answer[] {
  const codec = golden.text('codec') as CodecName;
  const grid = codec === 'vq' ? golden.text('grid') : undefined;
  const choice = checkCodec({ dim: golden.number('dim'), bits: golden.number('bits'), codec, grid });
  const seed = codec === 'dithered' ? golden.number('seed') : 0;
  const plan = codecPlan({ ...choice, scale: defaultScale(codec), rounds: 'auto', seed });
  const { alphabet } = plan.sections[0];
  if (alphabet.coding === 'thresholds') {
    return [
      ['levels', alphabet.levels],
      ['thresholds', alphabet.book.thresholds.slice(0, -1)],
    ];
  }
  if (alphabet.coding === 'nearest') {
    return [
      ['points', alphabet.levels],
      ['halfnorms', alphabet.offsets.map(Math.abs)],
    ];
  }
  if (alphabet.coding !== 'dither') return [];
  if (codec === 'dithered') {
    const draw = rowDraw(plan, golden.number('first'));
    return [
      ['draw', String(draw.h)],
      ['thresholds', rowThresholds(alphabet, draw)],
      ['levels', alphabet.levels.slice(draw.h << alphabet.bits, (draw.h + 1) << alphabet.bits)],
    ];
  }
  // the file has the levels in ascending order: by code, then draw
  const { draws, bits, levels } = alphabet;
  return [
    ['limit', Float32Array.of(alphabet.limit)],
    ['midpoints', Float32Array.from(alphabet.ramps)],
    ['levels', levels.map((_, i) => levels[((i % draws) << bits) + Math.floor(i / draws)])],
  ];
}

/** Files whose answers no backend has a part in. */
export const TABLES: Record<string, (golden: GoldenCase) => Answer[]> = {
  splitmix: (golden) => {
    const seed = BigInt(golden.text('seed'));
    const stream = golden.number('stream');
    return [
      ['key', streamKey(seed, stream).toString(16)],
      ['words', new BigUint64Array(streamBytes(seed, stream, 40).buffer)],
    ];
  },
  gaussian: (golden) => [
    ['values', gaussians(BigInt(golden.text('seed')), golden.number('stream'), golden.number('count'))],
  ],
  levels,
};

function records(golden: GoldenCase): Answer[] {
  const dim = golden.number('dim');
  const quantizer = new Quantizer({
    dim,
    bits: golden.number('bits'),
    codec: golden.text('codec') as CodecName,
    scale: golden.text('scale') as ScaleRule,
    rounds: roundsOf(golden),
    seed: BigInt(golden.text('seed')),
    privateSeed: BigInt(golden.text('private')),
    ...(golden.text('grid') === '-' ? {} : { grid: golden.text('grid') as GridName }),
  });
  const x = floats(golden.text('kind'), golden.number('input'), golden.number('rows'), dim);
  const codes = quantizer.encode(x, { firstIndex: golden.number('first') });
  return [
    ['record', codes],
    ['decoded', quantizer.decode(codes)],
    ['products', quantizer.innerProducts(floats('plain', 99, 1, dim), codes)],
  ];
}

function packets(golden: GoldenCase): Answer[] {
  const [length, chunk, first] = ['length', 'chunk', 'client'].map((key) => golden.number(key));
  const [round, input] = [golden.number('round'), golden.number('input')];
  const aggregator = new GradientAggregator({ length, chunk, round });
  const sent = Array.from({ length: golden.number('senders') }, (_, s) => {
    const compressor = new GradientCompressor({
      length,
      chunk,
      codec: golden.text('codec') as GradientCodecName,
      bits: golden.number('bits'),
      scale: golden.text('scale') as ScaleRule,
      rounds: roundsOf(golden),
      seed: BigInt(golden.text('seed')),
      clientId: first + s,
      privateSeed: BigInt(golden.text('private')) + BigInt(s + first),
    });
    return compressor.compress(floats(golden.text('kind'), input + s, 1, length), { round });
  }).flat();
  const all = new Uint8Array(sent.reduce((sum, packet) => sum + packet.length, 0));
  let at = 0;
  for (const packet of sent) {
    all.set(packet, at);
    at += packet.length;
    if (!aggregator.add(packet).accepted) throw new Error(`a packet was refused: ${golden.title}`);
  }
  return [
    ['packets', all],
    ['mean', aggregator.mean()],
  ];
}

/** Files whose answers the backend in use gives. */
export const KERNELS: Record<string, (golden: GoldenCase) => Answer[] | Promise<Answer[]>> = {
  fwht: (golden) => {
    const Type = golden.text('type') === 'f32' ? Float32Array : Float64Array;
    const dim = golden.number('dim');
    const x = floats(golden.text('kind'), golden.number('seed'), golden.number('rows'), dim, Type);
    return [['out', fwht(x, { dim, normalize: golden.number('normalize') === 1 })]];
  },
  rotation: (golden) => {
    const dim = golden.number('dim');
    const rounds = golden.number('rounds') as 1 | 2 | 3;
    const rotation = new Rotation({ dim, rounds, seed: BigInt(golden.text('seed')) });
    const x = floats(golden.text('kind'), golden.number('input'), golden.number('rows'), dim);
    return [['out', golden.text('direction') === 'apply' ? rotation.apply(x) : rotation.invert(x)]];
  },
  moments: (golden) => {
    const [dim, rows] = [golden.number('dim'), golden.number('rows')];
    const out = new Float64Array(6 * rows);
    const x = floats(golden.text('kind'), golden.number('input'), rows, dim);
    kernels().moments(x, dim, golden.number('block'), out);
    return [['out', out]];
  },
  codes: (golden) => {
    const count = golden.number('count');
    const bits = golden.number('bits');
    const plan = codecPlan({ dim: 1, bits, codec: 'eden', grid: null, scale: 'unbiased', rounds: 'auto', seed: 0 });
    const v = floats(golden.text('kind'), golden.number('input'), 1, count).map((x: number) => 6 * x);
    const codes = new Uint8Array(count);
    kernels().bucketize(plan, 0, v, codes);
    const levels = new Float32Array(count);
    kernels().lookup(plan, 0, codes, levels);
    return [
      ['codes', codes],
      ['levels', levels],
    ];
  },
  pack: (golden) => {
    const bits = golden.number('bits');
    const count = golden.number('count');
    const codes = bytes(golden.number('input'), count, 2 ** bits - 1);
    const packedBytes = [8, 4, 2, 1].reduce((sum, w) => sum + (bits & w ? Math.ceil((count * w) / 8) : 0), 0);
    const packed = new Uint8Array(packedBytes).fill(0xff);
    kernels().pack(codes, bits, packed);
    return [['packed', packed]];
  },
  records,
  codecs: records,
  packets,
  scan: async (golden) => {
    const job = scanJob(golden);
    kernels().scan(job);
    const shared = scanJob(golden);
    await kernels().scanAsync(shared, partsOf(shared.lastRow, shared.queryBias.length));
    return [job, shared].flatMap(({ rows, keys }): Answer[] => [
      ['found', rows],
      ['keys', keys],
    ]);
  },
  crc32c: (golden) => {
    const data = bytes(golden.number('input'), golden.number('length'));
    const split = golden.number('split');
    const begun = kernels().crc32c(0, data.subarray(0, split));
    return [
      ['crc', Uint32Array.of(kernels().crc32c(0, data))],
      ['crc', Uint32Array.of(kernels().crc32c(begun, data.subarray(split)))],
    ];
  },
};
