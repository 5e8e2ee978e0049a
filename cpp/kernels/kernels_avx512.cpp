// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_avx512
#include "simd/simd_avx512.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_avx512 = hq::HQ_ISA_NAMESPACE::make_table();
