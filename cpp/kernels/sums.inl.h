// SPDX-License-Identifier: Apache-2.0
// Sums over a row in the one order every tier keeps: element i goes to lane i mod 16; lanes add f32 terms in
// index order; every 1024 elements the lanes fold 8-4-2-1 in f32 and the result is added to an f64. Built on
// it: norms and moments of rows, and the check for rows that cannot be coded.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kSumLanes = 16;
constexpr size_t kSumBlock = 1024;  // elements

// Adds the sum of sixteen lanes to *total, folded 8-4-2-1; on the way, the sums of lanes l mod block to
// residues[l], if there are any.
HQ_INLINE void fold_lanes(float* lanes, double* total, int block, double* residues) {
  HQ_UNROLL
  for (int half = 8; half; half >>= 1) {
    HQ_UNROLL
    for (int l = 0; l < half; l++) lanes[l] = lanes[l] + lanes[l + half];
    if (residues && half == block)
      for (int l = 0; l < block; l++) residues[l] += (double)lanes[l];
  }
  *total += (double)lanes[0];
}

// The same of the lanes in registers.
HQ_INLINE void fold_registers(const F32::V* acc, double* total) {
  float lanes[kSumLanes];
  for (size_t k = 0; k < kSumLanes / F32::kLanes; k++) F32::store(lanes + k * F32::kLanes, acc[k]);
  fold_lanes(lanes, total, 1, nullptr);
}

// out[t] = sum over i < n of term t, t < kTerms. `term(i, v)` fills v[kTerms] with the terms of elements
// i .. i + kLanes - 1; the arrays it reads must be zero from n to the next multiple of 16.
template <int kTerms, class Term>
HQ_INLINE void canonical_sums(size_t n, Term term, double* out) {
  constexpr int kParts = kSumLanes / F32::kLanes;
  for (int t = 0; t < kTerms; t++) out[t] = 0;
  for (size_t block = 0; block < n; block += kSumBlock) {
    const size_t end = block + kSumBlock < n ? block + kSumBlock : n;
    F32::V acc[kTerms][kParts];
    for (int t = 0; t < kTerms; t++)
      for (int k = 0; k < kParts; k++) acc[t][k] = F32::splat(0);
    for (size_t i = block; i < end; i += kSumLanes) {
      for (int k = 0; k < kParts; k++) {
        F32::V v[kTerms];
        term(i + k * F32::kLanes, v);
        for (int t = 0; t < kTerms; t++) acc[t][k] = F32::add(acc[t][k], v[t]);
      }
    }
    for (int t = 0; t < kTerms; t++) fold_registers(acc[t], &out[t]);
  }
}

HQ_INLINE double sum_squares(const float* x, size_t n) {
  double s;
  canonical_sums<1>(
      n,
      [x](size_t i, F32::V* v) {
        const F32::V a = F32::load(x + i);
        v[0] = F32::mul(a, a);
      },
      &s);
  return s;
}

struct PowerSums {
  double s2, s3, s4;   // sum x^2, sum |x|^3, sum x^4
  double blocks;       // block * sum of squares of the energies of aligned blocks
  double residues[8];  // energies of the coordinates r mod block
};

// Sixteen lanes of largest magnitudes and of sums of powers, with kAll of those above the second too.
template <bool kAll>
struct PowerLanes {
  static constexpr int kTerms = kAll ? 3 : 1, kParts = kSumLanes / F32::kLanes;
  F32::Max most[kParts];
  F32::V acc[kTerms][kParts];

  HQ_INLINE PowerLanes() {
    for (F32::Max& part : most) part = F32::max_zero();
    clear();
  }
  HQ_INLINE void clear() {
    for (auto& term : acc)
      for (F32::V& part : term) part = F32::splat(0);
  }
  HQ_INLINE void add(const float* x) {
    for (int k = 0; k < kParts; k++) {
      const F32::V v = F32::load(x + k * F32::kLanes), square = F32::mul(v, v);
      most[k] = F32::max_abs(most[k], v);
      acc[0][k] = F32::add(acc[0][k], square);
      if constexpr (kAll) {
        acc[1][k] = F32::add(acc[1][k], F32::mul(square, F32::abs(v)));
        acc[2][k] = F32::add(acc[2][k], F32::mul(square, square));
      }
    }
  }
};

