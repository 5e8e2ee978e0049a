// SPDX-License-Identifier: Apache-2.0
// AVX-512 F, BW, DQ, VL: 16 floats, 8 doubles, 64 bytes. Meanings: simd_scalar.h.
// FMA is used only where the product is exact (a factor of +-1), so it rounds like an add.
#pragma once
#include <immintrin.h>

#include "simd/simd_scalar.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct U64 {
  using V = __m512i;
  static constexpr int kLanes = 8;
  static HQ_INLINE V load(const uint64_t* p) { return _mm512_loadu_si512(p); }
  static HQ_INLINE void store(uint64_t* p, V v) { _mm512_storeu_si512(p, v); }
  static HQ_INLINE V splat(uint64_t x) { return _mm512_set1_epi64((long long)x); }
  static HQ_INLINE V add(V a, V b) { return _mm512_add_epi64(a, b); }
  static HQ_INLINE V mul(V a, uint64_t b) { return _mm512_mullo_epi64(a, splat(b)); }
  static HQ_INLINE V bit_and(V a, V b) { return _mm512_and_si512(a, b); }
  static HQ_INLINE V bit_xor(V a, V b) { return _mm512_xor_si512(a, b); }
  static HQ_INLINE V shift_right(V a, int n) { return _mm512_srl_epi64(a, _mm_cvtsi32_si128(n)); }
};

