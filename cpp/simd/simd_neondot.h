// SPDX-License-Identifier: Apache-2.0
// NEON with the dot product extension, as from Cortex-A76, Neoverse N1 and Apple's A13 on: simd_neon.h but
// for the byte vectors of the scan, whose products are one instruction. Meanings: simd_scalar.h.
#pragma once
#define HQ_SIMD_NEONDOT 1
#include "simd/simd_neon.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct I8 : I8Neon {
  static HQ_INLINE Acc dot(Acc acc, V level, V q) { return vdotq_s32(acc, level, q); }

  using Narrow = Acc;
  static HQ_INLINE Narrow narrow_sums(Acc) { return acc_zero(); }
  // the bit as 0 or -1, whose products are taken away
  static HQ_INLINE Narrow add_bits(Narrow sums, V bit, V q) { return vdotq_s32(sums, bit, q); }
  static HQ_INLINE Acc add_narrow(Acc acc, Narrow sums) { return vsubq_s32(acc, sums); }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
