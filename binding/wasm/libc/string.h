// SPDX-License-Identifier: Apache-2.0
// All that the sources need of the C library. The compiler has instructions for these.
#pragma once
#include <stddef.h>

static inline void* memcpy(void* to, const void* from, size_t n) { return __builtin_memcpy(to, from, n); }
static inline void* memmove(void* to, const void* from, size_t n) { return __builtin_memmove(to, from, n); }
static inline void* memset(void* to, int value, size_t n) { return __builtin_memset(to, value, n); }
