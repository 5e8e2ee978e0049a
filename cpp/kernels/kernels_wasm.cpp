// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_wasm
#include "simd/simd_wasm.h"
#include "kernels/table.inl.h"

const hq::KernelTable hq::kernels_wasm = hq::HQ_ISA_NAMESPACE::make_table();
