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

// A round over a span in two parts, with all of it in L1 in between: its first pass, from -> mid, which shows
// every value to `watch`, and the rest, mid -> to (perhaps mid itself).
template <bool kForward, class Watch>
void first_pass(const float* from, float* mid, const Rotation& rot, const uint8_t* signs, Watch& watch) {
  const size_t h = rot.span / rot.order;
  const Ends<float> ends = {signs, nullptr, 1};
  base_stages<F32, kForward, false, false>(base_radix<F32>(h), from, mid, rot.span, ends, watch);
}

template <bool kForward>
void later_passes(float* mid, float* to, const Rotation& rot, const uint8_t* signs) {
  constexpr bool kPost = !kForward;
  const size_t h = rot.span / rot.order;
  const Ends<float> ends = {nullptr, signs, rot.scale};
  if (rot.order == 1) return later_stages<F32, true, kPost>(mid, to, h, h, true, ends);
  if (!one_pass<F32>(h)) later_stages<F32, false, false>(mid, mid, rot.span, h, false, ends);
  order_stage<F32, !kForward, kPost>(mid, to, (int)rot.order, h, ends);
}

// Whether a round can be split so: one span that fits into L1 and takes more than one pass.
HQ_INLINE bool has_two_parts(const Rotation& rot) {
  const size_t h = rot.span / rot.order;
  return rot.span == rot.dim && rot.span <= kPiece && h >= (size_t)F32::kLanes &&
         (rot.order > 1 || !one_pass<F32>(h));
}

// A round over a span, from -> to, the same array or apart.
template <bool kForward>
void transform_span(const float* from, float* to, const Rotation& rot, const uint8_t* signs) {
  constexpr bool kPre = kForward, kPost = !kForward;
  const Ends<float> ends = {kPre ? signs : nullptr, kPost ? signs : nullptr, rot.scale};
  const size_t h = rot.span / rot.order;
  if (rot.order == 1) {
    fwht_any<F32, kPre, true, kPost>(from, to, h, h, true, ends);
    return;
  }
  alignas(64) float scratch[kPiece];
  float* mid = rot.span > kPiece || line_aligned(to) ? to : scratch;
  fwht_any<F32, kPre, false, false>(from, mid, rot.span, h, false, ends);
  if (h >= (size_t)F32::kLanes) {
    order_stage<F32, !kForward, kPost>(mid, to, (int)rot.order, h, ends);
  } else {
    order_stage<One<float>, !kForward, kPost>(mid, to, (int)rot.order, h, ends);
  }
}

HQ_INLINE const uint8_t* stream_signs(const Rotation& rot, size_t stream) {
  return rot.signs + stream * rot.signs_stride;
}

// Rounds first .. last - 1 (counted from 0); x may be y, otherwise they do not overlap.
void rotate_row(const Rotation& rot, const float* x, float* y, int first, int last) {
  const size_t second = rot.dim - rot.span;  // where the other span of a round begins
  for (int r = first; r < last; r++, x = y) {
    if (second == 0) {
      transform_span<true>(x, y, rot, stream_signs(rot, r));
      continue;
    }
    if (x != y) memcpy(y + rot.span, x + rot.span, second * sizeof(float));
    transform_span<true>(x, y, rot, stream_signs(rot, 2 * r));
    transform_span<true>(y + second, y + second, rot, stream_signs(rot, 2 * r + 1));
  }
}

// Undoes rounds last - 1 .. first; x may be y, otherwise they do not overlap.
void unrotate_row(const Rotation& rot, const float* x, float* y, int first, int last) {
  const size_t second = rot.dim - rot.span;
  for (int r = last - 1; r >= first; r--, x = y) {
    if (second == 0) {
      transform_span<false>(x, y, rot, stream_signs(rot, r));
      continue;
    }
    if (x != y) memcpy(y, x, second * sizeof(float));
    transform_span<false>(x + second, y + second, rot, stream_signs(rot, 2 * r + 1));
    transform_span<false>(y, y, rot, stream_signs(rot, 2 * r));
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

// Largest |x| of a row, seen while its first pass reads it; meanwhile memory is asked for the row that comes
// next and for the one that will be written. Both may lie beyond the end.
struct WatchMax {
  const float* next;
  const float* written;
  F32::Max most = F32::max_zero();
  HQ_INLINE void see(size_t i, int k, F32::V v) {
    most = F32::max_abs(most, v);
    if (k * sizeof v % 64) return;  // once a cache line
    prefetch(next + i);
    prefetch(written + i);
  }
};

// A row whose largest magnitude is known to be `max_bits`, brought into range where it is not; y may be x.
template <bool kForward>
void rotate_scaled(const Rotation& rot, const float* x, float* y, int first, int last, uint32_t max_bits) {
  const int shift = range_shift(max_bits, kRotateLow, kRotateHigh);
  if (shift) {
    scale_row(x, y, rot.dim, shift);
    x = y;
  } else if (first == last && y != x) {
    memcpy(y, x, rot.dim * sizeof(float));
  }
  kForward ? rotate_row(rot, x, y, first, last) : unrotate_row(rot, x, y, first, last);
  if (shift) scale_row_saturating(y, rot.dim, -shift);
}

// rows x dim each; y may be x, otherwise they do not overlap.
template <bool kForward>
void rotation_rows(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  const bool two_parts = has_two_parts(rot) && first < last;
  for (size_t r = 0; r < rows; r++, x += rot.dim, y += rot.dim) {
    if (!two_parts) {
      rotate_scaled<kForward>(rot, x, y, first, last, row_max_abs(x, rot.dim));
      continue;
    }
    alignas(64) float mid[kPiece];
    const uint8_t* signs = stream_signs(rot, kForward ? first : last - 1);
    WatchMax watch = {x + rot.dim, y};
    first_pass<kForward>(x, mid, rot, signs, watch);
    const uint32_t max_bits = F32::reduce_max(watch.most);
    if (range_shift(max_bits, kRotateLow, kRotateHigh)) {
      rotate_scaled<kForward>(rot, x, y, first, last, max_bits);
      continue;
    }
    later_passes<kForward>(mid, y, rot, signs);
    kForward ? rotate_row(rot, y, y, first + 1, last) : unrotate_row(rot, y, y, first, last - 1);
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