struct F32 {
  using Elem = float;
  using V = __m512;
  using I = __m512i;
  static constexpr int kLanes = 16;
  static constexpr int kLog2Radix = 4;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const float* p) { return _mm512_loadu_ps(p); }
  static HQ_INLINE void store(float* p, V v) { _mm512_storeu_ps(p, v); }
  static HQ_INLINE V load_first(const float* p, size_t n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
  }
  static HQ_INLINE void store_first(float* p, size_t n, V v) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
  }
  static HQ_INLINE V splat(float x) { return _mm512_set1_ps(x); }
  static HQ_INLINE V add(V a, V b) { return _mm512_add_ps(a, b); }
  static HQ_INLINE V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static HQ_INLINE V sub_fused(V a, V b) { return _mm512_fnmadd_ps(b, _mm512_set1_ps(1), a); }
  static HQ_INLINE V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static HQ_INLINE V abs(V a) { return _mm512_abs_ps(a); }
  static HQ_INLINE V flip(V v, const uint8_t* signs, size_t i) {
    uint16_t bits;
    memcpy(&bits, signs + (i >> 3), 2);
    return _mm512_mask_xor_ps(v, bits, v, _mm512_set1_ps(-0.0f));
  }
  static HQ_INLINE V butterflies(V v) {
    const V s1 = _mm512_castsi512_ps(_mm512_set1_epi64((long long)0xBF8000003F800000ull));
    const V s2 = _mm512_setr_ps(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1);
    const V s4 = _mm512_setr_ps(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1);
    const V s8 = _mm512_setr_ps(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1);
    v = _mm512_fmadd_ps(v, s1, _mm512_permute_ps(v, 0xB1));
    v = _mm512_fmadd_ps(v, s2, _mm512_permute_ps(v, 0x4E));
    v = _mm512_fmadd_ps(v, s4, _mm512_shuffle_f32x4(v, v, 0xB1));
    return _mm512_fmadd_ps(v, s8, _mm512_shuffle_f32x4(v, v, 0x4E));
  }
  static HQ_INLINE V max(V a, V b) { return _mm512_max_ps(a, b); }
  static HQ_INLINE bool any_above(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) != 0; }
  static HQ_INLINE I zero_i() { return _mm512_setzero_si512(); }
  static HQ_INLINE I load_i(const void* p) { return _mm512_loadu_si512(p); }
  static HQ_INLINE V from_i(I a) { return _mm512_cvtepi32_ps(a); }
  static HQ_INLINE I add_i(I a, I b) { return _mm512_add_epi32(a, b); }
  static HQ_INLINE I sub_i(I a, I b) { return _mm512_sub_epi32(a, b); }
  static HQ_INLINE I shift_left(I a, int n) { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(n)); }
  static HQ_INLINE I shift_right(I a, int n) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(n)); }
  static HQ_INLINE I count_ge(I c, V v, V t) {
    return _mm512_mask_add_epi32(c, _mm512_cmp_ps_mask(v, t, _CMP_GE_OQ), c, _mm512_set1_epi32(1));
  }
  // 32 uniform bins between the outer thresholds, most often with at most one threshold each: one compare
  // with the bin's settles the code. Thresholds too close for that are searched by halves.
  struct Thresholds16 {
    bool binned;
    V reach, scale;         // the bin of v: the nearest integer to min(|v|, reach) * scale with v's sign
    V low, high;            // thresholds of the bins, or thresholds 0 .. and 1 ..
    I base_low, base_high;  // thresholds in the bins before
    V eighth, by4;          // threshold 7, thresholds 3 ..
  };
  static HQ_INLINE I uniform_bin(V reach, V scale, V v) {
    const V clamped = _mm512_range_ps(v, reach, 0x02);  // the smaller magnitude, the sign of v
    // adding 3 * 2^22 + 16 leaves the integer in the low bits of the sum
    return _mm512_castps_si512(_mm512_fmadd_ps(clamped, scale, _mm512_set1_ps(12582912.0f + 16)));
  }
  static HQ_INLINE Thresholds16 thresholds16(const float* t, uint32_t count) {
    float padded[19];
    pad_thresholds(t, count, padded, 19);
    Thresholds16 out;
    const float first = padded[0] < 0 ? -padded[0] : padded[0],
                last = t[count - 1] < 0 ? -t[count - 1] : t[count - 1];
    const float reach = first > last ? first : last;
    out.reach = splat(reach);
    out.scale = splat(reach > 0 ? 15 / reach : 0);
    out.eighth = splat(padded[7]);
    out.by4 = load(padded + 3);
    float limits[32];
    int32_t base[32], bins[16];
    pad_thresholds(t, 0, limits, 32);
    _mm512_storeu_si512(
        bins, _mm512_and_si512(uniform_bin(out.reach, out.scale, load(padded)), _mm512_set1_epi32(31)));
    out.binned = true;
    for (uint32_t i = 0, bin = 0; i <= count; i++) {
      const uint32_t end = i < count ? (uint32_t)bins[i] : 31;
      if (i < count && i > 0 && bins[i] == bins[i - 1]) out.binned = false;
      for (; bin <= end; bin++) base[bin] = (int32_t)i;
      if (i < count) limits[end] = t[i];
    }
    out.low = out.binned ? load(limits) : load(padded);
    out.high = out.binned ? load(limits + 16) : load(padded + 1);
    out.base_low = _mm512_loadu_si512(base);
    out.base_high = _mm512_loadu_si512(base + 16);
    return out;
  }
  static HQ_INLINE I code16(const Thresholds16& s, V v) {
    if (s.binned) {
      const I bin = uniform_bin(s.reach, s.scale, v);
      const V limit = _mm512_permutex2var_ps(s.low, bin, s.high);
      const I base = _mm512_permutex2var_epi32(s.base_low, bin, s.base_high);
      return _mm512_mask_add_epi32(base, _mm512_cmp_ps_mask(v, limit, _CMP_GE_OQ), base,
                                   _mm512_set1_epi32(1));
    }
    I code = _mm512_maskz_set1_epi32(_mm512_cmp_ps_mask(v, s.eighth, _CMP_GE_OQ), 8);
    code = search_step(code, v, s.by4, 4);
    code = search_step(code, v, s.high, 2);
    return search_step(code, v, s.low, 1);
  }
  static HQ_INLINE I search_step(I code, V v, V table, int step) {
    const __mmask16 above = _mm512_cmp_ps_mask(v, _mm512_permutexvar_ps(code, table), _CMP_GE_OQ);
    return _mm512_mask_or_epi32(code, above, code, _mm512_set1_epi32(step));
  }
  using Levels16 = V;
  static HQ_INLINE Levels16 levels16(const float* table, uint32_t entries) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << entries) - 1), table);
  }
  static HQ_INLINE V level16(const Levels16& table, I code) { return _mm512_permutexvar_ps(code, table); }
  static HQ_INLINE I bin(V v, V top) {
    return _mm512_cvttps_epi32(_mm512_min_ps(_mm512_max_ps(v, _mm512_setzero_ps()), top));
  }
  static HQ_INLINE I gather(const int32_t* table, I i) { return _mm512_i32gather_epi32(i, table, 4); }
  static HQ_INLINE V gather(const float* table, I i) { return _mm512_i32gather_ps(i, table, 4); }
  // The even and the odd ones of 32 floats.
  static HQ_INLINE void split_pairs(V a, V b, V* first, V* second) {
    const I even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *first = _mm512_permutex2var_ps(a, even, b);
    *second = _mm512_permutex2var_ps(a, _mm512_add_epi32(even, _mm512_set1_epi32(1)), b);
  }
  // A pair is gathered as one double: elements cost, not bytes.
  static HQ_INLINE void gather_pair(const float* table, I i, V* first, V* second) {
    const __m512d a = _mm512_i32gather_pd(_mm512_castsi512_si256(i), table, 8);
    const __m512d b = _mm512_i32gather_pd(_mm512_extracti64x4_epi64(i, 1), table, 8);
    split_pairs(_mm512_castpd_ps(a), _mm512_castpd_ps(b), first, second);
  }
  // Entries at .. at + 15 of a table, zeros behind its end.
  static HQ_INLINE V load_entries(const float* table, uint32_t entries, uint32_t at) {
    const uint32_t left = entries > at ? entries - at : 0;
    return _mm512_maskz_loadu_ps((__mmask16)((1u << (left < 16 ? left : 16)) - 1), table + at);
  }
  struct Integers32 {
    I low, high;
  };
  static HQ_INLINE Integers32 integers32(const int32_t* table, uint32_t entries) {
    return {_mm512_castps_si512(load_entries((const float*)table, entries, 0)),
            _mm512_castps_si512(load_entries((const float*)table, entries, 16))};
  }
  static HQ_INLINE I gather(const Integers32& table, I i) {
    return _mm512_permutex2var_epi32(table.low, i, table.high);
  }
  struct Floats128 {
    V t[8];
  };
  static HQ_INLINE Floats128 floats128(const float* table, uint32_t entries) {
    Floats128 out;
    for (uint32_t k = 0; k < 8; k++) out.t[k] = load_entries(table, entries, 16 * k);
    return out;
  }
  static HQ_INLINE V gather(const Floats128& table, I i) {
    const V* t = table.t;
    const __mmask16 bit5 = _mm512_test_epi32_mask(i, _mm512_set1_epi32(32));
    const __mmask16 bit6 = _mm512_test_epi32_mask(i, _mm512_set1_epi32(64));
    const V low = _mm512_mask_blend_ps(bit5, _mm512_permutex2var_ps(t[0], i, t[1]),
                                       _mm512_permutex2var_ps(t[2], i, t[3]));
    const V high = _mm512_mask_blend_ps(bit5, _mm512_permutex2var_ps(t[4], i, t[5]),
                                        _mm512_permutex2var_ps(t[6], i, t[7]));
    return _mm512_mask_blend_ps(bit6, low, high);
  }
  struct Pairs128 {
    Floats128 first, second;
  };
  static HQ_INLINE Pairs128 pairs128(const float* table, uint32_t entries) {
    Pairs128 out;
    for (uint32_t k = 0; k < 8; k++)
      split_pairs(load_entries(table, 2 * entries, 32 * k), load_entries(table, 2 * entries, 32 * k + 16),
                  &out.first.t[k], &out.second.t[k]);
    return out;
  }
  static HQ_INLINE void gather_pair(const Pairs128& table, I i, V* first, V* second) {
    *first = gather(table.first, i);
    *second = gather(table.second, i);
  }
  static HQ_INLINE I load_u8(const uint8_t* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)p));
  }
  static HQ_INLINE void store_u8(uint8_t* p, I v) { _mm_storeu_si128((__m128i*)p, _mm512_cvtepi32_epi8(v)); }
  using Max = __m512i;
  static HQ_INLINE Max max_zero() { return _mm512_setzero_si512(); }
  static HQ_INLINE Max max_abs(Max m, V v) { return _mm512_max_epi32(m, _mm512_castps_si512(abs(v))); }
  static HQ_INLINE uint32_t reduce_max(Max m) { return (uint32_t)_mm512_reduce_max_epi32(m); }
};

