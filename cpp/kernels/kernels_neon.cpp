// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_neon
#include "simd/simd_neon.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_neon = hq::HQ_ISA_NAMESPACE::make_table();
