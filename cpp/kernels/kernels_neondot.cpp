// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_neondot
#include "simd/simd_neondot.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_neondot = hq::HQ_ISA_NAMESPACE::make_table();
