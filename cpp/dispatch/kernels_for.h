// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "dispatch/kernel_table.h"

namespace hq {
const KernelTable& kernels_for(Isa isa);  // isa must be usable
}  // namespace hq
