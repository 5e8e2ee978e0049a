// SPDX-License-Identifier: Apache-2.0
// WebAssembly SIMD: 4 floats, 2 doubles, 16 bytes. Meanings: simd_scalar.h. None of the relaxed instructions,
// whose results differ from machine to machine.
#pragma once
#include <wasm_simd128.h>

#include "simd/simd_scalar.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

// Sign bits of four lanes, by four bits.
alignas(16) constexpr uint32_t kSigns[16][4] = {
    {0, 0, 0, 0},
    {1u << 31, 0, 0, 0},
    {0, 1u << 31, 0, 0},
    {1u << 31, 1u << 31, 0, 0},
    {0, 0, 1u << 31, 0},
    {1u << 31, 0, 1u << 31, 0},
    {0, 1u << 31, 1u << 31, 0},
    {1u << 31, 1u << 31, 1u << 31, 0},
    {0, 0, 0, 1u << 31},
    {1u << 31, 0, 0, 1u << 31},
    {0, 1u << 31, 0, 1u << 31},
    {1u << 31, 1u << 31, 0, 1u << 31},
    {0, 0, 1u << 31, 1u << 31},
    {1u << 31, 0, 1u << 31, 1u << 31},
    {0, 1u << 31, 1u << 31, 1u << 31},
    {1u << 31, 1u << 31, 1u << 31, 1u << 31},
};

struct U64 {
  using V = v128_t;
  static constexpr int kLanes = 2;
  static HQ_INLINE V load(const uint64_t* p) { return wasm_v128_load(p); }
  static HQ_INLINE void store(uint64_t* p, V v) { wasm_v128_store(p, v); }
  static HQ_INLINE V splat(uint64_t x) { return wasm_i64x2_splat((int64_t)x); }
  static HQ_INLINE V add(V a, V b) { return wasm_i64x2_add(a, b); }
  static HQ_INLINE V mul(V a, uint64_t b) { return wasm_i64x2_mul(a, splat(b)); }
  static HQ_INLINE V bit_and(V a, V b) { return wasm_v128_and(a, b); }
  static HQ_INLINE V bit_xor(V a, V b) { return wasm_v128_xor(a, b); }
  static HQ_INLINE V shift_right(V a, int n) { return wasm_u64x2_shr(a, (uint32_t)n); }
};

