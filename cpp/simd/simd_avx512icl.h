// SPDX-License-Identifier: Apache-2.0
// AVX-512 with VNNI, VBMI and VPOPCNTDQ, as from Ice Lake and Zen 4 on: simd_avx512.h but for the byte
// vectors of the scan, whose products of unsigned and signed bytes are one instruction. Meanings:
// simd_scalar.h.
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
  static HQ_INLINE Acc dot(Acc acc, V level, V q) { return _mm512_dpbusd_epi32(acc, level, q); }

  using Narrow = Acc;
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) { return dot(sums, bit, q); }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) { return _mm512_add_epi32(acc, sums); }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
