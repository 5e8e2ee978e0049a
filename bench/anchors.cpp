// SPDX-License-Identifier: Apache-2.0
#include "anchors.h"

#include <string.h>

#include "hadaquant.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define BENCH_X86 1
#endif
#if defined(__GNUC__)
#define BENCH_TARGET(isa) __attribute__((target(isa)))
#else
#define BENCH_TARGET(isa)
#endif

namespace bench {
namespace {

// Elements before the first that is aligned to `width` bytes: a good sweep does not split cache lines.
template <class T>
size_t head(const T* p, size_t n, size_t width) {
  const size_t elements = (width - (uintptr_t)p % width) % width / sizeof(T);
  return elements < n ? elements : n;
}

#ifdef BENCH_X86

constexpr size_t kUnroll = 8;

BENCH_TARGET("avx512f") void scale512(float* x, size_t n, float c) {
  size_t i = 0;
  for (const size_t h = head(x, n, 64); i < h; i++) x[i] *= c;
  const __m512 factor = _mm512_set1_ps(c);
  for (; i + kUnroll * 16 <= n; i += kUnroll * 16) {
    for (size_t k = 0; k < kUnroll; k++)
      _mm512_store_ps(x + i + k * 16, _mm512_mul_ps(_mm512_load_ps(x + i + k * 16), factor));
  }
  for (; i < n; i++) x[i] *= c;
}

BENCH_TARGET("avx2") void scale256(float* x, size_t n, float c) {
  size_t i = 0;
  for (const size_t h = head(x, n, 32); i < h; i++) x[i] *= c;
  const __m256 factor = _mm256_set1_ps(c);
  for (; i + kUnroll * 8 <= n; i += kUnroll * 8) {
    for (size_t k = 0; k < kUnroll; k++)
      _mm256_store_ps(x + i + k * 8, _mm256_mul_ps(_mm256_load_ps(x + i + k * 8), factor));
  }
  for (; i < n; i++) x[i] *= c;
}

BENCH_TARGET("avx512f") uint64_t read512(const uint8_t* p, size_t n) {
  uint64_t rest = 0;
  size_t i = 0;
  for (const size_t h = head(p, n, 64); i < h; i++) rest += p[i];
  __m512i acc[kUnroll];
  for (size_t k = 0; k < kUnroll; k++) acc[k] = _mm512_setzero_si512();
  for (; i + kUnroll * 64 <= n; i += kUnroll * 64) {
    for (size_t k = 0; k < kUnroll; k++)
      acc[k] = _mm512_add_epi64(acc[k], _mm512_load_si512((const void*)(p + i + k * 64)));
  }
  for (; i < n; i++) rest += p[i];
  for (size_t k = 1; k < kUnroll; k++) acc[0] = _mm512_add_epi64(acc[0], acc[k]);
  uint64_t lanes[8];
  _mm512_storeu_si512((void*)lanes, acc[0]);
  for (const uint64_t lane : lanes) rest += lane;
  return rest;
}

BENCH_TARGET("avx2") uint64_t read256(const uint8_t* p, size_t n) {
  uint64_t rest = 0;
  size_t i = 0;
  for (const size_t h = head(p, n, 32); i < h; i++) rest += p[i];
  __m256i acc[kUnroll];
  for (size_t k = 0; k < kUnroll; k++) acc[k] = _mm256_setzero_si256();
  for (; i + kUnroll * 32 <= n; i += kUnroll * 32) {
    for (size_t k = 0; k < kUnroll; k++)
      acc[k] = _mm256_add_epi64(acc[k], _mm256_load_si256((const __m256i*)(p + i + k * 32)));
  }
  for (; i < n; i++) rest += p[i];
  for (size_t k = 1; k < kUnroll; k++) acc[0] = _mm256_add_epi64(acc[0], acc[k]);
  uint64_t lanes[4];
  _mm256_storeu_si256((__m256i*)lanes, acc[0]);
  for (const uint64_t lane : lanes) rest += lane;
  return rest;
}

#endif

// Loops that compilers turn into the vectors every machine of the architecture has (128 bits).
void scale_baseline(float* x, size_t n, float c) {
  for (size_t i = 0; i < n; i++) x[i] *= c;
}

uint64_t read_baseline(const uint8_t* p, size_t n) {
  uint64_t rest = 0, lanes[16] = {};
  size_t i = 0;
  for (; i + sizeof lanes <= n; i += sizeof lanes) {
    uint64_t words[16];
    memcpy(words, p + i, sizeof words);
    for (int k = 0; k < 16; k++) lanes[k] += words[k];
  }
  for (; i < n; i++) rest += p[i];
  for (const uint64_t lane : lanes) rest += lane;
  return rest;
}

}  // namespace

void scale_sweep(float* x, size_t n, float c) {
#ifdef BENCH_X86
  if (hq::isa_usable(hq::Isa::kAvx512)) return scale512(x, n, c);
  if (hq::isa_usable(hq::Isa::kAvx2)) return scale256(x, n, c);
#endif
  scale_baseline(x, n, c);
}

uint64_t read_sweep(const uint8_t* bytes, size_t n) {
#ifdef BENCH_X86
  if (hq::isa_usable(hq::Isa::kAvx512)) return read512(bytes, n);
  if (hq::isa_usable(hq::Isa::kAvx2)) return read256(bytes, n);
#endif
  return read_baseline(bytes, n);
}

void copy(void* to, const void* from, size_t n) { memcpy(to, from, n); }

}  // namespace bench
