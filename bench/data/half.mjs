// SPDX-License-Identifier: Apache-2.0
const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

// Float32 number to IEEE 754 binary16 bits, ties to even.
export function toHalfBits(value) {
  f32[0] = value;
  const bits = u32[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;

  if (magnitude > 0x7f800000) {
    return sign | 0x7e00; // NaN
  }
  if (magnitude >= 0x477ff000) {
    return sign | 0x7c00; // rounds past the largest finite half, 65504
  }
  if (magnitude >= 0x38800000) {
    // Normal half: rebias the exponent, then drop 13 mantissa bits. A carry out
    // of the mantissa moves into the exponent, which is what rounding up means.
    return sign | dropBits(magnitude - 0x38000000, 13);
  }
  if (magnitude < 0x33000000) {
    return sign; // below half of the smallest subnormal, 2^-24
  }
  // Subnormal half: make the hidden bit explicit and shift it into place.
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | dropBits(mantissa, 126 - (magnitude >>> 23));
}

function dropBits(value, count) {
  const kept = value >>> count;
  const rest = value & ((1 << count) - 1);
  const tie = 1 << (count - 1);
  return rest > tie || (rest === tie && (kept & 1) === 1) ? kept + 1 : kept;
}
