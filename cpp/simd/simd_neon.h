// SPDX-License-Identifier: Apache-2.0
// AArch64 NEON: 4 floats, 2 doubles, 16 bytes. Meanings: simd_scalar.h.
// FMA is used only where the product is exact (a factor of +-1), so it rounds like an add.
#pragma once
#include <arm_neon.h>

#include "simd/simd_scalar.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct F32 {
  using Elem = float;
  using V = float32x4_t;
  using I = int32x4_t;
  static constexpr int kLanes = 4;
  static constexpr int kLog2Radix = 3;
  static HQ_INLINE V load(const float* p) { return vld1q_f32(p); }
  static HQ_INLINE void store(float* p, V v) { vst1q_f32(p, v); }
  static HQ_INLINE V load_first(const float* p, size_t n) {
    float lanes[4] = {};
    memcpy(lanes, p, n * sizeof(float));
    return vld1q_f32(lanes);
  }
  static HQ_INLINE void store_first(float* p, size_t n, V v) {
    float lanes[4];
    vst1q_f32(lanes, v);
    memcpy(p, lanes, n * sizeof(float));
  }
  static HQ_INLINE V splat(float x) { return vdupq_n_f32(x); }
  static HQ_INLINE V add(V a, V b) { return vaddq_f32(a, b); }
  static HQ_INLINE V sub(V a, V b) { return vsubq_f32(a, b); }
  static HQ_INLINE V sub_fused(V a, V b) { return sub(a, b); }
  static HQ_INLINE V mul(V a, V b) { return vmulq_f32(a, b); }
  static HQ_INLINE V abs(V a) { return vabsq_f32(a); }
  static HQ_INLINE V flip(V v, const uint8_t* signs, size_t i) {
    const int32_t kUp[4] = {31, 30, 29, 28};
    const uint32x4_t bits = vshlq_u32(vdupq_n_u32((uint32_t)signs[i >> 3] >> (i & 4)), vld1q_s32(kUp));
    return vreinterpretq_f32_u32(
        veorq_u32(vreinterpretq_u32_f32(v), vandq_u32(bits, vdupq_n_u32(0x80000000u))));
  }
  static HQ_INLINE V butterflies(V v) {
    const float k1[4] = {1, -1, 1, -1}, k2[4] = {1, 1, -1, -1};
    v = vfmaq_f32(vrev64q_f32(v), v, vld1q_f32(k1));
    return vfmaq_f32(vextq_f32(v, v, 2), v, vld1q_f32(k2));
  }
  static HQ_INLINE V max(V a, V b) { return vmaxq_f32(a, b); }
  static HQ_INLINE I zero_i() { return vdupq_n_s32(0); }
  static HQ_INLINE I add_i(I a, I b) { return vaddq_s32(a, b); }
  static HQ_INLINE I shift_left(I a, int n) { return vshlq_s32(a, vdupq_n_s32(n)); }
  static HQ_INLINE I count_ge(I c, V v, V t) { return vsubq_s32(c, vreinterpretq_s32_u32(vcgeq_f32(v, t))); }
  static HQ_INLINE I bin(V v, V top) { return vcvtq_s32_f32(vminq_f32(vmaxq_f32(v, vdupq_n_f32(0)), top)); }
  static HQ_INLINE I gather(const int32_t* table, I i) {
    int32_t at[4];
    vst1q_s32(at, i);
    const int32_t out[4] = {table[at[0]], table[at[1]], table[at[2]], table[at[3]]};
    return vld1q_s32(out);
  }
  static HQ_INLINE V gather(const float* table, I i) {
    int32_t at[4];
    vst1q_s32(at, i);
    const float out[4] = {table[at[0]], table[at[1]], table[at[2]], table[at[3]]};
    return vld1q_f32(out);
  }
  static HQ_INLINE I load_u8(const uint8_t* p) {
    uint32_t word;
    memcpy(&word, p, 4);
    const uint16x8_t wide = vmovl_u8(vcreate_u8(word));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)));
  }
  static HQ_INLINE void store_u8(uint8_t* p, I v) {
    const uint16x4_t half = vmovn_u32(vreinterpretq_u32_s32(v));
    const uint8x8_t bytes = vmovn_u16(vcombine_u16(half, half));
    const uint32_t word = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
    memcpy(p, &word, 4);
  }
  using Max = uint32x4_t;
  static HQ_INLINE Max max_zero() { return vdupq_n_u32(0); }
  static HQ_INLINE Max max_abs(Max m, V v) { return vmaxq_u32(m, vreinterpretq_u32_f32(vabsq_f32(v))); }
  static HQ_INLINE uint32_t reduce_max(Max m) { return vmaxvq_u32(m); }
};