// What one pass over a row as it was given finds.
struct RowPowers {
  uint32_t max_bits;  // of the largest magnitude
  double sums[3];     // of x^2, |x|^3, x^4
};

// kAll: more than max_bits and sums[0]. While the row is read, memory is asked for the one that comes `next`,
// which may lie beyond the end.
template <bool kAll>
HQ_INLINE RowPowers row_powers(const float* x, size_t n, const float* next) {
  PowerLanes<kAll> lanes;
  RowPowers row = {};
  for (size_t block = 0; block < n; block += kSumBlock) {
    const size_t end = n - block < kSumBlock ? n : block + kSumBlock;
    size_t i = block;
    for (; i + kSumLanes <= end; i += kSumLanes) {
      lanes.add(x + i);
      prefetch(next + i);
    }
    if (i < end) {
      float rest[kSumLanes] = {};
      memcpy(rest, x + i, (end - i) * sizeof(float));
      lanes.add(rest);
    }
    for (int t = 0; t < lanes.kTerms; t++) fold_registers(lanes.acc[t], &row.sums[t]);
    lanes.clear();
  }
  for (const F32::Max part : lanes.most) {
    const uint32_t bits = F32::reduce_max(part);
    row.max_bits = bits > row.max_bits ? bits : row.max_bits;
  }
  return row;
}

// All of PowerSums for blocks of 2, 4 or 8 coordinates, in the one pass over the row. Plain loops over
// sixteen lanes, which compilers turn into vectors.
PowerSums block_power_sums(const float* x, size_t n, int block) {
  PowerSums sums = {};
  for (size_t start = 0; start < n; start += kSumBlock) {
    const size_t end = start + kSumBlock < n ? start + kSumBlock : n;
    float s2[kSumLanes] = {}, s3[kSumLanes] = {}, s4[kSumLanes] = {}, blocks[kSumLanes] = {};
    for (size_t i = start; i < end; i += kSumLanes) {
      float square[kSumLanes], energy[kSumLanes], next[kSumLanes];
      for (size_t l = 0; l < kSumLanes; l++) {
        const float v = x[i + l];
        square[l] = energy[l] = v * v;
        s2[l] += square[l];
        s3[l] += square[l] * (v < 0 ? -v : v);
        s4[l] += square[l] * square[l];
      }
      for (int step = 1; step < block; step *= 2) {
        for (size_t l = 0; l < kSumLanes; l++) next[l] = energy[l] + energy[l ^ step];
        memcpy(energy, next, sizeof energy);
      }
      for (size_t l = 0; l < kSumLanes; l++) blocks[l] += energy[l] * energy[l];
    }
    fold_lanes(s2, &sums.s2, block, sums.residues);
    fold_lanes(s3, &sums.s3, block, nullptr);
    fold_lanes(s4, &sums.s4, block, nullptr);
    fold_lanes(blocks, &sums.blocks, block, nullptr);
  }
  return sums;
}

struct Moments {
  double l3, l4;  // sum |x|^3 / |x|^3, sum x^4 / |x|^4
  double r1, r2;  // squared covariance of the coordinates of a block after one round, after two
};

Moments row_moments(const PowerSums& s, int block) {
  const double square = s.s2 * s.s2;
  Moments m = {s.s3 / (s.s2 * sqrt_f64(s.s2)), s.s4 / square, 0, 0};
  if (block == 1) return m;
  for (int c = 1; c < block; c++) {
    double covariance = 0;
    for (int r = 0; r < block; r++) {
      const int odd = ((c & r) ^ (c & r) >> 1 ^ (c & r) >> 2) & 1;
      covariance += odd ? -s.residues[r] : s.residues[r];
    }
    covariance /= s.s2;
    m.r1 += covariance * covariance;
  }
  m.r2 = 2 * (s.blocks / block - s.s4) / square;
  return m;
}

HQ_INLINE PowerSums row_power_sums(const float* x, size_t n, int block) {
  if (block > 1) return block_power_sums(x, n, block);
  const RowPowers row = row_powers<true>(x, n, x);
  return {row.sums[0], row.sums[1], row.sums[2], 0, {}};
}

