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

// SplitMix64 at a counter; lib/random.ts. U: one word or a vector of them.
template <class U>
HQ_INLINE typename U::V mix64(typename U::V z) {
  z = U::mul(U::bit_xor(z, U::shift_right(z, 30)), 0xbf58476d1ce4e5b9ull);
  z = U::mul(U::bit_xor(z, U::shift_right(z, 27)), 0x94d049bb133111ebull);
  return U::bit_xor(z, U::shift_right(z, 31));
}
HQ_INLINE uint64_t mix64(uint64_t z) { return mix64<OneU64>(z); }
HQ_INLINE uint64_t stream_key(uint64_t seed, uint64_t stream) {
  return mix64(mix64(seed + kGolden) + (stream + 1) * kStreamStep);
}
HQ_INLINE uint64_t word(uint64_t key, uint64_t i) { return mix64(key + (i + 1) * kGolden); }
HQ_INLINE uint64_t row_seed(uint64_t seed, uint64_t index) { return mix64(seed + (index + 1) * kGolden); }

// words[0 .. count) = words first .. of the stream, with those bits that `mask` has; up to a multiple of
// U64::kLanes are written.
HQ_INLINE void stream_words(uint64_t key, uint64_t first, size_t count, uint64_t mask, uint64_t* words) {
  uint64_t counters[U64::kLanes];
  for (int l = 0; l < U64::kLanes; l++) counters[l] = key + (first + l + 1) * kGolden;
  U64::V counter = U64::load(counters);
  const U64::V step = U64::splat(U64::kLanes * kGolden), kept = U64::splat(mask);
  for (size_t i = 0; i < count; i += U64::kLanes) {
    U64::store(words + i, U64::bit_and(mix64<U64>(counter), kept));
    counter = U64::add(counter, step);
  }
}

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

constexpr size_t kDrawPiece = 512;  // coordinates whose draws are made at a time

// Draws of consecutive coordinates of a row.
class CoordinateDraws {
 public:
  HQ_INLINE CoordinateDraws(const Codec& codec, uint64_t index)
      : key_(stream_key(row_seed(codec.seed, index), kCoordinateDrawStream)),
        mask_((codec.draws - 1) * 0x0101010101010101ull) {}
  // Those of coordinates first .. first + count - 1 and on to a multiple of 16; byte j mod 8 of word j div 8
  // is coordinate j's. `first` is a multiple of 8, and count at most kDrawPiece.
  HQ_INLINE const uint8_t* make(size_t first, size_t count) {
    stream_words(key_, first / 8, (count + 15) / 16 * 2, mask_, words_);
    return (const uint8_t*)words_;
  }

 private:
  uint64_t key_, mask_;
  uint64_t words_[kDrawPiece / 8];
};

// Values beyond the limit go to `outliers` while there is room; their codes are 0. `used` counts its entries.
// A pass of its own: in that of the codes, what is rare would take registers from the tables.
void keep_outliers(float limit, const float* v, size_t n, uint8_t* codes, const Outliers& outliers,
                   size_t* used) {
  const F32::V limits = F32::splat(limit);
  for (size_t i = 0; i < n; i += F32::kLanes) {
    if (!F32::any_above(F32::abs(F32::load(v + i)), limits)) continue;
    const size_t end = i + F32::kLanes < n ? i + F32::kLanes : n;
    for (size_t j = i; j < end && *used < outliers.capacity; j++) {
      if (!(v[j] > limit || -v[j] > limit)) continue;
      outliers.coordinates[*used] = (uint32_t)j;
      outliers.values[*used] = v[j];
      ++*used;
      codes[j] = 0;
    }
  }
}

