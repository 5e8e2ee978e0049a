// SPDX-License-Identifier: Apache-2.0
/** Every backend gives the golden vectors, bit for bit. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import {
  type CodecName,
  checkCodec,
  codecPlan,
  defaultScale,
  type Rounds,
  type ScaleRule,
} from '../lib/codec/codec.ts';
import type { GridName } from '../lib/codec/grids.ts';
import { gaussians } from '../lib/gaussian.ts';
import { GradientAggregator, type GradientCodecName, GradientCompressor } from '../lib/gradient/index.ts';
import { fwht, moments, Quantizer, Rotation } from '../lib/index.ts';
import { rowDraw, rowThresholds } from '../lib/js/dither.ts';
import { streamBytes, streamKey } from '../lib/random.ts';
import { forEachBackend } from './backends.ts';
import { readGolden } from './golden/read.ts';
import { bytes, floats } from './golden/reference/inputs.mjs';
import { partsOf, scanJob } from './scan-job.ts';

const plan = (dim: number, bits: number) =>
  codecPlan({ dim, bits, codec: 'eden', grid: null, scale: 'unbiased', rounds: 'auto', seed: 0 });

describe('golden files', () => {
  it('are what their generator makes', () => {
    const script = fileURLToPath(new URL('golden/generate.mjs', import.meta.url));
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});

describe('SplitMix64 streams', () => {
  it.each(readGolden('splitmix').map((g) => [g.title, g] as const))('%s', (_, golden) => {
    const seed = BigInt(golden.text('seed'));
    const stream = golden.number('stream');
    expect(streamKey(seed, stream).toString(16)).toBe(golden.text('key'));
    golden.expect('words', new BigUint64Array(streamBytes(seed, stream, 40).buffer));
  });
});

describe('tables', () => {
  it.each(readGolden('gaussian').map((g) => [g.title, g] as const))('normal numbers %s', (_, golden) => {
    const numbers = gaussians(BigInt(golden.text('seed')), golden.number('stream'), golden.number('count'));
    golden.expect('values', numbers);
  });

  it.each(readGolden('levels').map((g) => [g.title, g] as const))('levels of %s', (_, golden) => {
    const codec = golden.text('codec') as CodecName;
    const grid = codec === 'vq' ? golden.text('grid') : undefined;
    const choice = checkCodec({ dim: golden.number('dim'), bits: golden.number('bits'), codec, grid });
    const seed = codec === 'dithered' ? golden.number('seed') : 0;
    const plan = codecPlan({ ...choice, scale: defaultScale(codec), rounds: 'auto', seed });
    const { alphabet } = plan.sections[0];
    if (alphabet.coding === 'thresholds') {
      golden.expect('levels', alphabet.levels);
      golden.expect('thresholds', alphabet.book.thresholds.slice(0, -1));
    } else if (alphabet.coding === 'nearest') {
      golden.expect('points', alphabet.levels);
      golden.expect('halfnorms', alphabet.offsets.map(Math.abs));
    } else if (alphabet.coding === 'dither' && codec === 'dithered') {
      const draw = rowDraw(plan, golden.number('first'));
      expect(draw.h).toBe(golden.number('draw'));
      golden.expect('thresholds', rowThresholds(alphabet, draw));
      golden.expect('levels', alphabet.levels.slice(draw.h << alphabet.bits, (draw.h + 1) << alphabet.bits));
    } else if (alphabet.coding === 'dither') {
      golden.expect('limit', Float32Array.of(alphabet.limit));
      golden.expect('midpoints', Float32Array.from(alphabet.ramps));
      // the file has the levels in ascending order: by code, then draw
      const { draws, levels, bits } = alphabet;
      golden.expect(
        'levels',
        levels.map((_, i) => levels[((i % draws) << bits) + Math.floor(i / draws)]),
      );
    }
  });
});

forEachBackend('golden vectors', () => {
  it('fwht', () => {
    for (const golden of readGolden('fwht')) {
      const Type = golden.text('type') === 'f32' ? Float32Array : Float64Array;
      const dim = golden.number('dim');
      const x = floats(golden.text('kind'), golden.number('seed'), golden.number('rows'), dim, Type);
      golden.expect('out', fwht(x, { dim, normalize: golden.number('normalize') === 1 }));
    }
  });

  it('rotation', () => {
    for (const golden of readGolden('rotation')) {
      const dim = golden.number('dim');
      const rounds = golden.number('rounds') as 1 | 2 | 3;
      const rotation = new Rotation({ dim, rounds, seed: BigInt(golden.text('seed')) });
      const x = floats(golden.text('kind'), golden.number('input'), golden.number('rows'), dim);
      golden.expect('out', golden.text('direction') === 'apply' ? rotation.apply(x) : rotation.invert(x));
    }
  });

  it('moments', () => {
    for (const golden of readGolden('moments')) {
      const dim = golden.number('dim');
      const rows = golden.number('rows');
      const x = floats(golden.text('kind'), golden.number('input'), rows, dim);
      const out = new Float64Array(6 * rows);
      kernels().moments(x, dim, golden.number('block'), out);
      golden.expect('out', out);
      const { norm, l3, l4, max } = moments(x, dim);
      expect([norm[0], l3[0], l4[0], max[0]]).toEqual([...out.subarray(0, 4)]);
    }
  });

  it('bucketize and lookup', () => {
    for (const golden of readGolden('codes')) {
      const count = golden.number('count');
      const book = plan(1, golden.number('bits'));
      const v = floats(golden.text('kind'), golden.number('input'), 1, count).map((x: number) => 6 * x);
      const codes = new Uint8Array(count);
      kernels().bucketize(book, 0, v, codes);
      golden.expect('codes', codes);
      const levels = new Float32Array(count);
      kernels().lookup(book, 0, codes, levels);
      golden.expect('levels', levels);
    }
  });

  it('pack and unpack', () => {
    for (const golden of readGolden('pack')) {
      const bits = golden.number('bits');
      const count = golden.number('count');
      const codes = bytes(golden.number('input'), count, 2 ** bits - 1);
      const packedBytes = [8, 4, 2, 1].reduce((sum, w) => sum + (bits & w ? Math.ceil((count * w) / 8) : 0), 0);
      const packed = new Uint8Array(packedBytes).fill(0xff);
      kernels().pack(codes, bits, packed);
      golden.expect('packed', packed);
      const back = new Uint8Array(count).fill(0xff);
      kernels().unpack(back, bits, packed);
      expect(back).toEqual(codes);
    }
  });

  it.each(['records', 'codecs'])('%s', (file) => {
    for (const golden of readGolden(file)) {
      const dim = golden.number('dim');
      const rounds = golden.text('rounds');
      const quantizer = new Quantizer({
        dim,
        bits: golden.number('bits'),
        codec: golden.text('codec') as CodecName,
        scale: golden.text('scale') as ScaleRule,
        rounds: (rounds === 'auto' ? rounds : Number(rounds)) as Rounds,
        seed: BigInt(golden.text('seed')),
        privateSeed: BigInt(golden.text('private')),
        ...(golden.text('grid') === '-' ? {} : { grid: golden.text('grid') as GridName }),
      });
      const x = floats(golden.text('kind'), golden.number('input'), golden.number('rows'), dim);
      const codes = quantizer.encode(x, { firstIndex: golden.number('first') });
      golden.expect('record', codes);
      golden.expect('decoded', quantizer.decode(codes));
      golden.expect('products', quantizer.innerProducts(floats('plain', 99, 1, dim), codes));
    }
  });

  it('packets', () => {
    for (const golden of readGolden('packets')) {
      const [length, chunk, first] = ['length', 'chunk', 'client'].map((key) => golden.number(key));
      const [round, input] = [golden.number('round'), golden.number('input')];
      const rounds = golden.text('rounds');
      const aggregator = new GradientAggregator({ length, chunk, round });
      const packets = Array.from({ length: golden.number('senders') }, (_, s) => {
        const compressor = new GradientCompressor({
          length,
          chunk,
          codec: golden.text('codec') as GradientCodecName,
          bits: golden.number('bits'),
          scale: golden.text('scale') as ScaleRule,
          rounds: (rounds === 'auto' ? rounds : Number(rounds)) as Rounds,
          seed: BigInt(golden.text('seed')),
          clientId: first + s,
          privateSeed: BigInt(golden.text('private')) + BigInt(s + first),
        });
        return compressor.compress(floats(golden.text('kind'), input + s, 1, length), { round });
      }).flat();
      golden.expect('packets', new Uint8Array(Buffer.concat(packets)));
      for (const packet of packets) expect(aggregator.add(packet).accepted, golden.title).toBe(true);
      golden.expect('mean', aggregator.mean());
    }
  });

  it('scan', () => {
    for (const golden of readGolden('scan')) {
      const job = scanJob(golden);
      kernels().scan(job);
      golden.expect('found', job.rows);
      golden.expect('keys', job.keys);
    }
  });

  it('scanAsync', async () => {
    for (const golden of readGolden('scan')) {
      const job = scanJob(golden);
      await kernels().scanAsync(job, partsOf(job.lastRow, job.queryBias.length));
      golden.expect('found', job.rows);
      golden.expect('keys', job.keys);
    }
  });

  it('crc32c', () => {
    for (const golden of readGolden('crc32c')) {
      const data = bytes(golden.number('input'), golden.number('length'));
      const split = golden.number('split');
      golden.expect('crc', Uint32Array.of(kernels().crc32c(0, data)));
      const begun = kernels().crc32c(0, data.subarray(0, split));
      golden.expect('crc', Uint32Array.of(kernels().crc32c(begun, data.subarray(split))));
    }
    // the check value of every CRC-32C catalogue
    expect(kernels().crc32c(0, new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});