// A row copied to scratch, zero padded to a multiple of 16 and brought into range: max |row| in [2^-20,
// 2^20], or every element zero. The original is row * 2^-shift.
struct LoadedRow {
  uint32_t max_bits;  // of the row as given
  int shift;
};
constexpr int kSumsLow = -20, kSumsHigh = 20;
constexpr uint32_t kInfinityBits = 0x7f800000u;  // those of a NaN are above

HQ_INLINE LoadedRow load_row(const float* x, size_t n, float* scratch) {
  const uint32_t max_bits = row_max_abs(x, n);
  const int shift = range_shift(max_bits, kSumsLow, kSumsHigh);
  if (shift) {
    scale_row(x, scratch, n, shift);
  } else {
    memcpy(scratch, x, n * sizeof(float));
  }
  for (size_t i = n; i % kSumLanes; i++) scratch[i] = 0;
  return {max_bits, shift};
}

// 2^k as a double, |k| < 1022.
HQ_INLINE double power_of_two_f64(int k) {
  const uint64_t bits = (uint64_t)(k + 1023) << 52;
  double f;
  memcpy(&f, &bits, 8);
  return f;
}

// Per row: norm, l3, l4, max |x_i| / |x|, r1, r2; zeros for a zero row.
void moments(const float* x, size_t rows, size_t dim, int block, float* scratch, double* out) {
  for (size_t r = 0; r < rows; r++, out += 6) {
    const LoadedRow row = load_row(x + r * dim, dim, scratch);
    if (row.max_bits == 0) {
      for (int i = 0; i < 6; i++) out[i] = 0;
      continue;
    }
    const PowerSums sums = row_power_sums(scratch, dim, block);
    const Moments m = row_moments(sums, block);
    const double norm = sqrt_f64(sums.s2);
    float max_abs;
    memcpy(&max_abs, &row.max_bits, 4);
    out[0] = norm * power_of_two_f64(-row.shift);
    out[1] = m.l3;
    out[2] = m.l4;
    out[3] = (double)max_abs * power_of_two_f64(row.shift) / norm;
    out[4] = m.r1;
    out[5] = m.r2;
  }
}

// No norm of finite floats is beyond the float range while the largest of them is below 2^60.
HQ_INLINE bool surely_usable(uint32_t max_bits) { return (int)(max_bits >> 23) - 127 < kRotateHigh; }

// Whether a row can be coded: no NaN, no infinity, a norm within the float range.
HQ_INLINE bool usable(const LoadedRow& row, const float* scratch, size_t n) {
  if (surely_usable(row.max_bits)) return true;
  if (row.max_bits >= kInfinityBits) return false;
  return sqrt_f64(sum_squares(scratch, n)) * power_of_two_f64(-row.shift) <= kFloatMax;
}

// Index of the first row that cannot be coded; `rows` if there is none.
size_t first_unusable_row(const float* x, size_t rows, size_t dim, float* scratch) {
  for (size_t r = 0; r < rows; r++, x += dim)
    if (!surely_usable(row_max_abs(x, dim)) && !usable(load_row(x, dim, scratch), scratch, dim)) return r;
  return rows;
}

// out = x - center per row, after dividing the row by its norm when `normalize` is set (a zero row stays
// zero). center may be null. out may be x. Gives the index of the first row of x that cannot be coded, else
// `rows`; the row is treated like the others all the same.
size_t center_rows(const float* x, size_t rows, size_t dim, const float* center, bool normalize,
                   float* scratch, float* out) {
  size_t bad = rows;
  for (size_t r = 0; r < rows; r++, x += dim, out += dim) {
    const LoadedRow row = load_row(x, dim, scratch);
    if (bad == rows && !usable(row, scratch, dim)) bad = r;
    float factor = power_of_two(-row.shift);
    if (normalize) factor = row.max_bits ? (float)(1.0 / sqrt_f64(sum_squares(scratch, dim))) : 0;
    const F32::V f = F32::splat(factor);
    size_t i = 0;
    for (; i + F32::kLanes <= dim; i += F32::kLanes) {
      F32::V v = F32::mul(F32::load(scratch + i), f);
      if (center) v = F32::sub(v, F32::load(center + i));
      F32::store(out + i, v);
    }
    for (; i < dim; i++) out[i] = center ? scratch[i] * factor - center[i] : scratch[i] * factor;
  }
  return bad;
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
