// SPDX-License-Identifier: Apache-2.0
// AArch64 NEON: 4 floats, 2 doubles, 16 bytes. Meanings: simd_scalar.h.
// FMA is used only where the product is exact (a factor of +-1), so it rounds like an add.
#pragma once
#include <arm_neon.h>

#include "simd/simd_scalar.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct U64 {
  using V = uint64x2_t;
  static constexpr int kLanes = 2;
  static HQ_INLINE V load(const uint64_t* p) { return vld1q_u64(p); }
  static HQ_INLINE void store(uint64_t* p, V v) { vst1q_u64(p, v); }
  static HQ_INLINE V splat(uint64_t x) { return vdupq_n_u64(x); }
  static HQ_INLINE V add(V a, V b) { return vaddq_u64(a, b); }
  static HQ_INLINE V mul(V a, uint64_t b) {  // from products of halves; that of the upper ones is beyond 2^64
    const uint32x4_t exchanged = vreinterpretq_u32_u64(vdupq_n_u64(b << 32 | b >> 32));
    const uint64x2_t cross = vpaddlq_u32(vmulq_u32(vreinterpretq_u32_u64(a), exchanged));
    return vmlal_u32(vshlq_n_u64(cross, 32), vmovn_u64(a), vdup_n_u32((uint32_t)b));
  }
  static HQ_INLINE V bit_and(V a, V b) { return vandq_u64(a, b); }
  static HQ_INLINE V bit_xor(V a, V b) { return veorq_u64(a, b); }
  static HQ_INLINE V shift_right(V a, int n) { return vshlq_u64(a, vdupq_n_s64(-n)); }
};

