// SPDX-License-Identifier: Apache-2.0
/** The library with what browsers and edge workers give it, in Node; test/deep/web.mjs has the real ones. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { requireLittleEndian } from '../lib/check.ts';
import { backend, FlatIndex, HadaquantUnsupportedError, Quantizer } from '../lib/index.ts';
import { platform } from '../lib/platform/web.ts';
import { normals } from './search/vectors.ts';

vi.mock('../lib/platform/node.ts', () => import('../lib/platform/web.ts'));

const DIM = 48;
const x = normals(31, 300, DIM);

afterEach(() => vi.unstubAllGlobals());

describe('on the platform of the web', () => {
  it('WebAssembly does the work, whatever the environment asks for', () => {
    expect(backend).toEqual({ name: 'wasm', isa: 'simd128', reason: 'no native addon on this platform' });
    expect(platform.setting('PATH')).toBeUndefined();
  });

  it('files are refused, and bytes do instead', async () => {
    const index = new FlatIndex({ dim: DIM, bits: 4 });
    await index.addAsync(x);
    const error = new HadaquantUnsupportedError('there are no files on this platform: use toBytes and fromBytes');
    await expect(index.save('index.hq')).rejects.toThrow(error);
    await expect(FlatIndex.open('index.hq')).rejects.toThrow(error);
    expect(await FlatIndex.open('index.hq').catch((reason: Error) => reason.name)).toBe('HadaquantUnsupportedError');
    const copy = FlatIndex.fromBytes(index.toBytes());
    expect(await copy.searchAsync(x.subarray(0, DIM), { k: 3 })).toEqual(index.search(x.subarray(0, DIM), { k: 3 }));
  });

  it.each([true, false])('asynchronous work lets others have a turn (MessageChannel: %s)', async (channel) => {
    if (!channel) vi.stubGlobal('MessageChannel', undefined);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const quantizer = new Quantizer({ dim: DIM, bits: 2 });
    const many = normals(32, 15_000, DIM);
    expect(await quantizer.encodeAsync(many)).toEqual(quantizer.encode(many));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});

describe('the byte order of the machine', () => {
  it('must be little-endian', () => {
    expect(() => requireLittleEndian()).not.toThrow();
    expect(() => requireLittleEndian(Uint8Array.of(0, 1))).toThrow(HadaquantUnsupportedError);
  });
});
