// SPDX-License-Identifier: Apache-2.0
// AVX2 + FMA: 8 floats, 4 doubles, 32 bytes. Meanings: simd_scalar.h.
// FMA is used only where the product is exact (a factor of +-1), so it rounds like an add.
#pragma once
#include <immintrin.h>

#include "simd/simd_scalar.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

// The first n of eight or four lanes.
HQ_INLINE __m256i first_lanes32(size_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
HQ_INLINE __m256i first_lanes64(size_t n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), _mm256_setr_epi64x(0, 1, 2, 3));
}

struct U64 {
  using V = __m256i;
  static constexpr int kLanes = 4;
  static HQ_INLINE V load(const uint64_t* p) { return _mm256_loadu_si256((const __m256i*)p); }
  static HQ_INLINE void store(uint64_t* p, V v) { _mm256_storeu_si256((__m256i*)p, v); }
  static HQ_INLINE V splat(uint64_t x) { return _mm256_set1_epi64x((long long)x); }
  static HQ_INLINE V add(V a, V b) { return _mm256_add_epi64(a, b); }
  static HQ_INLINE V mul(V a, uint64_t b) {  // from products of halves; that of the upper ones is beyond 2^64
    const V low = splat(b), high = splat(b >> 32);
    const V cross =
        _mm256_add_epi64(_mm256_mul_epu32(a, high), _mm256_mul_epu32(_mm256_srli_epi64(a, 32), low));
    return _mm256_add_epi64(_mm256_mul_epu32(a, low), _mm256_slli_epi64(cross, 32));
  }
  static HQ_INLINE V bit_and(V a, V b) { return _mm256_and_si256(a, b); }
  static HQ_INLINE V bit_xor(V a, V b) { return _mm256_xor_si256(a, b); }
  static HQ_INLINE V shift_right(V a, int n) { return _mm256_srl_epi64(a, _mm_cvtsi32_si128(n)); }
};