// Codes of coordinates that each have a draw of their own. Of the thresholds of its draw, only one is near a
// value (lib/codec/ramp-book.ts): its ramp is looked up, and one compare settles the code.
template <class Bases, class Ramps>
HQ_INLINE void codes_by_ramps(const Codec& codec, const Section& section, const Bases bases,
                              const Ramps ramps, const float* v, uint64_t index, uint8_t* codes) {
  CoordinateDraws draws(codec, index);
  const uint64_t private_key = stream_key(row_seed(codec.private_seed, index), kPrivateStream);
  uint64_t words[kDrawPiece / 2];
  const RampBook& book = section.ramp_book;
  int log2_draws = 0;
  while (1u << log2_draws < codec.draws) log2_draws++;
  const F32::V scale = F32::splat(book.bin_scale), offset = F32::splat(book.bin_offset);
  const F32::V top = F32::splat((float)(book.bins - 1));
  for (size_t piece = 0; piece < section.count; piece += kDrawPiece) {
    const size_t count = section.count - piece < kDrawPiece ? section.count - piece : kDrawPiece;
    const uint8_t* shared = draws.make(piece, count);
    // coordinate j has half j mod 2 of word j div 2
    stream_words(private_key, piece / 2, (count + 15) / 16 * 8, ~(uint64_t)0, words);
    const uint8_t* halves = (const uint8_t*)words;
    for (size_t i = 0; i < count; i += F32::kLanes) {
      const F32::V x = F32::load(v + piece + i);
      const F32::I h = F32::load_u8(shared + i);
      const F32::I base = F32::gather(bases, F32::bin(F32::add(F32::mul(x, scale), offset), top));
      const F32::I passed = F32::shift_right(F32::sub_i(base, h), log2_draws);
      F32::V begin, step;
      F32::gather_pair(ramps, F32::add_i(F32::shift_left(passed, log2_draws), h), &begin, &step);
      const F32::V steps = F32::from_i(F32::shift_right(F32::load_i(halves + 4 * i), 8));
      F32::store_u8(codes + piece + i, F32::count_ge(passed, x, F32::add(begin, F32::mul(steps, step))));
    }
  }
}

// Entries of tables in registers, on tiers that have them there.
constexpr uint32_t kFewBases = 32, kFewEntries = 128;

void dithered_codes(const Codec& codec, const Section& section, const float* v, uint64_t index,
                    uint8_t* codes, const Outliers& outliers, size_t* used) {
  const RampBook& book = section.ramp_book;
  const uint32_t entries = codec.draws << section.bits;
  if (book.bins > kFewBases) {
    codes_by_ramps(codec, section, book.base, book.pairs, v, index, codes);
  } else if (entries > kFewEntries) {
    codes_by_ramps(codec, section, F32::integers32(book.base, book.bins), book.pairs, v, index, codes);
  } else {
    codes_by_ramps(codec, section, F32::integers32(book.base, book.bins), F32::pairs128(book.pairs, entries),
                   v, index, codes);
  }
  keep_outliers(codec.outlier_limit, v, section.count, codes, outliers, used);
}

template <class Levels>
HQ_INLINE void levels_by_draws(const Codec& codec, const Section& section, const Levels table, uint64_t index,
                               const uint8_t* codes, float* levels) {
  CoordinateDraws draws(codec, index);
  for (size_t piece = 0; piece < section.count; piece += kDrawPiece) {
    const size_t count = section.count - piece < kDrawPiece ? section.count - piece : kDrawPiece;
    const uint8_t* shared = draws.make(piece, count);
    for (size_t i = 0; i < count; i += F32::kLanes) {
      const F32::I row = F32::shift_left(F32::load_u8(shared + i), section.bits);
      F32::store(levels + piece + i, F32::gather(table, F32::add_i(row, F32::load_u8(codes + piece + i))));
    }
  }
}

// Levels of the codes of coordinates that each have a draw of their own.
void lookup_draws(const Codec& codec, const Section& section, uint64_t index, const uint8_t* codes,
                  float* levels) {
  const uint32_t entries = codec.draws << section.bits;
  if (entries > kFewEntries)
    levels_by_draws(codec, section, section.levels, index, codes, levels);
  else
    levels_by_draws(codec, section, F32::floats128(section.levels, entries), index, codes, levels);
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
