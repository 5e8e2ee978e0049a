// SPDX-License-Identifier: Apache-2.0
// AVX-512 with VNNI, VBMI and GFNI, as from Ice Lake and Zen 4 on: simd_avx512.h but for the byte vectors of
// the scan, whose products of unsigned and signed bytes are one instruction. Meanings: simd_scalar.h.
#pragma once
#define HQ_SIMD_AVX512ICL 1
#include "simd/simd_avx512.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct I8 : I8Avx512 {
  static constexpr int kBias = 128;
  static HQ_INLINE V biased(V level) { return _mm512_xor_si512(level, _mm512_set1_epi8((char)0x80)); }
  static HQ_INLINE Table16 table16(const int8_t* t) { return biased(I8Avx512::table16(t)); }
  static HQ_INLINE V lookup(const int8_t* table, int blocks, V v) {
    if (blocks <= 4) {  // up to 64 entries: one lookup of six bits
      const __mmask64 have = blocks == 4 ? ~(__mmask64)0 : ((__mmask64)1 << (16 * blocks)) - 1;
      return _mm512_permutexvar_epi8(v, _mm512_maskz_loadu_epi8(have, table));
    }
    const V low = _mm512_permutex2var_epi8(load(table), v, load(table + 64));  // seven bits
    if (blocks == 8) return low;
    const V high = _mm512_permutex2var_epi8(load(table + 128), v, load(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high);
  }
  // The lookup takes six bits; those above a field pick one of several copies of the table, so that no mask
  // is needed.
  template <int kWidth>
  static HQ_INLINE Table16 field_table(const int8_t* t) {
    const V lanes = table16(t);
    return kWidth == 4 ? lanes : _mm512_shuffle_epi8(lanes, _mm512_set1_epi32(0x03020100));
  }
  template <int kWidth>
  static HQ_INLINE V lookup_field(Table16 table, V v, int t) {
    return _mm512_permutexvar_epi8(_mm512_srli_epi16(v, t * kWidth), table);
  }
  static HQ_INLINE Acc dot(Acc acc, V level, V q) { return _mm512_dpbusd_epi32(acc, level, q); }

  using Narrow = Acc;
  static HQ_INLINE Narrow narrow_sums(Acc acc) { return acc; }
  static HQ_INLINE V bit(V v, int t) {  // the 8 x 8 bit matrix that moves bit t to bit 0 and drops the others
    return _mm512_gf2p8affine_epi64_epi8(v, _mm512_set1_epi64((long long)((uint64_t)1 << (56 + t))), 0);
  }
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) { return dot(sums, bit, q); }
  static HQ_INLINE Acc add_narrow(Acc, Narrow sums) { return sums; }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