struct F32 {
  using Elem = float;
  using V = __m256;
  using I = __m256i;
  static constexpr int kLanes = 8;
  static constexpr int kLog2Radix = 3;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const float* p) { return _mm256_loadu_ps(p); }
  static HQ_INLINE void store(float* p, V v) { _mm256_storeu_ps(p, v); }
  static HQ_INLINE V load_first(const float* p, size_t n) { return _mm256_maskload_ps(p, first_lanes32(n)); }
  static HQ_INLINE void store_first(float* p, size_t n, V v) { _mm256_maskstore_ps(p, first_lanes32(n), v); }
  static HQ_INLINE V splat(float x) { return _mm256_set1_ps(x); }
  static HQ_INLINE V add(V a, V b) { return _mm256_add_ps(a, b); }
  static HQ_INLINE V sub(V a, V b) { return _mm256_sub_ps(a, b); }
  static HQ_INLINE V sub_fused(V a, V b) { return _mm256_fnmadd_ps(b, _mm256_set1_ps(1), a); }
  static HQ_INLINE V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static HQ_INLINE V abs(V a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  static HQ_INLINE V flip(V v, const uint8_t* signs, size_t i) {
    const __m256i bits = _mm256_sllv_epi32(_mm256_set1_epi32(signs[i >> 3]),
                                           _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24));
    return _mm256_xor_ps(v, _mm256_and_ps(_mm256_castsi256_ps(bits), _mm256_set1_ps(-0.0f)));
  }
  static HQ_INLINE V butterflies(V v) {
    v = _mm256_fmadd_ps(v, _mm256_setr_ps(1, -1, 1, -1, 1, -1, 1, -1), _mm256_permute_ps(v, 0xB1));
    v = _mm256_fmadd_ps(v, _mm256_setr_ps(1, 1, -1, -1, 1, 1, -1, -1), _mm256_permute_ps(v, 0x4E));
    return _mm256_fmadd_ps(v, _mm256_setr_ps(1, 1, 1, 1, -1, -1, -1, -1), _mm256_permute2f128_ps(v, v, 1));
  }
  static HQ_INLINE V max(V a, V b) { return _mm256_max_ps(a, b); }
  static HQ_INLINE bool any_above(V a, V b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)) != 0;
  }
  static HQ_INLINE I zero_i() { return _mm256_setzero_si256(); }
  static HQ_INLINE I load_i(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
  static HQ_INLINE V from_i(I a) { return _mm256_cvtepi32_ps(a); }
  static HQ_INLINE I add_i(I a, I b) { return _mm256_add_epi32(a, b); }
  static HQ_INLINE I sub_i(I a, I b) { return _mm256_sub_epi32(a, b); }
  static HQ_INLINE I shift_left(I a, int n) { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(n)); }
  static HQ_INLINE I shift_right(I a, int n) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(n)); }
  static HQ_INLINE I count_ge(I c, V v, V t) {
    return _mm256_sub_epi32(c, _mm256_castps_si256(_mm256_cmp_ps(v, t, _CMP_GE_OQ)));
  }
  struct Thresholds16 {
    V eighth, by4, by2, by1;  // thresholds 3, 11; 1, 5, 9, 13; 0, 2, ... 14: a search by halves
  };
  static HQ_INLINE Thresholds16 thresholds16(const float* t, uint32_t count) {
    float p[15];
    pad_thresholds(t, count, p, 15);
    return {splat(p[7]), _mm256_setr_ps(p[3], p[11], 0, 0, 0, 0, 0, 0),
            _mm256_setr_ps(p[1], p[5], p[9], p[13], 0, 0, 0, 0),
            _mm256_setr_ps(p[0], p[2], p[4], p[6], p[8], p[10], p[12], p[14])};
  }
  static HQ_INLINE I code16(const Thresholds16& s, V v) {
    I code = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cmp_ps(v, s.eighth, _CMP_GE_OQ)), 31);
    code = search_step(code, v, s.by4);
    code = search_step(code, v, s.by2);
    return search_step(code, v, s.by1);
  }
  static HQ_INLINE I search_step(I code, V v, V table) {
    const V above = _mm256_cmp_ps(v, _mm256_permutevar8x32_ps(table, code), _CMP_GE_OQ);
    return _mm256_sub_epi32(_mm256_add_epi32(code, code), _mm256_castps_si256(above));
  }
  struct Levels16 {
    V low, high;
  };
  static HQ_INLINE Levels16 levels16(const float* table, uint32_t entries) {
    float padded[16];
    pad_levels(table, entries, padded);
    return {load(padded), load(padded + 8)};
  }
  static HQ_INLINE V level16(const Levels16& table, I code) {
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(table.low, code),
                            _mm256_permutevar8x32_ps(table.high, code),
                            _mm256_castsi256_ps(_mm256_slli_epi32(code, 28)));
  }
  static HQ_INLINE I bin(V v, V top) {
    return _mm256_cvttps_epi32(_mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), top));
  }
  static HQ_INLINE I gather(const int32_t* table, I i) {
    return _mm256_i32gather_epi32((const int*)table, i, 4);
  }
  static HQ_INLINE V gather(const float* table, I i) { return _mm256_i32gather_ps(table, i, 4); }
  // Plain loads of whole pairs take two thirds of the time of gathers.
  static HQ_INLINE void gather_pair(const float* table, I i, V* first, V* second) {
    const __m128i low = _mm256_castsi256_si128(i), high = _mm256_extracti128_si256(i, 1);
    const V a = _mm256_insertf128_ps(_mm256_castps128_ps256(two_pairs(table, _mm_cvtsi128_si64(low))),
                                     two_pairs(table, _mm_cvtsi128_si64(high)), 1);
    const V b = _mm256_insertf128_ps(_mm256_castps128_ps256(two_pairs(table, _mm_extract_epi64(low, 1))),
                                     two_pairs(table, _mm_extract_epi64(high, 1)), 1);
    *first = _mm256_shuffle_ps(a, b, 0x88);
    *second = _mm256_shuffle_ps(a, b, 0xDD);
  }
  // The pairs that the two halves of `at` name.
  static HQ_INLINE __m128 two_pairs(const float* table, int64_t at) {
    const double* pairs = (const double*)table;
    return _mm_castpd_ps(_mm_loadh_pd(_mm_load_sd(pairs + (uint32_t)at), pairs + ((uint64_t)at >> 32)));
  }
  struct Integers32 {
    I t[4];
  };
  static HQ_INLINE Integers32 integers32(const int32_t* table, uint32_t entries) {
    int32_t padded[32] = {};
    memcpy(padded, table, entries * sizeof(int32_t));
    return {{load_i(padded), load_i(padded + 8), load_i(padded + 16), load_i(padded + 24)}};
  }
  static HQ_INLINE I gather(const Integers32& table, I i) {
    const V bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(i, 28)),
            bit4 = _mm256_castsi256_ps(_mm256_slli_epi32(i, 27));
    V t[4];
    for (int k = 0; k < 4; k++) t[k] = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(table.t[k], i));
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_blendv_ps(t[0], t[1], bit3), _mm256_blendv_ps(t[2], t[3], bit3), bit4));
  }
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
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p));
  }
  static HQ_INLINE void store_u8(uint8_t* p, I v) {
    const __m128i w = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64((__m128i*)p, _mm_packus_epi16(w, w));
  }
  using Max = __m256i;
  static HQ_INLINE Max max_zero() { return _mm256_setzero_si256(); }
  static HQ_INLINE Max max_abs(Max m, V v) { return _mm256_max_epi32(m, _mm256_castps_si256(abs(v))); }
  static HQ_INLINE uint32_t reduce_max(Max m) {
    __m128i a = _mm_max_epi32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
    a = _mm_max_epi32(a, _mm_shuffle_epi32(a, 0x4E));
    a = _mm_max_epi32(a, _mm_shuffle_epi32(a, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(a);
  }
};

struct F64 {
  using Elem = double;
  using V = __m256d;
  static constexpr int kLanes = 4;
  static constexpr int kLog2Radix = 3;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const double* p) { return _mm256_loadu_pd(p); }
  static HQ_INLINE void store(double* p, V v) { _mm256_storeu_pd(p, v); }
  static HQ_INLINE V load_first(const double* p, size_t n) { return _mm256_maskload_pd(p, first_lanes64(n)); }
  static HQ_INLINE void store_first(double* p, size_t n, V v) { _mm256_maskstore_pd(p, first_lanes64(n), v); }
  static HQ_INLINE V splat(double x) { return _mm256_set1_pd(x); }
  static HQ_INLINE V add(V a, V b) { return _mm256_add_pd(a, b); }
  static HQ_INLINE V sub(V a, V b) { return _mm256_sub_pd(a, b); }
  static HQ_INLINE V from_i32(const int32_t* p) {
    return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i*)p));
  }
  static HQ_INLINE bool any_ge(V a, V b) { return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GE_OQ)) != 0; }
  static HQ_INLINE V sub_fused(V a, V b) { return _mm256_fnmadd_pd(b, _mm256_set1_pd(1), a); }
  static HQ_INLINE V mul(V a, V b) { return _mm256_mul_pd(a, b); }
  static HQ_INLINE V butterflies(V v) {
    v = _mm256_fmadd_pd(v, _mm256_setr_pd(1, -1, 1, -1), _mm256_permute_pd(v, 0x5));
    return _mm256_fmadd_pd(v, _mm256_setr_pd(1, 1, -1, -1), _mm256_permute2f128_pd(v, v, 1));
  }
};