struct F64 {
  using Elem = double;
  using V = float64x2_t;
  static constexpr int kLanes = 2;
  static constexpr int kLog2Radix = 3;
  static HQ_INLINE V load(const double* p) { return vld1q_f64(p); }
  static HQ_INLINE void store(double* p, V v) { vst1q_f64(p, v); }
  static HQ_INLINE V load_first(const double* p, size_t n) {
    double lanes[2] = {};
    memcpy(lanes, p, n * sizeof(double));
    return vld1q_f64(lanes);
  }
  static HQ_INLINE void store_first(double* p, size_t n, V v) {
    double lanes[2];
    vst1q_f64(lanes, v);
    memcpy(p, lanes, n * sizeof(double));
  }
  static HQ_INLINE V splat(double x) { return vdupq_n_f64(x); }
  static HQ_INLINE V add(V a, V b) { return vaddq_f64(a, b); }
  static HQ_INLINE V sub(V a, V b) { return vsubq_f64(a, b); }
  static HQ_INLINE V sub_fused(V a, V b) { return sub(a, b); }
  static HQ_INLINE V mul(V a, V b) { return vmulq_f64(a, b); }
  static HQ_INLINE V butterflies(V v) {
    const double k1[2] = {1, -1};
    return vfmaq_f64(vextq_f64(v, v, 1), v, vld1q_f64(k1));
  }
};

struct I8 {
  using V = int8x16_t;
  using Acc = int32x4_t;
  static constexpr int kBytes = 16;
  static HQ_INLINE V load(const void* p) { return vld1q_s8((const int8_t*)p); }
  static HQ_INLINE void store(void* p, V v) { vst1q_s8((int8_t*)p, v); }
  static HQ_INLINE V field(V v, int width, int field) {
    const uint8x16_t shifted = vshlq_u8(vreinterpretq_u8_s8(v), vdupq_n_s8((int8_t)(-field * width)));
    return vreinterpretq_s8_u8(vandq_u8(shifted, vdupq_n_u8((uint8_t)((1 << width) - 1))));
  }
  using Table16 = int8x16_t;
  static HQ_INLINE Table16 table16(const int8_t* t) { return vld1q_s8(t); }
  static HQ_INLINE V lookup16(Table16 t, V v) { return vqtbl1q_s8(t, vreinterpretq_u8_s8(v)); }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    V out = vdupq_n_s8(0);
    for (int b = 0; b < blocks; b++) {  // an index of 16 or more looks up 0
      const uint8x16_t local = vsubq_u8(vreinterpretq_u8_s8(v), vdupq_n_u8((uint8_t)(16 * b)));
      out = vorrq_s8(out, vqtbl1q_s8(table16(table + 16 * b), local));
    }
    return out;
  }
  static HQ_INLINE Acc acc_zero() { return vdupq_n_s32(0); }
  static HQ_INLINE Acc dot(Acc acc, V level, V q) {
    const int16x8_t low = vmull_s8(vget_low_s8(level), vget_low_s8(q));
    return vpadalq_s16(acc, vmlal_s8(low, vget_high_s8(level), vget_high_s8(q)));  // <= 2 * 127 * 127
  }
  static HQ_INLINE int32_t reduce(Acc a) { return vaddvq_s32(a); }
};

struct Crc {
  static constexpr bool kHardware = false;
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t) { return crc; }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
