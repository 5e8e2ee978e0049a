// SPDX-License-Identifier: Apache-2.0
// The vector operations every kernel is written in, one lane at a time. This file is their specification:
// an ISA header defines structs of the same names with wider registers and exactly the same results.
//
//   F32, F64  float vectors for elementwise passes (kLanes lanes) and their integer companions
//   U64       vectors of 64-bit words, for random numbers (kLanes lanes)
//   I8        byte vectors for the scan (kBytes bytes)
//
// `One<T>` is the one-lane float vector; the wide tiers use it for rows shorter than a register. `OneU64` is
// that of words.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "simd/inline.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

inline bool sign_bit(const uint8_t* signs, size_t i) { return (signs[i >> 3] >> (i & 7)) & 1; }

template <class T>
struct One {
  using Elem = T;
  using V = T;
  static constexpr int kLanes = 1;
  static constexpr int kLog2Radix = 3;  // of the widest pass whose data fit the registers
  // Steps of a strided pass in place that share their addresses, where registers for them are left.
  static constexpr int kColumns = 1;
  // There is butterflies_pair, the butterflies of two registers, which takes fewer instructions.
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const T* p) { return *p; }
  static HQ_INLINE void store(T* p, V v) { *p = v; }
  // The first n lanes, 0 < n <= kLanes; the others are zero, and are not stored.
  static HQ_INLINE V load_first(const T* p, size_t) { return *p; }
  static HQ_INLINE void store_first(T* p, size_t, V v) { *p = v; }
  static HQ_INLINE V splat(T x) { return x; }
  static HQ_INLINE V add(V a, V b) { return a + b; }
  static HQ_INLINE V sub(V a, V b) { return a - b; }
  // a - b with the multiply-add unit where that is another one than the adder's; the product with 1 is exact.
  static HQ_INLINE V sub_fused(V a, V b) { return a - b; }
  static HQ_INLINE V mul(V a, V b) { return a * b; }
  // Negates lane l where bit (i + l) of `signs` is set, bit 0 of byte 0 first.
  static HQ_INLINE V flip(V v, const uint8_t* signs, size_t i) {
    const T kFactors[2] = {1, -1};  // a branch on random signs would be mispredicted half of the time
    return v * kFactors[sign_bit(signs, i)];
  }
  // The stages h = 1, 2, ... kLanes / 2 of the Walsh-Hadamard transform inside one register.
  static HQ_INLINE V butterflies(V v) { return v; }
};

struct OneU64 {
  using V = uint64_t;
  static constexpr int kLanes = 1;
  static HQ_INLINE V load(const uint64_t* p) { return *p; }
  static HQ_INLINE void store(uint64_t* p, V v) { *p = v; }
  static HQ_INLINE V splat(uint64_t x) { return x; }
  static HQ_INLINE V add(V a, V b) { return a + b; }
  static HQ_INLINE V mul(V a, uint64_t b) { return a * b; }
  static HQ_INLINE V bit_and(V a, V b) { return a & b; }
  static HQ_INLINE V bit_xor(V a, V b) { return a ^ b; }
  static HQ_INLINE V shift_right(V a, int n) { return a >> n; }
};

// The thresholds, then infinities up to `size`.
HQ_INLINE void pad_thresholds(const float* t, uint32_t count, float* out, uint32_t size) {
  const uint32_t infinity_bits = 0x7f800000u;
  float infinity;
  memcpy(&infinity, &infinity_bits, 4);
  for (uint32_t i = 0; i < size; i++) out[i] = i < count ? t[i] : infinity;
}

// Sixteen entries of which `entries` come from the table.
HQ_INLINE void pad_levels(const float* table, uint32_t entries, float* out) {
  for (uint32_t i = 0; i < 16; i++) out[i] = i < entries ? table[i] : 0;
}

#if defined(HQ_SIMD_SCALAR)

using U64 = OneU64;

struct F64 : One<double> {
  static HQ_INLINE V from_i32(const int32_t* p) { return *p; }
  static HQ_INLINE bool any_ge(V a, V b) { return a >= b; }
};

