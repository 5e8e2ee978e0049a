// SPDX-License-Identifier: Apache-2.0
// The row pipeline of every scalar codec.
//   encode: load, moments -> rounds, rotate, scale to N(0,1), bucketize, pack, then the scale, either
//   EDEN's unbiased |x| sqrt(d) / <z, levels> (arXiv 2605.06014 and its references) or that of least error.
//   decode: unpack, look up, scale, rotate back.
//   estimate: inner product of a rotated float query with the scaled levels.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr int kScaleLow = -60, kScaleHigh = 60;

HQ_INLINE size_t padded(size_t n) { return (n + kSumLanes - 1) & ~(kSumLanes - 1); }

// The moment check: how many rounds make a row look Gaussian. `sums`: of x^2, |x|^3, x^4.
int choose_rounds(const RoundsRule& rule, const double* sums, size_t dim) {
  const double norm = sqrt_f64(sums[0]);
  const double l3 = sums[1] / (sums[0] * norm), l4 = sums[2] / (sums[0] * sums[0]);
  int rounds = l3 <= rule.l3_limit ? 1 : 2;
  if (l4 < rule.lattice_ratio * (l3 * l3)) {
    if (rounds == 1 && l4 > rule.l4_limit) rounds = 2;
    if (rounds == 2 && rule.third && l4 * (double)dim > 4) rounds = 3;
  }
  return rounds < rule.least ? rule.least : rounds;
}

HQ_INLINE float to_f32_saturating(double x) { return (float)(x > kFloatMax ? kFloatMax : x); }

HQ_INLINE void put_f32(uint8_t* column, size_t offset, float v) { memcpy(column + offset, &v, 4); }
HQ_INLINE float get_f32(const uint8_t* column, size_t offset) {
  float v;
  memcpy(&v, column + offset, 4);
  return v;
}

HQ_INLINE void zero_pad(float* v, size_t n) {
  for (size_t i = n; i % kSumLanes; i++) v[i] = 0;
}

// levels of a row's codes, zero padded.
void row_levels(const Codec& codec, const uint8_t* packed, uint8_t* codes, float* levels) {
  for (int s = 0; s < codec.section_count; s++) {
    const Section& section = codec.sections[s];
    unpack(packed + section.code_offset, section.count, section.bits, codes);
    // the pad codes of a section are looked up too: keep them inside the table
    for (size_t i = section.count; i % kSumLanes; i++) codes[i] = 0;
    lookup(section.book, codes, section.count, levels + section.first);
  }
  zero_pad(levels, codec.coded);
}

void encode_row(const Codec& codec, const float* x, const RowScratch& scratch, const Columns& out, size_t r) {
  const Rotation& rot = codec.rotation;
  float* y = scratch.values;
  float* levels = scratch.levels;
  uint8_t* packed = out.codes + r * out.codes_stride;
  const LoadedRow row = load_row(x, rot.dim, y);

  int rounds = codec.rule.fixed ? codec.rule.fixed : codec.rule.least;
  float scale = 0;
  double norm = 0;
  if (row.max_bits == 0) {
    memset(packed, 0, codec.code_bytes);
  } else {
    double sums[3];
    if (codec.rule.fixed) {
      sums[0] = sum_squares(y, rot.dim);
    } else {
      power_sums(y, rot.dim, sums);
      rounds = choose_rounds(codec.rule, sums, rot.dim);
    }
    norm = sqrt_f64(sums[0]);
    const double root_dim = sqrt_f64((double)rot.dim);
    rotate_row(rot, y, 0, rounds);

    const F32::V to_unit = F32::splat((float)(root_dim / norm));
    for (size_t i = 0; i < padded(rot.dim); i += F32::kLanes)
      F32::store(y + i, F32::mul(F32::load(y + i), to_unit));
    for (int s = 0; s < codec.section_count; s++) {
      const Section& section = codec.sections[s];
      bucketize(section.book, y + section.first, section.count, scratch.codes);
      pack(scratch.codes, section.count, section.bits, packed + section.code_offset);
      lookup(section.book, scratch.codes, section.count, levels + section.first);
    }
    zero_pad(levels, codec.coded);
    double products[2];
    canonical_sums<2>(
        codec.coded,
        [y, levels](size_t i, F32::V* v) {
          const F32::V q = F32::load(levels + i);
          v[0] = F32::mul(F32::load(y + i), q);
          v[1] = F32::mul(q, q);
        },
        products);
    const double alpha =
        codec.mse ? norm / root_dim * (products[0] / products[1]) : norm * root_dim / products[0];
    const double restore = power_of_two_f64(-row.shift);
    if (products[0] > 0) scale = to_f32_saturating(alpha * restore);
    norm *= restore;
  }
  put_f32(out.scales, r * out.scales_stride, scale);
  if (out.norms) put_f32(out.norms, r * out.norms_stride, to_f32_saturating(norm));
  if (out.rounds) out.rounds[r * out.rounds_stride] = (uint8_t)rounds;
}

