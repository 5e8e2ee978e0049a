// SPDX-License-Identifier: Apache-2.0
// What the kernels are compared with. Each stands in another file than the timing loop, so that no compiler
// can see that the results are not used.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace bench {

// x := H x, n a power of two.
void plain_fwht(float* x, size_t n);

// x := c x with the widest registers of this machine: the cheapest way to read and write an array once.
void scale_sweep(float* x, size_t n, float c);

// Reads every byte once with the widest registers of this machine; the value only keeps the loads alive.
uint64_t read_sweep(const uint8_t* bytes, size_t n);

void copy(void* to, const void* from, size_t n);

}  // namespace bench