struct F32 {
  using Elem = float;
  using V = float32x4_t;
  using I = int32x4_t;
  static constexpr int kLanes = 4;
  static constexpr int kLog2Radix = 4;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
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
  static HQ_INLINE bool any_above(V a, V b) { return vmaxvq_u32(vcgtq_f32(a, b)) != 0; }
  static HQ_INLINE I zero_i() { return vdupq_n_s32(0); }
  static HQ_INLINE I load_i(const void* p) { return vreinterpretq_s32_u8(vld1q_u8((const uint8_t*)p)); }
  static HQ_INLINE V from_i(I a) { return vcvtq_f32_s32(a); }
  static HQ_INLINE I add_i(I a, I b) { return vaddq_s32(a, b); }
  static HQ_INLINE I sub_i(I a, I b) { return vsubq_s32(a, b); }
  static HQ_INLINE I shift_left(I a, int n) { return vshlq_s32(a, vdupq_n_s32(n)); }
  static HQ_INLINE I shift_right(I a, int n) {
    return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n)));
  }
  static HQ_INLINE I count_ge(I c, V v, V t) { return vsubq_s32(c, vreinterpretq_s32_u32(vcgeq_f32(v, t))); }
  struct Thresholds16 {
    V eighth, by4_low, by4_high;  // thresholds 7; 3; 11
    uint8x16_t by2;               // 1, 5, 9, 13
    uint8x16x2_t by1;             // 0, 2, ... 14: a search by halves
  };
  static HQ_INLINE Thresholds16 thresholds16(const float* t, uint32_t count) {
    float p[15];
    pad_thresholds(t, count, p, 15);
    const float by2[4] = {p[1], p[5], p[9], p[13]};
    const float by1[8] = {p[0], p[2], p[4], p[6], p[8], p[10], p[12], p[14]};
    return {splat(p[7]),
            splat(p[3]),
            splat(p[11]),
            vreinterpretq_u8_f32(load(by2)),
            {{vreinterpretq_u8_f32(load(by1)), vreinterpretq_u8_f32(load(by1 + 4))}}};
  }
  static HQ_INLINE I code16(const Thresholds16& s, V v) {
    const uint32x4_t above = vcgeq_f32(v, s.eighth);
    I code = vreinterpretq_s32_u32(vshrq_n_u32(above, 31));
    code = search_step(code, v, vbslq_f32(above, s.by4_high, s.by4_low));
    code = search_step(code, v, vreinterpretq_f32_u8(vqtbl1q_u8(s.by2, bytes_of(code))));
    return search_step(code, v, vreinterpretq_f32_u8(vqtbl2q_u8(s.by1, bytes_of(code))));
  }
  static HQ_INLINE I search_step(I code, V v, V threshold) {
    return vsubq_s32(vaddq_s32(code, code), vreinterpretq_s32_u32(vcgeq_f32(v, threshold)));
  }
  // Where the four bytes of float i lie in a table, i below 64.
  static HQ_INLINE uint8x16_t bytes_of(I i) {
    return vreinterpretq_u8_s32(vmlaq_s32(vdupq_n_s32(0x03020100), i, vdupq_n_s32(0x04040404)));
  }
  using Levels16 = uint8x16x4_t;
  static HQ_INLINE Levels16 levels16(const float* table, uint32_t entries) {
    float padded[16];
    pad_levels(table, entries, padded);
    Levels16 out;
    for (int i = 0; i < 4; i++) out.val[i] = vreinterpretq_u8_f32(load(padded + 4 * i));
    return out;
  }
  static HQ_INLINE V level16(const Levels16& table, I code) {
    return vreinterpretq_f32_u8(vqtbl4q_u8(table, bytes_of(code)));
  }
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
  static HQ_INLINE void gather_pair(const float* table, I i, V* first, V* second) {
    int32_t at[4];
    vst1q_s32(at, i);
    const V a = vcombine_f32(vld1_f32(table + 2 * at[0]), vld1_f32(table + 2 * at[1]));
    const V b = vcombine_f32(vld1_f32(table + 2 * at[2]), vld1_f32(table + 2 * at[3]));
    *first = vuzp1q_f32(a, b);
    *second = vuzp2q_f32(a, b);
  }
  struct Integers32 {
    const int32_t* t;
  };
  static HQ_INLINE Integers32 integers32(const int32_t* table, uint32_t) { return {table}; }
  static HQ_INLINE I gather(const Integers32& table, I i) { return gather(table.t, i); }
  struct Floats128 {
    const float* t;
  };
  static HQ_INLINE Floats128 floats128(const float* table, uint32_t) { return {table}; }
  static HQ_INLINE V gather(const Floats128& table, I i) { return gather(table.t, i); }
  struct Pairs128 {
    const float* t;
  };
  static HQ_INLINE Pairs128 pairs128(const float* table, uint32_t) { return {table}; }
  static HQ_INLINE void gather_pair(const Pairs128& table, I i, V* first, V* second) {
    gather_pair(table.t, i, first, second);
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
  static constexpr int kLog2Radix = 4;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
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
  static HQ_INLINE V from_i32(const int32_t* p) { return vcvtq_f64_s64(vmovl_s32(vld1_s32(p))); }
  static HQ_INLINE bool any_ge(V a, V b) { return vmaxvq_u32(vreinterpretq_u32_u64(vcgeq_f64(a, b))) != 0; }
  static HQ_INLINE V sub_fused(V a, V b) { return sub(a, b); }
  static HQ_INLINE V mul(V a, V b) { return vmulq_f64(a, b); }
  static HQ_INLINE V butterflies(V v) {
    const double k1[2] = {1, -1};
    return vfmaq_f64(vextq_f64(v, v, 1), v, vld1q_f64(k1));
  }
};