struct F32 {
  using Elem = float;
  using V = v128_t;
  using I = v128_t;
  static constexpr int kLanes = 4;
  static constexpr int kLog2Radix = 3;
  static constexpr int kColumns = 2;
  static constexpr bool kPairs = true;
  static HQ_INLINE V load(const float* p) { return wasm_v128_load(p); }
  static HQ_INLINE void store(float* p, V v) { wasm_v128_store(p, v); }
  static HQ_INLINE V load_first(const float* p, size_t n) {
    float lanes[4] = {};
    for (size_t i = 0; i < n; i++) lanes[i] = p[i];
    return load(lanes);
  }
  static HQ_INLINE void store_first(float* p, size_t n, V v) {
    float lanes[4];
    store(lanes, v);
    for (size_t i = 0; i < n; i++) p[i] = lanes[i];
  }
  static HQ_INLINE V splat(float x) { return wasm_f32x4_splat(x); }
  static HQ_INLINE V add(V a, V b) { return wasm_f32x4_add(a, b); }
  static HQ_INLINE V sub(V a, V b) { return wasm_f32x4_sub(a, b); }
  static HQ_INLINE V sub_fused(V a, V b) { return sub(a, b); }
  static HQ_INLINE V mul(V a, V b) { return wasm_f32x4_mul(a, b); }
  static HQ_INLINE V abs(V a) { return wasm_f32x4_abs(a); }
  static HQ_INLINE V flip(V v, const uint8_t* signs, size_t i) {
    return wasm_v128_xor(v, wasm_v128_load(kSigns[(signs[i >> 3] >> (i & 4)) & 15]));
  }
  static HQ_INLINE V butterflies(V v) {
    v = add(wasm_i32x4_shuffle(v, v, 1, 0, 3, 2), wasm_v128_xor(v, wasm_v128_load(kSigns[10])));
    return add(wasm_i32x4_shuffle(v, v, 2, 3, 0, 1), wasm_v128_xor(v, wasm_v128_load(kSigns[12])));
  }
  static HQ_INLINE void butterflies_pair(V* a, V* b) {
    V even = wasm_i32x4_shuffle(*a, *b, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(*a, *b, 1, 3, 5, 7);
    const V sums = add(even, odd), differences = sub(even, odd);
    even = wasm_i32x4_shuffle(sums, differences, 0, 2, 4, 6);
    odd = wasm_i32x4_shuffle(sums, differences, 1, 3, 5, 7);
    const V low = add(even, odd), high = sub(even, odd);
    *a = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6);
    *b = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
  }
  static HQ_INLINE V max(V a, V b) { return wasm_f32x4_pmax(b, a); }
  static HQ_INLINE bool any_above(V a, V b) { return wasm_v128_any_true(wasm_f32x4_gt(a, b)); }
  static HQ_INLINE I zero_i() { return wasm_i32x4_splat(0); }
  static HQ_INLINE I load_i(const void* p) { return wasm_v128_load(p); }
  static HQ_INLINE V from_i(I a) { return wasm_f32x4_convert_i32x4(a); }
  static HQ_INLINE I add_i(I a, I b) { return wasm_i32x4_add(a, b); }
  static HQ_INLINE I sub_i(I a, I b) { return wasm_i32x4_sub(a, b); }
  static HQ_INLINE I shift_left(I a, int n) { return wasm_i32x4_shl(a, (uint32_t)n); }
  static HQ_INLINE I shift_right(I a, int n) { return wasm_u32x4_shr(a, (uint32_t)n); }
  static HQ_INLINE I count_ge(I c, V v, V t) { return wasm_i32x4_sub(c, wasm_f32x4_ge(v, t)); }
  struct Thresholds16 {
    V eighth, by4_low, by4_high;  // thresholds 7; 3; 11
    V by2;                        // 1, 5, 9, 13
    V by1_low, by1_high;          // 0, 2, ... 14: a search by halves
  };
  static HQ_INLINE Thresholds16 thresholds16(const float* t, uint32_t count) {
    float p[15];
    pad_thresholds(t, count, p, 15);
    return {splat(p[7]),
            splat(p[3]),
            splat(p[11]),
            wasm_f32x4_make(p[1], p[5], p[9], p[13]),
            wasm_f32x4_make(p[0], p[2], p[4], p[6]),
            wasm_f32x4_make(p[8], p[10], p[12], p[14])};
  }
  static HQ_INLINE I code16(const Thresholds16& s, V v) {
    const V above = wasm_f32x4_ge(v, s.eighth);
    I code = wasm_u32x4_shr(above, 31);
    code = search_step(code, v, wasm_v128_bitselect(s.by4_high, s.by4_low, above));
    code = search_step(code, v, wasm_i8x16_swizzle(s.by2, bytes_of(code)));
    const V at = bytes_of(code);
    const V low = wasm_i8x16_swizzle(s.by1_low, at);
    const V high = wasm_i8x16_swizzle(s.by1_high, wasm_i8x16_sub(at, wasm_i8x16_splat(16)));
    return search_step(code, v, wasm_v128_or(low, high));
  }
  static HQ_INLINE I search_step(I code, V v, V threshold) {
    return wasm_i32x4_sub(wasm_i32x4_add(code, code), wasm_f32x4_ge(v, threshold));
  }
  // Where the four bytes of float i lie in a table, i below 64.
  static HQ_INLINE V bytes_of(I i) {
    const V first = wasm_i32x4_shl(i, 2);
    return wasm_v128_or(wasm_i8x16_shuffle(first, first, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12),
                        wasm_i32x4_splat(0x03020100));
  }
  struct Levels16 {
    V t[4];
  };
  static HQ_INLINE Levels16 levels16(const float* table, uint32_t entries) {
    float padded[16];
    pad_levels(table, entries, padded);
    return {{load(padded), load(padded + 4), load(padded + 8), load(padded + 12)}};
  }
  // An index of 16 or more gives 0.
  static HQ_INLINE V level16(const Levels16& table, I code) {
    const V at = bytes_of(code);
    const V a = wasm_i8x16_swizzle(table.t[0], at);
    const V b = wasm_i8x16_swizzle(table.t[1], wasm_i8x16_sub(at, wasm_i8x16_splat(16)));
    const V c = wasm_i8x16_swizzle(table.t[2], wasm_i8x16_sub(at, wasm_i8x16_splat(32)));
    const V d = wasm_i8x16_swizzle(table.t[3], wasm_i8x16_sub(at, wasm_i8x16_splat(48)));
    return wasm_v128_or(wasm_v128_or(a, b), wasm_v128_or(c, d));
  }
  static HQ_INLINE I bin(V v, V top) {
    return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_pmin(top, wasm_f32x4_pmax(splat(0), v)));
  }
  static HQ_INLINE V gather(const void* table, I i) {
    const char* t = (const char*)table;
    const I at = wasm_i32x4_shl(i, 2);
    V v = wasm_v128_load32_zero(t + (uint32_t)wasm_i32x4_extract_lane(at, 0));
    v = wasm_v128_load32_lane(t + (uint32_t)wasm_i32x4_extract_lane(at, 1), v, 1);
    v = wasm_v128_load32_lane(t + (uint32_t)wasm_i32x4_extract_lane(at, 2), v, 2);
    return wasm_v128_load32_lane(t + (uint32_t)wasm_i32x4_extract_lane(at, 3), v, 3);
  }
  static HQ_INLINE void gather_pair(const float* table, I i, V* first, V* second) {
    const char* t = (const char*)table;
    const I at = wasm_i32x4_shl(i, 3);
    V a = wasm_v128_load64_zero(t + (uint32_t)wasm_i32x4_extract_lane(at, 0));
    a = wasm_v128_load64_lane(t + (uint32_t)wasm_i32x4_extract_lane(at, 1), a, 1);
    V b = wasm_v128_load64_zero(t + (uint32_t)wasm_i32x4_extract_lane(at, 2));
    b = wasm_v128_load64_lane(t + (uint32_t)wasm_i32x4_extract_lane(at, 3), b, 1);
    *first = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6);
    *second = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
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
    return wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p)));
  }
  static HQ_INLINE void store_u8(uint8_t* p, I v) {
    const V half = wasm_i16x8_narrow_i32x4(v, v);
    wasm_v128_store32_lane(p, wasm_u8x16_narrow_i16x8(half, half), 0);
  }
  using Max = v128_t;
  static HQ_INLINE Max max_zero() { return zero_i(); }
  static HQ_INLINE Max max_abs(Max m, V v) { return wasm_i32x4_max(m, abs(v)); }
  static HQ_INLINE uint32_t reduce_max(Max m) {
    m = wasm_i32x4_max(m, wasm_i32x4_shuffle(m, m, 2, 3, 0, 1));
    m = wasm_i32x4_max(m, wasm_i32x4_shuffle(m, m, 1, 0, 3, 2));
    return (uint32_t)wasm_i32x4_extract_lane(m, 0);
  }
};

