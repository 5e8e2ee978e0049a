// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_scalar
#define HQ_SIMD_SCALAR 1
#include "simd/simd_scalar.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_scalar = hq::HQ_ISA_NAMESPACE::make_table();