struct F32 : One<float> {
  using I = int32_t;  // kLanes 32-bit integers
  static HQ_INLINE V abs(V v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits &= 0x7fffffffu;
    memcpy(&v, &bits, 4);
    return v;
  }
  static HQ_INLINE V max(V a, V b) { return a > b ? a : b; }
  static HQ_INLINE bool any_above(V a, V b) { return a > b; }
  static HQ_INLINE I zero_i() { return 0; }
  static HQ_INLINE I load_i(const void* p) {
    I v;
    memcpy(&v, p, 4);
    return v;
  }
  static HQ_INLINE V from_i(I a) { return (float)a; }
  static HQ_INLINE I add_i(I a, I b) { return a + b; }
  static HQ_INLINE I sub_i(I a, I b) { return a - b; }
  static HQ_INLINE I shift_left(I a, int n) { return a << n; }
  static HQ_INLINE I shift_right(I a, int n) { return (I)((uint32_t)a >> n); }  // zeros come in
  // c + 1 in the lanes where v >= t.
  static HQ_INLINE I count_ge(I c, V v, V t) { return c + (v >= t); }
  // How many of up to 15 ascending thresholds are at most v.
  struct Thresholds16 {
    float t[15];
  };
  static HQ_INLINE Thresholds16 thresholds16(const float* t, uint32_t count) {
    Thresholds16 out;
    pad_thresholds(t, count, out.t, 15);
    return out;
  }
  static HQ_INLINE I code16(const Thresholds16& s, V v) {
    I code = (v >= s.t[7]) << 3;
    code |= (v >= s.t[code + 3]) << 2;
    code |= (v >= s.t[code + 1]) << 1;
    return code | (v >= s.t[code]);
  }
  // table[code], code < entries <= 16.
  struct Levels16 {
    const float* t;
  };
  static HQ_INLINE Levels16 levels16(const float* table, uint32_t entries) {
    (void)entries;
    return {table};
  }
  static HQ_INLINE V level16(const Levels16& table, I code) { return table.t[code]; }
  // Truncation towards zero of min(max(v, 0), top).
  static HQ_INLINE I bin(V v, V top) {
    const float low = v > 0 ? v : 0;
    return (int32_t)(low < top ? low : top);
  }
  static HQ_INLINE I gather(const int32_t* table, I i) { return table[i]; }
  static HQ_INLINE V gather(const float* table, I i) { return table[i]; }
  // table[2 i] and table[2 i + 1].
  static HQ_INLINE void gather_pair(const float* table, I i, V* first, V* second) {
    *first = table[2 * i];
    *second = table[2 * i + 1];
  }
  // The same of tables of few entries, for tiers that have registers for them: up to 32 integers, 128 floats,
  // 128 pairs of floats.
  struct Integers32 {
    const int32_t* t;
  };
  static HQ_INLINE Integers32 integers32(const int32_t* table, uint32_t entries) {
    (void)entries;
    return {table};
  }
  static HQ_INLINE I gather(const Integers32& table, I i) { return table.t[i]; }
  struct Floats128 {
    const float* t;
  };
  static HQ_INLINE Floats128 floats128(const float* table, uint32_t entries) {
    (void)entries;
    return {table};
  }
  static HQ_INLINE V gather(const Floats128& table, I i) { return table.t[i]; }
  struct Pairs128 {
    const float* t;
  };
  static HQ_INLINE Pairs128 pairs128(const float* table, uint32_t entries) {
    (void)entries;
    return {table};
  }
  static HQ_INLINE void gather_pair(const Pairs128& table, I i, V* first, V* second) {
    gather_pair(table.t, i, first, second);
  }
  static HQ_INLINE I load_u8(const uint8_t* p) { return *p; }
  static HQ_INLINE void store_u8(uint8_t* p, I v) { *p = (uint8_t)v; }
  // Largest of |v| as its bit pattern (ordered as integers; >= 0x7f800000 means not finite).
  using Max = uint32_t;
  static HQ_INLINE Max max_zero() { return 0; }
  static HQ_INLINE Max max_abs(Max m, V v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits &= 0x7fffffffu;
    return bits > m ? bits : m;
  }
  static HQ_INLINE uint32_t reduce_max(Max m) { return m; }
};

struct I8 {
  using V = int8_t;
  using Acc = int32_t;
  static constexpr int kBytes = 1;
  static HQ_INLINE V load(const void* p) {
    V v;
    memcpy(&v, p, 1);
    return v;
  }
  // For what is used several times.
  static HQ_INLINE V load_kept(const void* p) { return load(p); }
  static HQ_INLINE void store(void* p, V v) { memcpy(p, &v, 1); }
  // Field `field` of every byte, each `width` bits wide (1, 2 or 4).
  static HQ_INLINE V field(V v, int width, int field) {
    return (V)(((uint8_t)v >> (field * width)) & ((1 << width) - 1));
  }
  // kBytes codes of kWidth bits (1, 2, 4), in the bits from `low` on of each byte, to kBytes * kWidth / 8
  // packed bytes and back. Not for one byte: kernels pack eight codes in a word instead.
  template <int kWidth>
  static HQ_INLINE void pack(V codes, int low, uint8_t* out) = delete;
  template <int kWidth>
  static HQ_INLINE V unpack(const uint8_t* packed) = delete;
  static HQ_INLINE V shift_left(V v, int n) { return (V)((uint8_t)v << n); }
  static HQ_INLINE V either(V a, V b) { return (V)(a | b); }
  // table[v], v < 16.
  struct Table16 {
    const int8_t* t;
  };
  static HQ_INLINE Table16 table16(const int8_t* t) { return {t}; }
  static HQ_INLINE V lookup16(Table16 t, V v) { return t.t[(uint8_t)v]; }
  // table[field t of every byte], the fields kWidth bits wide.
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    return table16(t);
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return lookup16(table, field(v, kWidth, t));
  }
  // table[v], v < 16 * blocks.
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    (void)blocks;
    return table[(uint8_t)v];
  }
  // Tables for lookup16 and `biased` add kBias to every level, for tiers that multiply unsigned bytes.
  static constexpr int kBias = 0;
  static HQ_INLINE V biased(V level) { return level; }
  // Rows that meet several queries at once.
  static constexpr int kRowsOfGroup = 1;
  static HQ_INLINE Acc acc_zero() { return 0; }
  // acc + the products of level + kBias and q, summed in any order (exact). |q| <= 127, and |level| <= 127.
  static HQ_INLINE Acc dot(Acc acc, V level, V q) { return acc + (int32_t)level * q; }
  static HQ_INLINE void reduce4(Acc a, Acc b, Acc c, Acc d, int32_t* out) {
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  }
  // Sums of the q whose bit is set: bit t of every byte, then up to 8 sums in narrow lanes, then in wide
  // ones.
  // A tier that sums in wide lanes at once takes acc for its narrow sums, and them for acc.
  using Narrow = int32_t;
  static HQ_INLINE Narrow narrow_sums(Acc) { return 0; }
  static HQ_INLINE V bit(V v, int t) { return (V)((uint8_t)v >> t & 1); }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) { return sums + (bit ? q : 0); }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) { return acc + sums; }
  static HQ_INLINE int32_t reduce(Acc acc) { return acc; }
};

struct Crc {
  static constexpr bool kHardware = false;
  // One step of CRC-32C over eight bytes, little-endian, where the CPU has an instruction for it.
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t) { return crc; }
};
#endif

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
