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

void lookup_codewords(const Section& section, const uint8_t* codes, float* levels) {
  const size_t m = section.block;
  for (size_t i = 0; i < section.count; i += m, codes++)
    memcpy(levels + i, section.levels + *codes * m, m * sizeof(float));
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
