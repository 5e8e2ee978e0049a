// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_avx2
#include "simd/simd_avx2.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_avx2 = hq::HQ_ISA_NAMESPACE::make_table();
