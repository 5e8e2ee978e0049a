// SPDX-License-Identifier: Apache-2.0
/** Every backend gives the golden vectors, bit for bit. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import { type CodecName, codecPlan, type Rounds, type ScaleRule } from '../lib/codec/codec.ts';
import { fwht, moments, Quantizer, Rotation } from '../lib/index.ts';
import { streamBytes, streamKey } from '../lib/random.ts';
import { forEachBackend } from './backends.ts';
import { readGolden } from './golden/read.ts';
import { bytes, floats } from './golden/reference/inputs.mjs';
import { scanJob } from './scan-job.ts';

const plan = (dim: number, bits: number) =>
  codecPlan({ dim, bits, codec: 'eden', scale: 'unbiased', rounds: 'auto', seed: 0 });

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
      const { norm, l3, l4, max } = moments(floats(golden.text('kind'), golden.number('input'), rows, dim), dim);
      const columns = [norm, l3, l4, max];
      golden.expect(
        'out',
        Float64Array.from({ length: 4 * rows }, (_, i) => columns[i % 4][Math.floor(i / 4)]),
      );
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

  it('records', () => {
    for (const golden of readGolden('records')) {
      const dim = golden.number('dim');
      const rounds = golden.text('rounds');
      const quantizer = new Quantizer({
        dim,
        bits: golden.number('bits'),
        codec: golden.text('codec') as CodecName,
        scale: golden.text('scale') as ScaleRule,
        rounds: (rounds === 'auto' ? rounds : Number(rounds)) as Rounds,
        seed: BigInt(golden.text('seed')),
      });
      const x = floats(golden.text('kind'), golden.number('input'), golden.number('rows'), dim);
      const codes = quantizer.encode(x);
      golden.expect('record', codes);
      golden.expect('decoded', quantizer.decode(codes));
      golden.expect('products', quantizer.innerProducts(floats('plain', 99, 1, dim), codes));
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
      await kernels().scanAsync(job);
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