struct F64 {
  using Elem = double;
  using V = __m512d;
  static constexpr int kLanes = 8;
  static constexpr int kLog2Radix = 4;
  static constexpr int kColumns = 1;
  static constexpr bool kPairs = false;
  static HQ_INLINE V load(const double* p) { return _mm512_loadu_pd(p); }
  static HQ_INLINE void store(double* p, V v) { _mm512_storeu_pd(p, v); }
  static HQ_INLINE V load_first(const double* p, size_t n) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
  }
  static HQ_INLINE void store_first(double* p, size_t n, V v) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), v);
  }
  static HQ_INLINE V splat(double x) { return _mm512_set1_pd(x); }
  static HQ_INLINE V add(V a, V b) { return _mm512_add_pd(a, b); }
  static HQ_INLINE V sub(V a, V b) { return _mm512_sub_pd(a, b); }
  static HQ_INLINE V from_i32(const int32_t* p) {
    return _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i*)p));
  }
  static HQ_INLINE bool any_ge(V a, V b) { return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ) != 0; }
  static HQ_INLINE V sub_fused(V a, V b) { return _mm512_fnmadd_pd(b, _mm512_set1_pd(1), a); }
  static HQ_INLINE V mul(V a, V b) { return _mm512_mul_pd(a, b); }
  static HQ_INLINE V butterflies(V v) {
    v = _mm512_fmadd_pd(v, _mm512_setr_pd(1, -1, 1, -1, 1, -1, 1, -1), _mm512_permute_pd(v, 0x55));
    v = _mm512_fmadd_pd(v, _mm512_setr_pd(1, 1, -1, -1, 1, 1, -1, -1), _mm512_permutex_pd(v, 0x4E));
    return _mm512_fmadd_pd(v, _mm512_setr_pd(1, 1, 1, 1, -1, -1, -1, -1), _mm512_shuffle_f64x2(v, v, 0x4E));
  }
};

