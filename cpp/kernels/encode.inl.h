// SPDX-License-Identifier: Apache-2.0
// The row pipeline of every codec, forth: load, moments -> rounds, rotate, scale to N(0,1), code each
// section, pack, then the scale of the codec: unbiased |x| sqrt(d) / <z, levels>, that of least error, or |x|
// / sqrt(d).
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr double kRootHalfPi = 1.2533141373155003;  // sqrt(pi / 2): 1 / E|N(0,1)|

// The moment check: how many rounds make a row look Gaussian.
int choose_rounds(const RoundsRule& rule, const Moments& m) {
  int rounds = m.l3 <= rule.l3_limit ? 1 : 2;
  if (m.l4 < rule.lattice_ratio * (m.l3 * m.l3)) rounds++;
  if (rounds < rule.least) rounds = rule.least;
  if (rule.block > 1) {
    if (rounds == 1 && m.r1 > rule.covariance_limit) rounds = 2;
    if (rounds == 2 && m.r2 > rule.covariance_limit) rounds = 3;
  }
  return rounds;
}

// Codes and levels of a section by its one codebook.
HQ_INLINE void code_by_thresholds(const Section& section, float gain, const RowScratch& scratch) {
  bucketize(section.book, scratch.values + section.first, gain, section.count, scratch.codes);
  lookup(section.levels, 1u << section.bits, scratch.codes, section.count, scratch.levels + section.first);
}

// The factor that turns the row's codes nearest to its own direction.
float best_factor(const Codec& codec, const RowScratch& scratch) {
  float best = codec.factors[0];
  double highest = -1;
  for (int k = 0; k < codec.factor_count; k++) {
    for (int s = 0; s < codec.section_count; s++)
      code_by_thresholds(codec.sections[s], codec.factors[k], scratch);
    zero_pad(scratch.levels, codec.coded);
    double products[2];
    level_products(codec, scratch.values, scratch.levels, products);
    const double fit = products[0] * products[0] / products[1];
    if (fit > highest) {
      highest = fit;
      best = codec.factors[k];
    }
  }
  return best;
}

struct CodedRow {
  double residual;  // |z - levels|, with a projection
};

// The usual codec: one table of a few thresholds for all coordinates, and no need of the levels but their
// product with the values. It takes one pass. (Values behind the last coded one must be zeros.)
HQ_INLINE bool has_one_pass(const Codec& codec) {
  const Section& section = codec.sections[0];
  return codec.section_count == 1 && section.first == 0 && section.coding == Coding::kThresholds &&
         section.book.count <= kMaxInRegisters && !codec.factors && codec.scaling != Scaling::kMse &&
         codec.coded == codec.rotation.dim;
}

// Its tables in registers.
struct OnePass {
  F32::Thresholds16 thresholds;
  F32::Levels16 levels;
};

HQ_INLINE OnePass one_pass_tables(const Section& section) {
  return {F32::thresholds16(section.book.thresholds, section.book.count),
          F32::levels16(section.levels, section.book.count + 1)};
}

// Codes of v * gain; returns <v * gain, levels>.
HQ_INLINE double code_in_one_pass(const OnePass& tables, size_t count, const float* v, float gain,
                                  uint8_t* codes) {
  const F32::Thresholds16 thresholds = tables.thresholds;
  const F32::Levels16 levels = tables.levels;
  const F32::V g = F32::splat(gain);
  double product;
  canonical_sums<1>(
      count,
      [v, g, codes, &thresholds, &levels](size_t i, F32::V* term) {
        const F32::V x = F32::mul(F32::load(v + i), g);
        const F32::I code = F32::code16(thresholds, x);
        F32::store_u8(codes + i, code);
        term[0] = F32::mul(x, F32::level16(levels, code));
      },
      &product);
  return product;
}

