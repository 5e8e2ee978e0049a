// SPDX-License-Identifier: Apache-2.0
// A quantizer from JSON that anyone may have written.
import { HadaquantFormatError, Quantizer } from '../../../dist/index.js';
import { digest, must } from '../outcome.mjs';
import { CODECS } from '../samples.mjs';

/** A quantizer's tables grow with dim (turboquant-prod: with its square), which whoever writes JSON may choose. */
const LARGEST = 512;
const KEYS = ['format', 'version', 'dim', 'bits', 'codec', 'scale', 'rounds', 'grid', 'seed'];
const VALUES = [
  ...[
    null,
    true,
    '',
    '0',
    '18446744073709551615',
    '18446744073709551616',
    '1e3',
    ' 1',
    [],
    {},
    [4],
    'auto',
    'mse',
    'fixed',
  ],
  ...[0, 1, 2, 3, 4, 0.5, 1.5, 8, 9, -1, 1e-9, 'vq', 'eden', 'quicfl', '4x256', '8x256', 'toString', '__proto__'],
];

export const target = {
  extension: '.json',
  kernels: false,
  seeds: () =>
    CODECS.map((options) => new TextEncoder().encode(JSON.stringify(new Quantizer({ dim: 20, ...options })))),
  change(bytes, random, other, mutate) {
    if (random.oneIn(4)) return mutate(bytes, random, other);
    let object;
    try {
      object = JSON.parse(new TextDecoder().decode(bytes));
      object[random.pick(KEYS)] = random.pick(VALUES);
    } catch {
      return mutate(bytes, random, other);
    }
    if (random.oneIn(4)) delete object[random.pick(KEYS)];
    return new TextEncoder().encode(JSON.stringify(object));
  },
  allows: (error) => error instanceof HadaquantFormatError,
  run(bytes) {
    let json;
    try {
      json = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return 'no JSON';
    }
    if (json?.dim > LARGEST) return 'large';
    const quantizer = Quantizer.fromJSON(json);
    const again = Quantizer.fromJSON(JSON.parse(JSON.stringify(quantizer)));
    must(digest(again.toJSON()) === digest(quantizer.toJSON()), 'toJSON of fromJSON differs');
    return digest(quantizer.toJSON(), quantizer.bytesPerVector);
  },
};