struct I8Avx512 {
  using V = __m512i;
  using Acc = __m512i;
  static constexpr int kBytes = 64;
  static HQ_INLINE V load(const void* p) { return _mm512_loadu_si512(p); }
  static HQ_INLINE V load_kept(const void* p) {
    V v = load(p);
    HQ_KEEP(v);
    return v;
  }
  static HQ_INLINE void store(void* p, V v) { _mm512_storeu_si512(p, v); }
  static HQ_INLINE V field(V v, int width, int field) {
    return _mm512_and_si512(_mm512_srli_epi16(v, field * width), _mm512_set1_epi8((char)((1 << width) - 1)));
  }
  template <int kWidth>
  static HQ_INLINE void pack(V codes, int low, uint8_t* out) {
    if constexpr (kWidth == 1) {
      const __mmask64 bits = _mm512_movepi8_mask(_mm512_sll_epi16(codes, _mm_cvtsi32_si128(7 - low)));
      memcpy(out, &bits, 8);
      return;
    }
    const V mask = _mm512_set1_epi8((1 << kWidth) - 1);
    const V clean = _mm512_and_si512(_mm512_srl_epi16(codes, _mm_cvtsi32_si128(low)), mask);
    const V pairs = _mm512_maddubs_epi16(clean, _mm512_set1_epi16((1 << (8 + kWidth)) | 1));
    if constexpr (kWidth == 4) {
      _mm256_storeu_si256((__m256i*)out, _mm512_cvtepi16_epi8(pairs));
    } else {
      const V fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32((1 << 20) | 1));
      _mm_storeu_si128((__m128i*)out, _mm512_cvtepi32_epi8(fours));
    }
  }
  template <int kWidth>
  static HQ_INLINE V unpack(const uint8_t* packed) {
    if constexpr (kWidth == 1) {
      __mmask64 bits;
      memcpy(&bits, packed, 8);
      return _mm512_maskz_set1_epi8(bits, 1);
    } else if constexpr (kWidth == 2) {
      V x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)packed));
      x = _mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi32(x, 12)), _mm512_set1_epi32(0x000F000F));
      return _mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi32(x, 6)), _mm512_set1_epi8(3));
    } else {
      const V x = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i*)packed));
      return _mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi16(x, 4)), _mm512_set1_epi8(15));
    }
  }
  static HQ_INLINE V shift_left(V v, int n) {  // the bits that leave a byte are zero
    return _mm512_sll_epi16(v, _mm_cvtsi32_si128(n));
  }
  static HQ_INLINE V either(V a, V b) { return _mm512_or_si512(a, b); }
  using Table16 = __m512i;
  static HQ_INLINE Table16 table16(const int8_t* t) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i*)t));
  }
  static HQ_INLINE V lookup16(Table16 t, V v) { return _mm512_shuffle_epi8(t, v); }
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    return table16(t);
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return lookup16(table, field(v, kWidth, t));
  }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    V out = _mm512_setzero_si512();
    for (int b = 0; b < blocks; b++) {
      // v - 16 b is below 16 only in block b; the saturating add sets the top bit elsewhere, which shuffles
      // to 0
      const V local =
          _mm512_adds_epu8(_mm512_sub_epi8(v, _mm512_set1_epi8((char)(16 * b))), _mm512_set1_epi8(0x70));
      out = _mm512_or_si512(out, _mm512_shuffle_epi8(table16(table + 16 * b), local));
    }
    return out;
  }
  static constexpr int kBias = 0;
  static HQ_INLINE V biased(V level) { return level; }
  static constexpr int kRowsOfGroup = 4;
  static HQ_INLINE Acc acc_zero() { return _mm512_setzero_si512(); }
  static HQ_INLINE Acc dot(Acc acc, V level, V q) {
    const V signed_q = _mm512_mask_sub_epi8(q, _mm512_movepi8_mask(level), _mm512_setzero_si512(), q);
    const V pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(level), signed_q);  // <= 2 * 127 * 127
    return _mm512_add_epi32(acc, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
  static HQ_INLINE void reduce4(Acc a, Acc b, Acc c, Acc d, int32_t* out) {
    const V ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const V cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    const V s = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
    const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    _mm_storeu_si128((__m128i*)out, sums);
  }
  using Narrow = __m512i;  // 16 bits
  static HQ_INLINE Narrow narrow_sums(Acc) { return _mm512_setzero_si512(); }
  static HQ_INLINE V bit(V v, int t) {
    return _mm512_and_si512(_mm512_srli_epi16(v, t), _mm512_set1_epi8(1));
  }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) {
    return _mm512_add_epi16(sums, _mm512_maddubs_epi16(bit, q));
  }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) {
    return _mm512_add_epi32(acc, _mm512_madd_epi16(sums, _mm512_set1_epi16(1)));
  }
  static HQ_INLINE int32_t reduce(Acc a) { return _mm512_reduce_add_epi32(a); }
};

#if !defined(HQ_SIMD_AVX512ICL)
using I8 = I8Avx512;
#endif

struct Crc {
  static constexpr bool kHardware = true;
  static HQ_INLINE uint32_t step8(uint32_t crc, uint64_t x) { return (uint32_t)_mm_crc32_u64(crc, x); }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