void encode(const Codec& codec, const float* x, size_t rows, const RowScratch& scratch, const Columns& out) {
  for (size_t r = 0; r < rows; r++) encode_row(codec, x + r * codec.rotation.dim, scratch, out, r);
}

struct Trailer {
  float scale;
  int rounds;  // 0: no encoder wrote this
};

HQ_INLINE Trailer row_trailer(const Codec& codec, const Columns& in, size_t r) {
  const float scale = get_f32(in.scales, r * in.scales_stride);
  const int rounds = in.rounds ? in.rounds[r * in.rounds_stride] : codec.rule.fixed;
  return {scale, scale - scale == 0 && rounds >= 1 && rounds <= 3 ? rounds : 0};
}

size_t first_undecodable_row(const Codec& codec, const Columns& in, size_t rows) {
  for (size_t r = 0; r < rows; r++)
    if (!row_trailer(codec, in, r).rounds) return r;
  return rows;
}

// decode and estimate return the first row that cannot be decoded, else `rows`. The caller has checked all
// rows before; a row can still turn bad if its memory is shared.
size_t decode(const Codec& codec, const Columns& in, size_t rows, const RowScratch& scratch, float* x) {
  const size_t dim = codec.rotation.dim;
  float* y = scratch.values;
  for (size_t r = 0; r < rows; r++, x += dim) {
    const Trailer trailer = row_trailer(codec, in, r);
    if (!trailer.rounds) return r;
    const float scale = trailer.scale;
    if (scale == 0) {
      memset(x, 0, dim * sizeof(float));
      continue;
    }
    uint32_t bits;
    memcpy(&bits, &scale, 4);
    const int shift = range_shift(bits & 0x7fffffffu, kScaleLow, kScaleHigh);
    row_levels(codec, in.codes + r * in.codes_stride, scratch.codes, y);
    const F32::V s = F32::splat(scale * power_of_two(shift));
    for (size_t i = 0; i < codec.coded; i += F32::kLanes) F32::store(y + i, F32::mul(F32::load(y + i), s));
    for (size_t i = codec.coded; i < dim; i++) y[i] = 0;
    unrotate_row(codec.rotation, y, 0, trailer.rounds);
    if (shift) scale_row_saturating(y, dim, -shift);
    memcpy(x, y, dim * sizeof(float));
  }
  return rows;
}

// `query`: the one-, two- and three-round forms, each padded(dim) long with zeros at the end.
size_t estimate(const Codec& codec, const float* query, const Columns& in, size_t rows,
                const RowScratch& scratch, double* out, double* energy) {
  const float* levels = scratch.levels;
  for (size_t r = 0; r < rows; r++) {
    const Trailer trailer = row_trailer(codec, in, r);
    if (!trailer.rounds) return r;
    const double scale = trailer.scale;
    const float* form = query + (trailer.rounds - 1) * padded(codec.rotation.dim);
    row_levels(codec, in.codes + r * in.codes_stride, scratch.codes, scratch.levels);
    double sums[2];
    canonical_sums<2>(
        codec.coded,
        [form, levels](size_t i, F32::V* v) {
          const F32::V q = F32::load(levels + i);
          v[0] = F32::mul(F32::load(form + i), q);
          v[1] = F32::mul(q, q);
        },
        sums);
    out[r] = scale * sums[0];
    if (energy) energy[r] = scale * scale * sums[1];
  }
  return rows;
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