// Codes scratch.values, packs them, and leaves their levels in scratch.levels; not those of dithered codes,
// whose scale needs none.
CodedRow code_row(const Codec& codec, const RowScratch& scratch, RowDraw draw, uint64_t index,
                  uint8_t* packed, const Outliers& outliers, size_t* used) {
  CodedRow row = {0};
  const float gain = codec.factors ? best_factor(codec, scratch) : 1;
  for (int s = 0; s < codec.section_count; s++) {
    const Section& section = codec.sections[s];
    float* levels = scratch.levels + section.first;
    const float* values = scratch.values + section.first;
    switch (section.coding) {
      case Coding::kThresholds:
        code_by_thresholds(section, gain, scratch);
        break;
      case Coding::kDither:
        if (codec.dither == Dither::kRow) {
          float thresholds[256];
          const Codebook book = row_codebook(section, codec.draws, draw, thresholds);
          bucketize(book, values, 1, section.count, scratch.codes);
        } else {
          dithered_codes(codec, section, values, index, scratch.codes, outliers, used);
        }
        break;
      case Coding::kNearest:
        nearest_codewords(section, values, scratch.codes);
        lookup_codewords(section, scratch.codes, levels);
        break;
      case Coding::kProjected: {
        float* residual = scratch.spare;
        zero_pad(levels, section.count);
        for (size_t i = 0; i < padded(section.count); i += F32::kLanes)
          F32::store(residual + i, F32::sub(F32::load(values + i), F32::load(levels + i)));
        row.residual = sqrt_f64(sum_squares(residual, section.count));
        project_signs(codec.projection, residual, section.count, scratch.codes);
        break;
      }
    }
    pack(scratch.codes, section.count / section.block, section.bits, packed + section.code_offset);
  }
  zero_pad(scratch.levels, codec.coded);
  return row;
}

// A row after its rotation: in scratch, zero padded. The original is values * 2^-shift, turned back.
struct RotatedRow {
  uint32_t max_bits;  // of the row as given; a zero row has none of the rest
  int shift;
  int rounds;   // 0: the row cannot be coded, and has none of the rest
  double norm;  // after the shift
};

// A row in range whose blocks are single coordinates is rotated from where it lies, with no copy of its own.
// False for others.
template <bool kAll>
HQ_INLINE bool rotate_if_in_range(const Codec& codec, const float* x, float* y, RotatedRow* row) {
  const Rotation& rot = codec.rotation;
  const RowPowers powers = row_powers<kAll>(x, rot.dim, x + rot.dim);
  if (powers.max_bits == 0 || range_shift(powers.max_bits, kSumsLow, kSumsHigh)) return false;
  *row = {powers.max_bits, 0, codec.rule.fixed, sqrt_f64(powers.sums[0])};
  if constexpr (kAll) {
    const PowerSums sums = {powers.sums[0], powers.sums[1], powers.sums[2], 0, {}};
    row->rounds = choose_rounds(codec.rule, row_moments(sums, 1));
  }
  rotate_row(rot, x, y, 0, row->rounds);
  return true;
}

RotatedRow rotate_for_coding(const Codec& codec, const float* x, float* y) {
  const Rotation& rot = codec.rotation;
  RotatedRow row;
  if (codec.rule.fixed ? rotate_if_in_range<false>(codec, x, y, &row)
                       : codec.rule.block == 1 && rotate_if_in_range<true>(codec, x, y, &row)) {
    zero_pad(y, rot.dim);
    return row;
  }
  const LoadedRow loaded = load_row(x, rot.dim, y);
  row = {loaded.max_bits, loaded.shift, codec.rule.fixed ? codec.rule.fixed : codec.rule.least, 0};
  if (row.max_bits == 0) return row;
  if (!usable(loaded, y, rot.dim)) {
    row.rounds = 0;
    return row;
  }
  double square;
  if (codec.rule.fixed) {
    square = sum_squares(y, rot.dim);
  } else {
    const PowerSums sums = row_power_sums(y, rot.dim, codec.rule.block);
    square = sums.s2;
    row.rounds = choose_rounds(codec.rule, row_moments(sums, codec.rule.block));
  }
  row.norm = sqrt_f64(square);
  rotate_row(rot, y, y, 0, row.rounds);
  return row;
}

