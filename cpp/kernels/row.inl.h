// SPDX-License-Identifier: Apache-2.0
// What encoding and decoding of rows share: the fields of their columns, sums of products with levels.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr int kDrawShift = 2;  // a tag is rounds + 4 * draw

HQ_INLINE float to_f32_saturating(double x) { return (float)(x > kFloatMax ? kFloatMax : x); }

template <class T>
HQ_INLINE void put(uint8_t* column, size_t offset, T v) {
  memcpy(column + offset, &v, sizeof v);
}
template <class T>
HQ_INLINE T get(const uint8_t* column, size_t offset) {
  T v;
  memcpy(&v, column + offset, sizeof v);
  return v;
}
HQ_INLINE bool finite(float v) { return v - v == 0; }

HQ_INLINE void zero_pad(float* v, size_t n) {
  for (size_t i = n; i % kSumLanes; i++) v[i] = 0;
}

// out[0] = <v, levels>, out[1] = <levels, levels> over the coded coordinates.
HQ_INLINE void level_products(const Codec& codec, const float* v, const float* levels, double* out) {
  canonical_sums<2>(
      codec.coded,
      [v, levels](size_t i, F32::V* term) {
        const F32::V q = F32::load(levels + i);
        term[0] = F32::mul(F32::load(v + i), q);
        term[1] = F32::mul(q, q);
      },
      out);
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