struct F64 {
  using Elem = double;
  using V = v128_t;
  static constexpr int kLanes = 2;
  static constexpr int kLog2Radix = 3;
  static constexpr int kColumns = 2;
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const double* p) { return wasm_v128_load(p); }
  static HQ_INLINE void store(double* p, V v) { wasm_v128_store(p, v); }
  static HQ_INLINE V load_first(const double* p, size_t n) {
    double lanes[2] = {};
    for (size_t i = 0; i < n; i++) lanes[i] = p[i];
    return load(lanes);
  }
  static HQ_INLINE void store_first(double* p, size_t n, V v) {
    double lanes[2];
    store(lanes, v);
    for (size_t i = 0; i < n; i++) p[i] = lanes[i];
  }
  static HQ_INLINE V splat(double x) { return wasm_f64x2_splat(x); }
  static HQ_INLINE V add(V a, V b) { return wasm_f64x2_add(a, b); }
  static HQ_INLINE V sub(V a, V b) { return wasm_f64x2_sub(a, b); }
  static HQ_INLINE V from_i32(const int32_t* p) {
    return wasm_f64x2_convert_low_i32x4(wasm_v128_load64_zero(p));
  }
  static HQ_INLINE bool any_ge(V a, V b) { return wasm_v128_any_true(wasm_f64x2_ge(a, b)); }
  static HQ_INLINE V sub_fused(V a, V b) { return sub(a, b); }
  static HQ_INLINE V mul(V a, V b) { return wasm_f64x2_mul(a, b); }
  static HQ_INLINE V butterflies(V v) {
    return add(wasm_i64x2_shuffle(v, v, 1, 0), wasm_v128_xor(v, wasm_v128_load(kSigns[8])));
  }
};