// `one_pass`: tables of a codec that has them, or null. False, and nothing is written, if the row cannot be
// coded.
bool encode_row(const Codec& codec, const OnePass* one_pass, const float* x, uint64_t index,
                const RowScratch& scratch, const Columns& out, size_t r, size_t* used) {
  const size_t dim = codec.rotation.dim;
  float* y = scratch.values;
  uint8_t* packed = out.codes + r * out.codes_stride;
  const RotatedRow row = rotate_for_coding(codec, x, y);
  if (!row.rounds) return false;
  const RowDraw draw = row_draw(codec, index);

  float scale = 0, residual = 0;
  double norm = row.norm;
  if (row.max_bits == 0) {
    memset(packed, 0, codec.code_bytes);
  } else {
    const double root_dim = sqrt_f64((double)dim), restore = power_of_two_f64(-row.shift);
    const float to_unit = (float)(root_dim / norm);
    double product = 0, square = 1;  // <z, levels>, <levels, levels>
    CodedRow coded = {0};
    if (one_pass) {
      product = code_in_one_pass(*one_pass, codec.coded, y, to_unit, scratch.codes);
      pack(scratch.codes, codec.coded, codec.sections[0].bits, packed);
    } else {
      const F32::V unit = F32::splat(to_unit);
      for (size_t i = 0; i < padded(dim); i += F32::kLanes)
        F32::store(y + i, F32::mul(F32::load(y + i), unit));
      coded = code_row(codec, scratch, draw, index, packed, out.outliers, used);
      if (codec.scaling != Scaling::kFixed) {
        double products[2];
        level_products(codec, y, scratch.levels, products);
        product = products[0];
        square = products[1];
      }
    }
    if (codec.scaling == Scaling::kFixed) {
      double alpha = norm / root_dim;
      if (codec.dither == Dither::kRow) alpha *= codec.draw_scales[draw.h];
      scale = to_f32_saturating(alpha * restore);
      residual = to_f32_saturating(alpha * restore * (kRootHalfPi * coded.residual / (double)dim));
    } else {
      const double alpha =
          codec.scaling == Scaling::kMse ? norm / root_dim * (product / square) : norm * root_dim / product;
      if (product > 0) scale = to_f32_saturating(alpha * restore);
    }
    norm *= restore;
  }
  put(out.scales, r * out.scales_stride, scale);
  if (out.norms) put(out.norms, r * out.norms_stride, to_f32_saturating(norm));
  out.tags[r * out.tags_stride] = (uint8_t)(row.rounds | (int)draw.h << kDrawShift);
  if (out.residuals) put(out.residuals, r * out.residuals_stride, residual);
  if (out.nonces) put(out.nonces, r * out.nonces_stride, (uint32_t)index);
  if (out.outliers.starts) out.outliers.starts[r + 1] = (uint32_t)*used;
  return true;
}

// Stops at the first row that cannot be coded and gives its index; else `rows`.
size_t encode(const Codec& codec, const float* x, size_t rows, uint64_t first_index,
              const RowScratch& scratch, const Columns& out) {
  size_t used = 0;
  if (out.outliers.starts) out.outliers.starts[0] = 0;
  OnePass tables;
  const OnePass* one_pass = has_one_pass(codec) ? &(tables = one_pass_tables(codec.sections[0])) : nullptr;
  for (size_t r = 0; r < rows; r++) {
    uint64_t index = first_index + r;
    if (codec.dither == Dither::kCoordinate) index = (uint32_t)index;  // as its nonce keeps it
    if (!encode_row(codec, one_pass, x + r * codec.rotation.dim, index, scratch, out, r, &used)) return r;
  }
  return rows;
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
