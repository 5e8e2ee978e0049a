// SPDX-License-Identifier: Apache-2.0
// The vector quantizer: every block of coordinates becomes the number of the codeword nearest to it.
//
// Nearest to v is the codeword w with the largest <v, w> - |w|^2 / 2. Scores start at -|w|^2 / 2 and take one
// coordinate after the other, product and sum rounded apart; the first of equal scores wins.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kMaxCodewords = 256;

void nearest_codewords(const Section& section, const float* v, uint8_t* codes) {
  const size_t n = (size_t)1 << section.bits, m = section.block;
  float scores[kMaxCodewords], best[F32::kLanes];
  for (size_t i = 0; i < section.count; i += m) {
    F32::V top = F32::splat((float)-kFloatMax);
    for (size_t k = 0; k < n; k += F32::kLanes) {
      F32::V s = F32::load(section.offsets + k);
      for (size_t t = 0; t < m; t++)
        s = F32::add(s, F32::mul(F32::splat(v[i + t]), F32::load(section.points + t * n + k)));
      F32::store(scores + k, s);
      top = F32::max(top, s);
    }
    F32::store(best, top);
    float most = best[0];
    for (int l = 1; l < F32::kLanes; l++) most = best[l] > most ? best[l] : most;
    size_t k = 0;
    while (k + 1 < n && scores[k] != most) k++;
    *codes++ = (uint8_t)k;
  }
}

// out = kBlock entries of the table for each of `count` codes. Copies of constant size are single moves.
template <int kBlock, class T>
HQ_INLINE void copy_entries(const T* table, const uint8_t* codes, size_t count, T* out) {
  for (size_t i = 0; i < count; i++) memcpy(out + i * kBlock, table + codes[i] * kBlock, kBlock * sizeof(T));
}

// The same for blocks of 2, 4 or 8.
template <class T>
void lookup_blocks(size_t block, const T* table, const uint8_t* codes, size_t count, T* out) {
  switch (block) {
    case 2:
      copy_entries<2>(table, codes, count, out);
      break;
    case 4:
      copy_entries<4>(table, codes, count, out);
      break;
    default:
      copy_entries<8>(table, codes, count, out);
  }
}

void lookup_codewords(const Section& section, const uint8_t* codes, float* levels) {
  lookup_blocks(section.block, section.levels, codes, section.count / section.block, levels);
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
