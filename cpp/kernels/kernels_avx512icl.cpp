// SPDX-License-Identifier: Apache-2.0
#define HQ_ISA_NAMESPACE isa_avx512icl
#include "simd/simd_avx512icl.h"
#include "kernels/table.inl.h"

const hq::ScanTable hq::kernels_avx512icl = hq::HQ_ISA_NAMESPACE::make_scan_table();