struct I8Neon {
  using V = int8x16_t;
  using Acc = int32x4_t;
  static constexpr int kBytes = 16;
  static HQ_INLINE V load(const void* p) { return vld1q_s8((const int8_t*)p); }
  static HQ_INLINE V load_kept(const void* p) { return load(p); }
  static HQ_INLINE void store(void* p, V v) { vst1q_s8((int8_t*)p, v); }
  static HQ_INLINE V field(V v, int width, int field) {
    const uint8x16_t shifted = vshlq_u8(vreinterpretq_u8_s8(v), vdupq_n_s8((int8_t)(-field * width)));
    return vreinterpretq_s8_u8(vandq_u8(shifted, vdupq_n_u8((uint8_t)((1 << width) - 1))));
  }
  template <int kWidth>
  static HQ_INLINE void pack(V codes, int low, uint8_t* out) {
    const uint8x16_t mask = vdupq_n_u8((1 << kWidth) - 1);
    const uint8x16_t clean = vandq_u8(vshlq_u8(vreinterpretq_u8_s8(codes), vdupq_n_s8((int8_t)-low)), mask);
    if constexpr (kWidth == 1) {
      const int8_t kPlaces[16] = {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7};
      const uint8x16_t placed = vshlq_u8(clean, vld1q_s8(kPlaces));
      out[0] = vaddv_u8(vget_low_u8(placed));
      out[1] = vaddv_u8(vget_high_u8(placed));
      return;
    }
    const uint16x8_t x = vreinterpretq_u16_u8(clean);
    const uint16x8_t pairs = vorrq_u16(x, vshrq_n_u16(x, 8 - kWidth));
    if constexpr (kWidth == 4) {
      vst1_u8(out, vmovn_u16(pairs));
    } else {
      const uint32x4_t y = vreinterpretq_u32_u16(vandq_u16(pairs, vdupq_n_u16(15)));
      const uint16x4_t fours = vmovn_u32(vorrq_u32(y, vshrq_n_u32(y, 12)));
      const uint8x8_t bytes = vmovn_u16(vcombine_u16(fours, fours));
      const uint32_t word = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
      memcpy(out, &word, 4);
    }
  }
  template <int kWidth>
  static HQ_INLINE V unpack(const uint8_t* packed) {
    if constexpr (kWidth == 1) {
      const uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
      const uint8x16_t spread = vcombine_u8(vdup_n_u8(packed[0]), vdup_n_u8(packed[1]));
      return vreinterpretq_s8_u8(vandq_u8(vtstq_u8(spread, vld1q_u8(kBits)), vdupq_n_u8(1)));
    } else if constexpr (kWidth == 2) {
      uint32_t word;
      memcpy(&word, packed, 4);
      uint32x4_t x = vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(word))));
      x = vandq_u32(vorrq_u32(x, vshlq_n_u32(x, 12)), vdupq_n_u32(0x000F000F));
      x = vandq_u32(vorrq_u32(x, vshlq_n_u32(x, 6)), vdupq_n_u32(0x03030303));
      return vreinterpretq_s8_u32(x);
    } else {
      const uint16x8_t x = vmovl_u8(vld1_u8(packed));
      return vreinterpretq_s8_u16(vandq_u16(vorrq_u16(x, vshlq_n_u16(x, 4)), vdupq_n_u16(0x0F0F)));
    }
  }
  static HQ_INLINE V shift_left(V v, int n) { return vshlq_s8(v, vdupq_n_s8((int8_t)n)); }
  static HQ_INLINE V either(V a, V b) { return vorrq_s8(a, b); }
  using Table16 = int8x16_t;
  static HQ_INLINE Table16 table16(const int8_t* t) { return vld1q_s8(t); }
  static HQ_INLINE V lookup16(Table16 t, V v) { return vqtbl1q_s8(t, vreinterpretq_u8_s8(v)); }
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    return table16(t);
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return lookup16(table, field(v, kWidth, t));
  }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    V out = vdupq_n_s8(0);
    for (int b = 0; b < blocks; b++) {  // an index of 16 or more looks up 0
      const uint8x16_t local = vsubq_u8(vreinterpretq_u8_s8(v), vdupq_n_u8((uint8_t)(16 * b)));
      out = vorrq_s8(out, vqtbl1q_s8(table16(table + 16 * b), local));
    }
    return out;
  }
  static constexpr int kBias = 0;
  static HQ_INLINE V biased(V level) { return level; }
  static constexpr int kRowsOfGroup = 4;
  static HQ_INLINE Acc acc_zero() { return vdupq_n_s32(0); }
  static HQ_INLINE Acc dot(Acc acc, V level, V q) {
    const int16x8_t low = vmull_s8(vget_low_s8(level), vget_low_s8(q));
    return vpadalq_s16(acc, vmlal_s8(low, vget_high_s8(level), vget_high_s8(q)));  // <= 2 * 127 * 127
  }
  static HQ_INLINE void reduce4(Acc a, Acc b, Acc c, Acc d, int32_t* out) {
    vst1q_s32(out, vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)));
  }
  using Narrow = int16x8_t;
  static HQ_INLINE Narrow narrow_sums(Acc) { return vdupq_n_s16(0); }
  static HQ_INLINE V bit(V v, int t) {
    return vreinterpretq_s8_u8(vtstq_u8(vreinterpretq_u8_s8(v), vdupq_n_u8((uint8_t)(1 << t))));
  }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) { return vpadalq_s8(sums, vandq_s8(bit, q)); }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) { return vpadalq_s16(acc, sums); }
  static HQ_INLINE int32_t reduce(Acc a) { return vaddvq_s32(a); }
};

#if !defined(HQ_SIMD_NEONDOT)
using I8 = I8Neon;
#endif

struct Crc {
  static constexpr bool kHardware = false;
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t) { return crc; }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
