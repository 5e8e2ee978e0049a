// SPDX-License-Identifier: Apache-2.0
// Dithered thresholds (codecs dithered and quicfl; FORMAT.md 1.3): a draw h that encoder and decoder share
// and a fraction v place threshold j between ramps[j * draws + h] and the next ramp. The level of code c is
// that of (h, c), and the mean level over h and v is the value itself.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ull, kStreamStep = 0xd1342543de82ef95ull;
constexpr uint64_t kRowDrawStream = 16, kCoordinateDrawStream = 17, kPrivateStream = 32;

// SplitMix64 at a counter; lib/random.ts.
HQ_INLINE uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
HQ_INLINE uint64_t stream_key(uint64_t seed, uint64_t stream) {
  return mix64(mix64(seed + kGolden) + (stream + 1) * kStreamStep);
}
HQ_INLINE uint64_t word(uint64_t key, uint64_t i) { return mix64(key + (i + 1) * kGolden); }
HQ_INLINE uint64_t row_seed(uint64_t seed, uint64_t index) { return mix64(seed + (index + 1) * kGolden); }

struct RowDraw {
  uint32_t h;
  double v;
};

// The one draw of row `index`; h = 0 for codecs without.
HQ_INLINE RowDraw row_draw(const Codec& codec, uint64_t index) {
  if (codec.dither != Dither::kRow) return {0, 0};
  const uint64_t w = word(stream_key(row_seed(codec.seed, index), kRowDrawStream), 0);
  return {(uint32_t)(w >> 32) & (codec.draws - 1), (double)(uint32_t)w / 4294967296.0};
}

// The thresholds of a row with this draw, made in `thresholds`.
Codebook row_codebook(const Section& section, uint32_t draws, RowDraw draw, float* thresholds) {
  const uint32_t count = (1u << section.bits) - 1;
  for (uint32_t j = 0; j < count; j++) {
    const double* ramp = section.ramps + j * draws + draw.h;
    thresholds[j] = (float)(ramp[0] + draw.v * (ramp[1] - ramp[0]));
  }
  return {thresholds, count, nullptr, 0, 0, 0};
}

// draws[j] of coordinate j: byte j of the row's stream, for whole words.
void coordinate_draws(const Codec& codec, uint64_t index, uint8_t* draws) {
  const uint64_t key = stream_key(row_seed(codec.seed, index), kCoordinateDrawStream);
  const uint64_t mask = (codec.draws - 1) * 0x0101010101010101ull;
  for (size_t j = 0; j < codec.coded; j += 8) {
    const uint64_t w = word(key, j >> 3) & mask;
    memcpy(draws + j, &w, 8);
  }
}

// Codes of coordinates that each have a draw of their own; values beyond the limit go to `outliers` while
// there is room. `used` counts its entries.
void dithered_codes(const Codec& codec, const Section& section, const float* v, const uint8_t* draws,
                    uint64_t index, uint8_t* codes, const Outliers& outliers, size_t* used) {
  const uint64_t key = stream_key(row_seed(codec.private_seed, index), kPrivateStream);
  const uint32_t count = (1u << section.bits) - 1, step = codec.draws;
  for (size_t i = 0; i < section.count; i++) {
    const size_t coordinate = section.first + i;
    const float x = v[i];
    if ((x > codec.outlier_limit || -x > codec.outlier_limit) && *used < outliers.capacity) {
      outliers.coordinates[*used] = (uint32_t)coordinate;
      outliers.values[*used] = x;
      ++*used;
      codes[i] = 0;
      continue;
    }
    // ramps that begin at or below x
    const double* ramps = section.ramps + draws[coordinate];
    uint32_t begun = 0;
    for (int bit = section.bits - 1; bit >= 0; bit--) {
      const uint32_t next = begun + (1u << bit);
      if (next <= count && x >= (float)ramps[(next - 1) * step]) begun = next;
    }
    if (begun == 0) {
      codes[i] = 0;
      continue;
    }
    const double* ramp = ramps + (begun - 1) * step;
    const float low = (float)ramp[0], high = (float)ramp[1];
    const uint32_t half = (uint32_t)(word(key, coordinate >> 1) >> (coordinate & 1 ? 32 : 0));
    const float fraction = (float)(half >> 8) * 0x1p-24f;
    const float width = (high - low) * fraction;
    codes[i] = (uint8_t)(begun - 1 + (x >= low + width));
  }
}

void lookup_draws(const Section& section, const uint8_t* draws, const uint8_t* codes, float* levels) {
  for (size_t i = 0; i < section.count; i++)
    levels[i] = section.levels[((size_t)draws[section.first + i] << section.bits) + codes[i]];
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
