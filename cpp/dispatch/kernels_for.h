// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "dispatch/kernel_table.h"

namespace hq {
// isa must be usable
const KernelTable& kernels_for(Isa isa);
const ScanTable& scans_for(Isa isa);
}  // namespace hq
