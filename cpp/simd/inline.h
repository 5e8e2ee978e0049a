// SPDX-License-Identifier: Apache-2.0
// The compiler spellings that kernels need.
#pragma once
#if defined(_MSC_VER) && !defined(__clang__)
#define HQ_INLINE __forceinline
#define HQ_UNROLL
#else
#define HQ_INLINE inline __attribute__((always_inline))
#define HQ_UNROLL _Pragma("GCC unroll 16")
#endif

// The iterations of the loop that follows touch different memory, though its pointers may be the same:
// without this, one-lane passes in place are not turned into vectors. Clang would warn where it cannot.
#if defined(__clang__)
#define HQ_INDEPENDENT
#elif defined(_MSC_VER)
#define HQ_INDEPENDENT __pragma(loop(ivdep))
#else
#define HQ_INDEPENDENT _Pragma("GCC ivdep")
#endif

// Keeps a vector that was loaded (or an address that was computed) in its register: compilers would rather do
// that again for every use; a load costs twice where it crosses a cache line.
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define HQ_KEEP(vector) asm("" : "+v"(vector))
#elif defined(__wasm__)
#define HQ_KEEP(value) asm("" : "+r"(value))
#else
#define HQ_KEEP(vector) (void)(vector)
#endif

// Asks for the cache line of p; p may lie anywhere.
#if defined(_MSC_VER) && !defined(__clang__)
static HQ_INLINE void prefetch(const void*) {}
#else
static HQ_INLINE void prefetch(const void* p) { __builtin_prefetch(p); }
#endif

// Correctly rounded square root without the C library.
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
static HQ_INLINE double sqrt_f64(double x) {
  return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(x)));
}
#else
static HQ_INLINE double sqrt_f64(double x) { return __builtin_sqrt(x); }
#endif
