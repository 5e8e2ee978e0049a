// SPDX-License-Identifier: Apache-2.0
/**
 * IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 mantissa bits; subnormals are multiples of 2^-24.
 * Both directions include subnormals, infinities and NaN.
 */

/** Largest finite value. Anything from 65520 on rounds to infinity. */
export const MAX_HALF = 65504;

let values: Float32Array | undefined;

/** The value of each of the 65,536 bit patterns: a look-up is the fastest conversion there is in JavaScript. */
function halfValues(): Float32Array {
  if (values) return values;
  values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const mantissa = bits & 1023;
    let magnitude = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
    if (exponent === 31) magnitude = mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

/** out[i] = the value of the float16 with the bits half[i]. */
export function floatsFromHalves(half: Uint16Array, out: Float32Array): void {
  const table = halfValues();
  for (let i = 0; i < half.length; i++) out[i] = table[half[i]];
}

const ROUNDS_TO_INFINITY = 0x47800000; // 2^16 as a float32
const SMALLEST_NORMAL = 0x38800000; // 2^-14
const REBIAS = 0x38000000; // 127 - 15 in the exponent
const INFINITE = 0x7f800000;

/** half[i] = the bits of x[i] as a float16, rounded half to even; too large becomes infinity. */
export function halvesFromFloats(x: Float32Array, half: Uint16Array): void {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  for (let i = 0; i < x.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude >= ROUNDS_TO_INFINITY) {
      half[i] = sign | (magnitude > INFINITE ? 0x7e00 : 0x7c00);
    } else if (magnitude < SMALLEST_NORMAL) {
      half[i] = sign | nearestEven(Math.abs(x[i]) * 2 ** 24);
    } else {
      // a carry out of the mantissa goes to the exponent, as it should: 65520 becomes infinity
      const even = (magnitude >>> 13) & 1;
      half[i] = sign | ((magnitude - REBIAS + 0xfff + even) >>> 13);
    }
  }
}

/** 0 <= x <= 1024, exact in a double. */
function nearestEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low & 1) ? low + 1 : low;
}
