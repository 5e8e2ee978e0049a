// SPDX-License-Identifier: Apache-2.0
// Signs of a dense projection (codec turboquant-prod; FORMAT.md 1.4): codes of sign(G v), and G^T of them.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

HQ_INLINE size_t padded(size_t n) { return (n + kSumLanes - 1) & ~(kSumLanes - 1); }

// <row i of a dim x dim matrix, v>; v is zero padded, 16 floats follow the matrix.
HQ_INLINE double projected(const float* matrix, size_t dim, size_t i, const float* v) {
  const float* row = matrix + i * dim;
  double dot;
  canonical_sums<1>(
      dim, [row, v](size_t j, F32::V* term) { term[0] = F32::mul(F32::load(row + j), F32::load(v + j)); },
      &dot);
  return dot;
}

void project(const float* matrix, const float* v, size_t dim, float* out) {
  for (size_t i = 0; i < dim; i++) out[i] = (float)projected(matrix, dim, i, v);
}

void project_signs(const float* matrix, const float* v, size_t dim, uint8_t* codes) {
  for (size_t i = 0; i < dim; i++) codes[i] = projected(matrix, dim, i, v) >= 0;
}

// out = sum of the rows, those with code 0 negated, one after the other.
void sum_signed_rows(const float* matrix, const uint8_t* codes, size_t dim, float* out) {
  for (size_t j = 0; j < padded(dim); j++) out[j] = 0;
  for (size_t i = 0; i < dim; i++) {
    const float* row = matrix + i * dim;
    for (size_t j = 0; j < padded(dim); j += F32::kLanes) {
      const F32::V sum = F32::load(out + j), g = F32::load(row + j);
      F32::store(out + j, codes[i] ? F32::add(sum, g) : F32::sub(sum, g));
    }
  }
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
