// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_neondot
#include "simd/simd_neondot.h"
#include "kernels/table.inl.h"

const hq::ScanTable hq::kernels_neondot = hq::HQ_ISA_NAMESPACE::make_scan_table();
