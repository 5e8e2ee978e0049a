// SPDX-License-Identifier: Apache-2.0
// Randomized Hadamard transform of rows: round r is y = H D_r x with random signs D_r and orthonormal H.
//
// A span of n = m * 2^j coordinates (m = 1, 12, 20, 28) is one transform H = B_m (x) S_(2^j). A row of any
// other length takes two overlapping spans per round, [0, n) and [dim - n, dim), each with its own signs:
// orthogonal, nothing padded. Rounds nest: R_k = R_1round(R_(k-1)), so a row rotated k times passes through
// its shorter forms. Rows whose largest magnitude is outside [2^-60, 2^60] are scaled by a power of two
// first, so that nothing overflows.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

template <bool kForward>
void transform_span(float* p, const Rotation& rot, const uint8_t* signs) {
  constexpr bool kPre = kForward, kPost = !kForward;
  const Ends<float> ends = {kPre ? signs : nullptr, kPost ? signs : nullptr, rot.scale};
  const size_t h = rot.span / rot.order;
  if (rot.order == 1) {
    fwht_any<F32, kPre, true, kPost>(p, 0, h, h, true, ends);
    return;
  }
  fwht_any<F32, kPre, false, false>(p, 0, rot.span, h, false, ends);
  if (h >= (size_t)F32::kLanes) {
    order_stage<F32, !kForward, kPost>(p, (int)rot.order, h, ends);
  } else {
    order_stage<One<float>, !kForward, kPost>(p, (int)rot.order, h, ends);
  }
}

HQ_INLINE const uint8_t* stream_signs(const Rotation& rot, size_t stream) {
  return rot.signs + stream * rot.signs_stride;
}

// Rounds first .. last - 1 (counted from 0), in place.
void rotate_row(const Rotation& rot, float* y, int first, int last) {
  const bool overlap = rot.span != rot.dim;
  for (int r = first; r < last; r++) {
    if (!overlap) {
      transform_span<true>(y, rot, stream_signs(rot, r));
    } else {
      transform_span<true>(y, rot, stream_signs(rot, 2 * r));
      transform_span<true>(y + rot.dim - rot.span, rot, stream_signs(rot, 2 * r + 1));
    }
  }
}

// Undoes rounds last - 1 .. first, in place.
void unrotate_row(const Rotation& rot, float* y, int first, int last) {
  const bool overlap = rot.span != rot.dim;
  for (int r = last - 1; r >= first; r--) {
    if (!overlap) {
      transform_span<false>(y, rot, stream_signs(rot, r));
    } else {
      transform_span<false>(y + rot.dim - rot.span, rot, stream_signs(rot, 2 * r + 1));
      transform_span<false>(y, rot, stream_signs(rot, 2 * r));
    }
  }
}

constexpr double kFloatMax = 3.4028234663852886e38;

// 2^k for -149 <= k <= 127, as a float.
HQ_INLINE float power_of_two(int k) {
  const uint32_t bits = k >= -126 ? (uint32_t)(k + 127) << 23 : 1u << (k + 149);
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

// The k that brings a row of largest magnitude `max_bits` near 1 when multiplied by 2^k, or 0 inside the band
// [2^low, 2^high] where no sum can overflow or lose its small terms.
HQ_INLINE int range_shift(uint32_t max_bits, int low, int high) {
  if (max_bits == 0) return 0;
  const int exponent = (int)(max_bits >> 23) - 127;  // -127 for denormals
  if (exponent >= low && exponent < high) return 0;
  return -exponent > 127 ? 127 : -exponent;
}

uint32_t row_max_abs(const float* x, size_t n) {
  F32::Max m = F32::max_zero();
  size_t i = 0;
  for (; i + F32::kLanes <= n; i += F32::kLanes) m = F32::max_abs(m, F32::load(x + i));
  uint32_t best = F32::reduce_max(m);
  for (; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, 4);
    bits &= 0x7fffffffu;
    best = bits > best ? bits : best;
  }
  return best;
}

// Largest |x|; infinity if there is an infinity, NaN if there is a NaN.
double max_abs_f32(const float* x, size_t n) {
  const uint32_t bits = row_max_abs(x, n);
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
double max_abs_f64(const double* x, size_t n) {
  uint64_t best = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t bits;
    memcpy(&bits, x + i, 8);
    bits &= 0x7fffffffffffffffull;
    best = bits > best ? bits : best;
  }
  double value;
  memcpy(&value, &best, 8);
  return value;
}

// y = x * 2^shift; exact unless the result is denormal. y may be x.
void scale_row(const float* x, float* y, size_t n, int shift) {
  const F32::V s = F32::splat(power_of_two(shift));
  size_t i = 0;
  for (; i + F32::kLanes <= n; i += F32::kLanes) F32::store(y + i, F32::mul(F32::load(x + i), s));
  for (; i < n; i++) y[i] = x[i] * power_of_two(shift);
}

// y = x * 2^shift, beyond the float range +-FLT_MAX.
void scale_row_saturating(float* y, size_t n, int shift) {
  const float s = power_of_two(shift), top = (float)kFloatMax;
  for (size_t i = 0; i < n; i++) {
    const float v = y[i] * s;
    y[i] = v > top ? top : v < -top ? -top : v;
  }
}

constexpr int kRotateLow = -60, kRotateHigh = 60;

// rows x dim each; y may be x, otherwise they do not overlap.
template <bool kForward>
void rotation_rows(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  for (size_t r = 0; r < rows; r++, x += rot.dim, y += rot.dim) {
    const int shift = range_shift(row_max_abs(x, rot.dim), kRotateLow, kRotateHigh);
    if (shift) {
      scale_row(x, y, rot.dim, shift);
    } else if (y != x) {
      memcpy(y, x, rot.dim * sizeof(float));
    }
    kForward ? rotate_row(rot, y, first, last) : unrotate_row(rot, y, first, last);
    if (shift) scale_row_saturating(y, rot.dim, -shift);
  }
}

void rotate(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  rotation_rows<true>(rot, x, y, rows, first, last);
}
void unrotate(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  rotation_rows<false>(rot, x, y, rows, first, last);
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
