// SPDX-License-Identifier: Apache-2.0
// The row pipeline of every codec, back.
//   decode: unpack, look up, scale, rotate back; accumulate: the same, added to sums.
//   estimate: inner product of a rotated float query with the scaled levels.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr int kScaleLow = -60, kScaleHigh = 60;
constexpr size_t kLineFloats = 16;  // in a cache line

struct Trailer {
  float scale, residual;
  int rounds;  // 0: no encoder wrote this
  uint32_t draw;
};

// An encoder's residual is at most sqrt(pi / 2) of the scale; beyond 4 times it, levels could overflow.
HQ_INLINE bool possible_residual(float residual, float scale) {
  const float size = scale < 0 ? -scale : scale;
  return residual >= 0 && residual <= 4 * (size > 0x1p-126f ? size : 0x1p-126f);
}

HQ_INLINE Trailer row_trailer(const Codec& codec, const Columns& in, size_t r) {
  const int tag = in.tags[r * in.tags_stride];
  Trailer t = {get<float>(in.scales, r * in.scales_stride), 0, tag & 3, (uint32_t)tag >> kDrawShift};
  if (codec.projection) t.residual = get<float>(in.residuals, r * in.residuals_stride);
  const uint32_t draws = codec.dither == Dither::kRow ? codec.draws : 1;
  if (!finite(t.scale) || t.draw >= draws || !possible_residual(t.residual, t.scale)) t.rounds = 0;
  return t;
}

size_t first_undecodable_row(const Codec& codec, const Columns& in, size_t rows) {
  for (size_t r = 0; r < rows; r++)
    if (!row_trailer(codec, in, r).rounds) return r;
  return rows;
}

// The levels of a row, zero padded, in units of its scale.
void row_levels(const Codec& codec, const Columns& in, size_t r, const Trailer& trailer,
                const RowScratch& scratch, float* levels) {
  const uint8_t* packed = in.codes + r * in.codes_stride;
  uint8_t* codes = scratch.codes;
  for (int s = 0; s < codec.section_count; s++) {
    const Section& section = codec.sections[s];
    const size_t count = section.count / section.block;
    unpack(packed + section.code_offset, count, section.bits, codes);
    // the pad codes of a section are looked up too: keep them inside the table
    for (size_t i = count; i % kSumLanes; i++) codes[i] = 0;
    float* out = levels + section.first;
    switch (section.coding) {
      case Coding::kThresholds:
        lookup(section.levels, 1u << section.bits, codes, count, out);
        break;
      case Coding::kDither:
        if (codec.dither == Dither::kRow) {
          lookup(section.levels + ((size_t)trailer.draw << section.bits), 1u << section.bits, codes, count,
                 out);
        } else {
          lookup_draws(codec, section, get<uint32_t>(in.nonces, r * in.nonces_stride), codes, out);
        }
        break;
      case Coding::kNearest:
        lookup_codewords(section, codes, out);
        break;
      case Coding::kProjected: {
        sum_signed_rows(codec.projection, codes, count, scratch.spare);
        const float ratio = trailer.scale == 0 ? 0 : (float)((double)trailer.residual / trailer.scale);
        for (size_t i = 0; i < count; i++) out[i] = out[i] + scratch.spare[i] * ratio;
        break;
      }
    }
  }
  if (in.outliers.starts) {
    for (uint32_t i = in.outliers.starts[r]; i < in.outliers.starts[r + 1]; i++)
      levels[in.outliers.coordinates[i]] = in.outliers.values[i];
  }
  zero_pad(levels, codec.coded);
}

// The rotated coordinates of a row times 2^shift, in scratch.values. @returns shift, which keeps them and
// what they are rotated to inside the range of float32.
int row_values(const Codec& codec, const Columns& in, size_t r, const Trailer& trailer,
               const RowScratch& scratch) {
  float* y = scratch.values;
  uint32_t bits;
  memcpy(&bits, &trailer.scale, 4);
  const int shift = range_shift(bits & 0x7fffffffu, kScaleLow, kScaleHigh);
  row_levels(codec, in, r, trailer, scratch, y);
  const F32::V s = F32::splat(trailer.scale * power_of_two(shift));
  for (size_t i = 0; i < codec.coded; i += F32::kLanes) F32::store(y + i, F32::mul(F32::load(y + i), s));
  for (size_t i = codec.coded; i < codec.rotation.dim; i++) y[i] = 0;
  return shift;
}

// decode, accumulate and estimate return the first row that cannot be decoded, else `rows`. The caller has
// checked all rows before; a row can still turn bad if its memory is shared.
size_t decode(const Codec& codec, const Columns& in, size_t rows, const RowScratch& scratch, float* x) {
  const size_t dim = codec.rotation.dim;
  for (size_t r = 0; r < rows; r++, x += dim) {
    const Trailer trailer = row_trailer(codec, in, r);
    if (!trailer.rounds) return r;
    if (trailer.scale == 0) {
      memset(x, 0, dim * sizeof(float));
      continue;
    }
    for (size_t i = 0; i < dim && i < kPiece; i += kLineFloats) prefetch(x + i);  // written at the end
    const int shift = row_values(codec, in, r, trailer, scratch);
    unrotate_row(codec.rotation, scratch.values, x, 0, trailer.rounds);
    if (shift) scale_row_saturating(x, dim, -shift);
  }
  return rows;
}

// Rows without a scale add nothing.
size_t accumulate(const Codec& codec, const Columns& in, size_t rows, bool rotated, const RowScratch& scratch,
                  double* sums) {
  const size_t dim = codec.rotation.dim;
  for (size_t r = 0; r < rows; r++, sums += dim) {
    const Trailer trailer = row_trailer(codec, in, r);
    if (!trailer.rounds) return r;
    if (trailer.scale == 0) continue;
    float* x = scratch.values;
    const int shift = row_values(codec, in, r, trailer, scratch);
    if (!rotated) {
      x = scratch.levels;
      unrotate_row(codec.rotation, scratch.values, x, 0, trailer.rounds);
    }
    if (shift) scale_row_saturating(x, dim, -shift);
    HQ_INDEPENDENT
    for (size_t i = 0; i < dim; i++) sums[i] += x[i];
  }
  return rows;
}

// `query`: the one-, two- and three-round forms, each padded(dim) long with zeros at the end.
size_t estimate(const Codec& codec, const float* query, const Columns& in, size_t rows,
                const RowScratch& scratch, double* out, double* energy) {
  for (size_t r = 0; r < rows; r++) {
    const Trailer trailer = row_trailer(codec, in, r);
    if (!trailer.rounds) return r;
    const double scale = trailer.scale;
    row_levels(codec, in, r, trailer, scratch, scratch.levels);
    double products[2];
    level_products(codec, query + (trailer.rounds - 1) * padded(codec.rotation.dim), scratch.levels,
                   products);
    out[r] = scale * products[0];
    if (energy) energy[r] = scale * scale * products[1];
  }
  return rows;
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