struct I8 {
  using V = v128_t;
  using Acc = v128_t;
  static constexpr int kBytes = 16;
  static HQ_INLINE V load(const void* p) { return wasm_v128_load(p); }
  static HQ_INLINE V load_kept(const void* p) { return load(p); }
  static HQ_INLINE void store(void* p, V v) { wasm_v128_store(p, v); }
  static HQ_INLINE V field(V v, int width, int field) {
    return wasm_v128_and(wasm_u16x8_shr(v, (uint32_t)(field * width)),
                         wasm_i8x16_splat((int8_t)((1 << width) - 1)));
  }
  template <int kWidth>
  static HQ_INLINE void pack(V codes, int low, uint8_t* out) {
    if constexpr (kWidth == 1) {
      const uint16_t bits = (uint16_t)wasm_i8x16_bitmask(wasm_i16x8_shl(codes, (uint32_t)(7 - low)));
      memcpy(out, &bits, 2);
      return;
    }
    const V mask = wasm_i8x16_splat((1 << kWidth) - 1);
    const V x = wasm_v128_and(wasm_u16x8_shr(codes, (uint32_t)low), mask);
    const V pairs = wasm_v128_and(wasm_v128_or(x, wasm_u16x8_shr(x, 8 - kWidth)),
                                  wasm_i16x8_splat((1 << (2 * kWidth)) - 1));
    if constexpr (kWidth == 4) {
      wasm_v128_store64_lane(out, wasm_u8x16_narrow_i16x8(pairs, pairs), 0);
    } else {
      const V fours = wasm_v128_and(wasm_v128_or(pairs, wasm_u32x4_shr(pairs, 12)), wasm_i32x4_splat(0xFF));
      const V halves = wasm_i16x8_narrow_i32x4(fours, fours);
      wasm_v128_store32_lane(out, wasm_u8x16_narrow_i16x8(halves, halves), 0);
    }
  }
  template <int kWidth>
  static HQ_INLINE V unpack(const uint8_t* packed) {
    if constexpr (kWidth == 1) {
      const V two = wasm_v128_load16_splat(packed);
      const V spread = wasm_i8x16_shuffle(two, two, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
      const V bits = wasm_i64x2_const_splat((int64_t)0x8040201008040201ull);
      return wasm_v128_and(wasm_i8x16_eq(wasm_v128_and(spread, bits), bits), wasm_i8x16_splat(1));
    } else if constexpr (kWidth == 2) {
      V x = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(packed)));
      x = wasm_v128_and(wasm_v128_or(x, wasm_i32x4_shl(x, 12)), wasm_i32x4_splat(0x000F000F));
      return wasm_v128_and(wasm_v128_or(x, wasm_i32x4_shl(x, 6)), wasm_i8x16_splat(3));
    } else {
      const V x = wasm_u16x8_load8x8(packed);
      return wasm_v128_and(wasm_v128_or(x, wasm_i16x8_shl(x, 4)), wasm_i8x16_splat(15));
    }
  }
  static HQ_INLINE V shift_left(V v, int n) {  // the bits that leave a byte are zero
    return wasm_i16x8_shl(v, (uint32_t)n);
  }
  static HQ_INLINE V either(V a, V b) { return wasm_v128_or(a, b); }
  using Table16 = v128_t;
  static HQ_INLINE Table16 table16(const int8_t* t) { return wasm_v128_load(t); }
  static HQ_INLINE V lookup16(Table16 t, V v) { return wasm_i8x16_swizzle(t, v); }
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    return table16(t);
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return lookup16(table, field(v, kWidth, t));
  }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    V out = wasm_i8x16_splat(0);
    for (int b = 0; b < blocks; b++) {  // an index of 16 or more looks up 0
      const V local = wasm_i8x16_sub(v, wasm_i8x16_splat((int8_t)(16 * b)));
      out = wasm_v128_or(out, wasm_i8x16_swizzle(table16(table + 16 * b), local));
    }
    return out;
  }
  static constexpr int kBias = 0;
  static HQ_INLINE V biased(V level) { return level; }
  static constexpr int kRowsOfGroup = 1;
  static HQ_INLINE Acc acc_zero() { return wasm_i32x4_splat(0); }
  // Widened first: rows share the wide query.
  static HQ_INLINE Acc dot(Acc acc, V level, V q) {
    const V low = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(level), wasm_i16x8_extend_low_i8x16(q));
    const V high = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(level), wasm_i16x8_extend_high_i8x16(q));
    return wasm_i32x4_add(acc, wasm_i32x4_add(low, high));
  }
  static HQ_INLINE void reduce4(Acc a, Acc b, Acc c, Acc d, int32_t* out) {
    const V ab = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 1, 4, 5), wasm_i32x4_shuffle(a, b, 2, 3, 6, 7));
    const V cd = wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 1, 4, 5), wasm_i32x4_shuffle(c, d, 2, 3, 6, 7));
    wasm_v128_store(
        out, wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7)));
  }
  using Narrow = v128_t;
  static HQ_INLINE Narrow narrow_sums(Acc) { return wasm_i16x8_splat(0); }
  static HQ_INLINE V bit(V v, int t) {
    const V mask = wasm_i8x16_splat((int8_t)(1 << t));
    return wasm_i8x16_eq(wasm_v128_and(v, mask), mask);
  }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) {
    return wasm_i16x8_add(sums, wasm_i16x8_extadd_pairwise_i8x16(wasm_v128_and(bit, q)));
  }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) {
    return wasm_i32x4_add(acc, wasm_i32x4_extadd_pairwise_i16x8(sums));
  }
  static HQ_INLINE int32_t reduce(Acc a) {
    a = wasm_i32x4_add(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
    a = wasm_i32x4_add(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2));
    return wasm_i32x4_extract_lane(a, 0);
  }
};

struct Crc {
  static constexpr bool kHardware = false;
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t) { return crc; }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
