// SPDX-License-Identifier: Apache-2.0
/** Standard normal numbers by Marsaglia's polar method on a stream of words, with a logarithm of exact operations. */
import { key, word } from './prng.mjs';

/** ln s for 0 < s < 1. */
function ln(s) {
  let m = s;
  let k = 0;
  for (; m < 0.7071067811865476; k++) m *= 2;
  const x = (m - 1) / (m + 1);
  const y = x * x;
  const p = [19, 17, 15, 13, 11, 9, 7, 5, 3].reduce((sum, n) => sum * y + 1 / n, 1 / 21);
  return 2 * (x + x * (y * p)) - k * 0.6931471805599453;
}

export function gaussians(seed, stream, count) {
  const k = key(seed, stream);
  const out = [];
  for (let i = 0; out.length < count; i++) {
    const bits = word(k, i);
    const u = (Number(bits & 0xffffffffn) + 0.5) / 2 ** 31 - 1;
    const v = (Number(bits >> 32n) + 0.5) / 2 ** 31 - 1;
    const s = u * u + v * v;
    if (s >= 1) continue;
    const factor = Math.sqrt((-2 * ln(s)) / s);
    out.push(Math.fround(u * factor), Math.fround(v * factor));
  }
  return out.slice(0, count);
}
