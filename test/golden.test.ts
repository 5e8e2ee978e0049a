// SPDX-License-Identifier: Apache-2.0
/** Every backend gives the golden vectors, bit for bit. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import { moments } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { KERNELS, TABLES } from './golden/answers.ts';
import { expectGolden, readGolden } from './golden/read.ts';
import { bytes, floats } from './golden/reference/inputs.mjs';

describe('golden files', () => {
  it('are what their generator makes', () => {
    const script = fileURLToPath(new URL('golden/generate.mjs', import.meta.url));
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});

describe.each(Object.keys(TABLES))('tables: %s', (file) => {
  it.each(readGolden(file).map((golden) => [golden.title, golden] as const))('%s', (_, golden) => {
    const answers = TABLES[file](golden);
    expect(answers.length).toBeGreaterThan(0);
    expectGolden(golden, answers);
  });
});

forEachBackend('golden vectors', () => {
  it.each(Object.keys(KERNELS))('%s', async (file) => {
    for (const golden of readGolden(file)) expectGolden(golden, await KERNELS[file](golden));
  });

  it('moments, as the public function gives them', () => {
    for (const golden of readGolden('moments')) {
      const [dim, rows] = [golden.number('dim'), golden.number('rows')];
      const x = floats(golden.text('kind'), golden.number('input'), rows, dim);
      const out = new Float64Array(6 * rows);
      kernels().moments(x, dim, golden.number('block'), out);
      const { norm, l3, l4, max } = moments(x, dim);
      expect([norm[0], l3[0], l4[0], max[0]]).toEqual([...out.subarray(0, 4)]);
    }
  });

  it('unpack undoes pack', () => {
    for (const golden of readGolden('pack')) {
      const [bits, count] = [golden.number('bits'), golden.number('count')];
      const codes = bytes(golden.number('input'), count, 2 ** bits - 1);
      const packed = new Uint8Array([8, 4, 2, 1].reduce((n, w) => n + (bits & w ? Math.ceil((count * w) / 8) : 0), 0));
      kernels().pack(codes, bits, packed);
      const back = new Uint8Array(count).fill(0xff);
      kernels().unpack(back, bits, packed);
      expect(back).toEqual(codes);
    }
  });

  it('crc32c gives the check value of every CRC-32C catalogue', () => {
    expect(kernels().crc32c(0, new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});