struct I8 {
  using V = __m256i;
  using Acc = __m256i;
  static constexpr int kBytes = 32;
  static HQ_INLINE V load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
  static HQ_INLINE V load_kept(const void* p) {
    V v = load(p);
    HQ_KEEP(v);
    return v;
  }
  static HQ_INLINE void store(void* p, V v) { _mm256_storeu_si256((__m256i*)p, v); }
  static HQ_INLINE V field(V v, int width, int field) {
    return _mm256_and_si256(_mm256_srli_epi16(v, field * width), _mm256_set1_epi8((char)((1 << width) - 1)));
  }
  template <int kWidth>
  static HQ_INLINE void pack(V codes, int low, uint8_t* out) {
    if constexpr (kWidth == 1) {
      const int bits = _mm256_movemask_epi8(_mm256_sll_epi16(codes, _mm_cvtsi32_si128(7 - low)));
      memcpy(out, &bits, 4);
      return;
    }
    const V mask = _mm256_set1_epi8((1 << kWidth) - 1);
    const V clean = _mm256_and_si256(_mm256_srl_epi16(codes, _mm_cvtsi32_si128(low)), mask);
    const V pairs = _mm256_maddubs_epi16(clean, _mm256_set1_epi16((1 << (8 + kWidth)) | 1));
    if constexpr (kWidth == 4) {
      const V bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0x08);
      _mm_storeu_si128((__m128i*)out, _mm256_castsi256_si128(bytes));
    } else {
      const V fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32((1 << 20) | 1));
      const V words = _mm256_packus_epi32(fours, fours);
      const V bytes = _mm256_packus_epi16(words, words);
      const __m128i both =
          _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
      _mm_storel_epi64((__m128i*)out, both);
    }
  }
  template <int kWidth>
  static HQ_INLINE V unpack(const uint8_t* packed) {
    if constexpr (kWidth == 1) {
      int bits;
      memcpy(&bits, packed, 4);
      const V byte = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2,
                                      3, 3, 3, 3, 3, 3, 3, 3);
      const V bit = _mm256_set1_epi64x((long long)0x8040201008040201ull);
      const V spread = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte), bit);
      return _mm256_and_si256(_mm256_cmpeq_epi8(spread, bit), _mm256_set1_epi8(1));
    } else if constexpr (kWidth == 2) {
      V x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)packed));
      x = _mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi32(x, 12)), _mm256_set1_epi32(0x000F000F));
      return _mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi32(x, 6)), _mm256_set1_epi8(3));
    } else {
      const V x = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)packed));
      return _mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi16(x, 4)), _mm256_set1_epi8(15));
    }
  }
  static HQ_INLINE V shift_left(V v, int n) {  // the bits that leave a byte are zero
    return _mm256_sll_epi16(v, _mm_cvtsi32_si128(n));
  }
  static HQ_INLINE V either(V a, V b) { return _mm256_or_si256(a, b); }
  using Table16 = __m256i;
  static HQ_INLINE Table16 table16(const int8_t* t) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)t));
  }
  static HQ_INLINE V lookup16(Table16 t, V v) { return _mm256_shuffle_epi8(t, v); }
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    return table16(t);
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return lookup16(table, field(v, kWidth, t));
  }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    V out = _mm256_setzero_si256();
    for (int b = 0; b < blocks; b++) {
      // v - 16 b is below 16 only in block b; the saturating add sets the top bit elsewhere, which shuffles
      // to 0
      const V local =
          _mm256_adds_epu8(_mm256_sub_epi8(v, _mm256_set1_epi8((char)(16 * b))), _mm256_set1_epi8(0x70));
      out = _mm256_or_si256(out, _mm256_shuffle_epi8(table16(table + 16 * b), local));
    }
    return out;
  }
  static constexpr int kBias = 0;
  static HQ_INLINE V biased(V level) { return level; }
  static constexpr int kRowsOfGroup = 1;
  static HQ_INLINE Acc acc_zero() { return _mm256_setzero_si256(); }
  static HQ_INLINE Acc dot(Acc acc, V level, V q) {
    const V pairs =
        _mm256_maddubs_epi16(_mm256_abs_epi8(level), _mm256_sign_epi8(q, level));  // <= 2 * 127 * 127
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static HQ_INLINE void reduce4(Acc a, Acc b, Acc c, Acc d, int32_t* out) {
    const V s = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    _mm_storeu_si128((__m128i*)out, sums);
  }
  using Narrow = __m256i;  // 16 bits
  static HQ_INLINE Narrow narrow_sums(Acc) { return _mm256_setzero_si256(); }
  static HQ_INLINE V bit(V v, int t) {
    return _mm256_and_si256(_mm256_srli_epi16(v, t), _mm256_set1_epi8(1));
  }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) {
    return _mm256_add_epi16(sums, _mm256_maddubs_epi16(bit, q));
  }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(sums, _mm256_set1_epi16(1)));
  }
  static HQ_INLINE int32_t reduce(Acc a) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
    return _mm_cvtsi128_si32(s);
  }
};

struct Crc {
  static constexpr bool kHardware = true;
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t x) { return (uint32_t)_mm_crc32_u64(crc, x); }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
