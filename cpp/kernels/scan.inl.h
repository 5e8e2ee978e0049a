// SPDX-License-Identifier: Apache-2.0
// Exhaustive scan of packed codes against int8 queries: integer dot products, then one f64 expression a row.
//
// Rows go in tiles that stay in L1 while groups of queries pass over them; those of a tile were rotated
// equally often, so they meet the same query forms, and are taken several at a time. Scalar codes of one
// plane (1, 2, 4 bits) need no unpacking: one-bit codes add the query up where bits are set, the others look
// their levels up straight from the packed bytes. All other sections are unpacked to level bytes once a tile.
//
// Integer sums are exact in any order: 32-bit lanes over at most kChunk bytes of a row. Across chunks, digits
// and sections they are added as f64, which is exact too: below 2^53. Tiers that multiply unsigned by signed
// bytes add I8::kBias to every level; kBias times the sum of the query comes off again.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kChunk = 8192;  // bytes: 65,536 one-bit coordinates of at most 127 * 127 fit 31 bits
constexpr int kGroup = 4;        // queries a pass

// Bytes that a section takes of a query form.
HQ_INLINE size_t form_section_bytes(const ScanSection& s) {
  return is_direct(s) ? 8 / s.bits * pad64(plane_bytes(s.count, s.bits)) : pad64(s.count);
}
struct ScanScratch {
  TopK* best;
  double* totals;  // queries x forms x sections: sums of the query bytes
  int8_t* levels;  // of a tile
  uint8_t* codes;  // of a row
  uint8_t* end;    // copies of the last rows
};

// ---- sums over at most kChunk bytes of rows, times kQueries queries
// ------------------------------------------------------------------------------------------------

// One sum a query and row.
using TileSums = int32_t[kTileRows];

template <int kRows, int kQueries>
HQ_INLINE void clear_sums(I8::Acc (&acc)[kRows][kQueries]) {
  HQ_UNROLL
  for (int r = 0; r < kRows; r++) {
    HQ_UNROLL
    for (int q = 0; q < kQueries; q++) acc[r][q] = I8::acc_zero();
  }
}

template <int kRows, int kQueries>
HQ_INLINE void fold_sums(const I8::Acc (&acc)[kRows][kQueries], size_t at, TileSums* out) {
  HQ_UNROLL
  for (int q = 0; q < kQueries; q++) {
    if constexpr (kRows == 4) {
      I8::reduce4(acc[0][q], acc[1][q], acc[2][q], acc[3][q], out[q] + at);
    } else {
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) out[q][at + r] = I8::reduce(acc[r][q]);
    }
  }
}

// Packed bytes as they lie in a row, and the fields of the query forms that meet them.
struct PackedPart {
  size_t offset, bytes;
  const int8_t* table;  // levels of the codes
  size_t field_stride;
  const int8_t* forms[kGroup];
  const uint8_t* next;  // codes that will be needed soon: of as many rows as there are, row_bytes each
  size_t row_bytes;
};

// Of one-bit codes the bits count, of others the levels that they stand for, plus I8::kBias.
template <int kWidth, int kRows, int kQueries>
HQ_INLINE void packed_rows(const PackedPart& part, const I8::Table16& table, const uint8_t* const* rows,
                           size_t at, TileSums* sums) {
  constexpr int kFields = 8 / kWidth;
  const uint8_t* packed[kRows];
  HQ_UNROLL
  for (int r = 0; r < kRows; r++) packed[r] = rows[at + r] + part.offset;
  I8::Acc acc[kRows][kQueries];
  clear_sums<kRows, kQueries>(acc);
  for (size_t j = 0; j < part.bytes; j += I8::kBytes) {
    I8::V raw[kRows];
    I8::Narrow narrow[kRows][kQueries];
    HQ_UNROLL
    for (int r = 0; r < kRows; r++) {
      raw[r] = I8::load_kept(packed[r] + j);
      // One for each cache line, in the order of addresses, whatever the order of rows is. Loops over
      // single bytes are left to the compiler to make vectors of.
      if (kQueries == 1 && I8::kBytes > 1 && j % 64 < (size_t)I8::kBytes)
        prefetch(part.next + at * part.row_bytes + kRows * (j & ~(size_t)63) + 64 * r);
      HQ_UNROLL
      for (int q = 0; q < kQueries; q++) narrow[r][q] = I8::narrow_sums(acc[r][q]);
    }
    HQ_UNROLL
    for (int t = 0; t < kFields; t++) {
      I8::V query[kQueries];
      HQ_UNROLL
      for (int q = 0; q < kQueries; q++) query[q] = I8::load_kept(part.forms[q] + t * part.field_stride + j);
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) {
        if constexpr (kWidth == 1) {
          const I8::V bit = I8::bit(raw[r], t);
          HQ_UNROLL
          for (int q = 0; q < kQueries; q++) narrow[r][q] = I8::add_bits(narrow[r][q], bit, query[q]);
        } else {
          const I8::V level = I8::template lookup_field<kWidth>(table, raw[r], t);
          HQ_UNROLL
          for (int q = 0; q < kQueries; q++) acc[r][q] = I8::dot(acc[r][q], level, query[q]);
        }
      }
    }
    if constexpr (kWidth == 1) {
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) {
        HQ_UNROLL
        for (int q = 0; q < kQueries; q++) acc[r][q] = I8::add_narrow(acc[r][q], narrow[r][q]);
      }
    }
  }
  fold_sums<kRows, kQueries>(acc, at, sums);
}

template <int kWidth, int kQueries>
void packed_sums(const PackedPart& part, const Rows& rows, TileSums* sums) {
  constexpr int kRows = kQueries == 1 ? 4 : I8::kRowsOfGroup;
  const I8::Table16 table = I8::template field_table<kWidth>(part.table);
  size_t at = 0;
  for (; at + kRows <= rows.count; at += kRows)
    packed_rows<kWidth, kRows, kQueries>(part, table, rows.packed, at, sums);
  if constexpr (kRows > 1) {
    for (; at < rows.count; at++) packed_rows<kWidth, 1, kQueries>(part, table, rows.packed, at, sums);
  }
}

// Level bytes as they lie in a row's unpacked sections, and the query forms that meet them.
struct LevelPart {
  size_t offset, bytes;
  const int8_t* forms[kGroup];
};

// Levels count with I8::kBias added.
template <int kRows, int kQueries>
HQ_INLINE void level_rows(const LevelPart& part, const int8_t* const* rows, size_t at, TileSums* sums) {
  const int8_t* levels[kRows];
  HQ_UNROLL
  for (int r = 0; r < kRows; r++) levels[r] = rows[at + r] + part.offset;
  I8::Acc acc[kRows][kQueries];
  clear_sums<kRows, kQueries>(acc);
  for (size_t j = 0; j < part.bytes; j += I8::kBytes) {
    I8::V query[kQueries];
    HQ_UNROLL
    for (int q = 0; q < kQueries; q++) query[q] = I8::load_kept(part.forms[q] + j);
    HQ_UNROLL
    for (int r = 0; r < kRows; r++) {
      const I8::V level = I8::biased(I8::load(levels[r] + j));
      HQ_UNROLL
      for (int q = 0; q < kQueries; q++) acc[r][q] = I8::dot(acc[r][q], level, query[q]);
    }
  }
  fold_sums<kRows, kQueries>(acc, at, sums);
}

template <int kQueries>
void level_sums(const LevelPart& part, const Rows& rows, TileSums* sums) {
  constexpr int kRows = kQueries == 1 ? 4 : I8::kRowsOfGroup;
  size_t at = 0;
  for (; at + kRows <= rows.count; at += kRows) level_rows<kRows, kQueries>(part, rows.levels, at, sums);
  if constexpr (kRows > 1) {
    for (; at < rows.count; at++) level_rows<1, kQueries>(part, rows.levels, at, sums);
  }
}

// ---- dot products, in 128ths of a level
// ------------------------------------------------------------------------------------------------

// One number a row; up to a multiple of the vector width, what follows the last row is of no consequence.
using TileDots = double[kTileRows];

// dots = constant + step * sums, or with kAdd the old dots plus that.
template <bool kAdd>
HQ_INLINE void put_dots(const TileSums& sums, size_t count, double constant, double step, TileDots& dots) {
  const F64::V c = F64::splat(constant), s = F64::splat(step);
  for (size_t r = 0; r < count; r += F64::kLanes) {
    F64::V dot = F64::add(c, F64::mul(s, F64::from_i32(sums + r)));
    if (kAdd) dot = F64::add(F64::load(dots + r), dot);
    F64::store(dots + r, dot);
  }
}

// The dot products of one kind, of kQueries queries: the first sums are put, later ones added.
template <int kQueries>
struct DotSums {
  alignas(64) TileDots dots[kQueries];
  bool any = false;
};

// A query form and the sums of its sections.
struct Form {
  const int8_t* bytes;
  const double* totals;
};

template <int kQueries>
HQ_INLINE void put_section(const TileSums* sums, int section, double offset, double step, bool first_chunk,
                           const Rows& rows, const Form* forms, DotSums<kQueries>& out) {
  for (int q = 0; q < kQueries; q++) {
    const double constant = first_chunk ? offset * forms[q].totals[section] : 0;
    out.any ? put_dots<true>(sums[q], rows.count, constant, step, out.dots[q])
            : put_dots<false>(sums[q], rows.count, constant, step, out.dots[q]);
  }
  out.any = true;
}

template <int kQueries>
void direct_dots(const ScanSection& s, size_t row_bytes, int section, const Rows& rows, const Form* forms,
                 bool ask, DotSums<kQueries>& out) {
  const size_t bytes = plane_bytes(s.count, s.bits);
  const double offset = s.bits == 1 ? s.high[0] : -I8::kBias;
  const double step = s.bits == 1 ? s.high[1] - s.high[0] : 1;
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    PackedPart part = {s.code_offset + chunk,
                       bytes - chunk < kChunk ? bytes - chunk : kChunk,
                       s.high,
                       pad64(bytes),
                       {},
                       ask ? rows.next : rows.packed[0],
                       row_bytes};
    for (int q = 0; q < kQueries; q++) part.forms[q] = forms[q].bytes + s.query_offset + chunk;
    alignas(64) TileSums sums[kQueries];
    s.bits == 1   ? packed_sums<1, kQueries>(part, rows, sums)
    : s.bits == 2 ? packed_sums<2, kQueries>(part, rows, sums)
                  : packed_sums<4, kQueries>(part, rows, sums);
    put_section<kQueries>(sums, section, 128 * offset, 128 * step, chunk == 0, rows, forms, out);
  }
}

// `at`: where the section's levels begin; `weight`: what one of them counts.
template <int kQueries>
void unpacked_dots(const ScanSection& s, int section, size_t at, double weight, const Rows& rows,
                   const Form* forms, DotSums<kQueries>& out) {
  const size_t bytes = pad64(s.count);
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    LevelPart part = {at + chunk, bytes - chunk < kChunk ? bytes - chunk : kChunk, {}};
    for (int q = 0; q < kQueries; q++) part.forms[q] = forms[q].bytes + s.query_offset + chunk;
    alignas(64) TileSums sums[kQueries];
    level_sums<kQueries>(part, rows, sums);
    put_section<kQueries>(sums, section, -weight * I8::kBias, weight, chunk == 0, rows, forms, out);
  }
}

// dots: of the sections that count with a row's scale; projected: of those that count with its residual.
template <int kQueries>
void tile_dots(const Scan& job, const Rows& rows, const Form* forms, bool ask, DotSums<kQueries>& dots,
               DotSums<kQueries>& projected) {
  size_t at = 0;
  for (int i = 0; i < job.section_count; i++) {
    const ScanSection& s = job.sections[i];
    DotSums<kQueries>& out = s.projected ? projected : dots;
    if (is_direct(s)) {
      direct_dots<kQueries>(s, job.code_bytes, i, rows, forms, ask, out);
      continue;
    }
    unpacked_dots<kQueries>(s, i, at, 128, rows, forms, out);
    if (s.low) unpacked_dots<kQueries>(s, i, at + pad64(s.count), 1, rows, forms, out);
    at += level_bytes(s);
  }
}

// ---- scores
// ------------------------------------------------------------------------------------------------

// Offers a tile's rows of one form to query `query`.
void offer_rows(const Scan& job, const Rows& rows, int form, size_t query, const TileDots& dots,
                const TileDots& projected, TopK& best) {
  const double* gains = job.gains + (query * kForms + form) * 2;
  const F64::V bias = F64::splat(job.query_bias[query]), gain = F64::splat(gains[0]);
  const bool plain = !job.residuals && !job.reaches;
  const F64::V floor = F64::splat(best.floor());
  alignas(64) TileDots keys;
  bool any = !plain;
  for (size_t r = 0; r < rows.count; r += F64::kLanes) {
    const F64::V scaled = F64::mul(F64::mul(gain, F64::load(rows.scales + r)), F64::load(dots + r));
    const F64::V key = F64::add(F64::sub(bias, F64::load(rows.squares + r)), scaled);
    F64::store(keys + r, key);
    any |= F64::any_ge(key, floor);
  }
  if (!any) return;  // most tiles have nothing to offer
  for (size_t r = 0; job.residuals && r < rows.count; r++)
    keys[r] += gains[1] * job.residuals[rows.numbers[r]] * projected[r];
  for (size_t r = 0; job.reaches && r < rows.count; r++)
    keys[r] += job.slacks[query] * job.reaches[rows.numbers[r]];
  for (size_t r = 0; r < rows.count; r++) best.offer(keys[r], rows.numbers[r]);
}

template <int kQueries>
void score_queries(const Scan& job, const Rows& rows, int form, size_t first, const ScanScratch& scratch) {
  Form forms[kQueries];
  for (int q = 0; q < kQueries; q++) {
    const size_t at = (first + q) * kForms + form;
    forms[q] = {job.forms + at * job.form_bytes, scratch.totals + at * job.section_count};
  }
  DotSums<kQueries> dots, projected;
  tile_dots<kQueries>(job, rows, forms, first == 0, dots, projected);
  for (int q = 0; q < kQueries; q++)
    offer_rows(job, rows, form, first + q, dots.dots[q], projected.dots[q], scratch.best[first + q]);
}

// ---- tiles
// ------------------------------------------------------------------------------------------------

HQ_INLINE size_t total_count(const Scan& job) { return job.queries * kForms * (size_t)job.section_count; }

// Scratch bytes of a job.
size_t scan_scratch_bytes(const Scan& job) {
  const size_t stride = levels_stride(job);
  return pad64(job.queries * sizeof(TopK)) + pad64(total_count(job) * sizeof(double)) +
         stride * tile_rows(stride) + pad64(job.dim) + end_bytes(job);
}

double sum_bytes(const int8_t* bytes, size_t n) {
  double total = 0;
  for (size_t chunk = 0; chunk < n; chunk += kChunk) {
    const size_t end = chunk + kChunk < n ? chunk + kChunk : n;
    int32_t sum = 0;
    for (size_t j = chunk; j < end; j++) sum += bytes[j];
    total += sum;
  }
  return total;
}

ScanScratch scan_scratch(const Scan& job, uint8_t* at) {
  ScanScratch scratch;
  scratch.best = (TopK*)at;
  at += pad64(job.queries * sizeof(TopK));
  scratch.totals = (double*)at;
  at += pad64(total_count(job) * sizeof(double));
  scratch.levels = (int8_t*)at;
  const size_t stride = levels_stride(job);
  scratch.codes = at + stride * tile_rows(stride);
  scratch.end = scratch.codes + pad64(job.dim);
  for (size_t q = 0; q < job.queries; q++)
    scratch.best[q] = {job.keys + q * job.k, job.rows + q * job.k, job.k, 0};
  for (size_t f = 0; f < job.queries * kForms; f++) {
    for (int i = 0; i < job.section_count; i++) {
      const ScanSection& s = job.sections[i];
      scratch.totals[f * job.section_count + i] =
          sum_bytes(job.forms + f * job.form_bytes + s.query_offset, form_section_bytes(s));
    }
  }
  return scratch;
}

// All queries meet a tile, whose rows have form `form`.
HQ_INLINE void score_tile(const Scan& job, const Rows& rows, int form, bool unpacked,
                          const ScanScratch& scratch) {
  const size_t groups = job.queries / kGroup;
  for (size_t g = 0; g < groups; g++) {
    if (!unpacked) ask_next_tile(job, rows, rows.count * g / groups, rows.count * (g + 1) / groups);
    score_queries<kGroup>(job, rows, form, g * kGroup, scratch);
  }
  for (size_t q = groups * kGroup; q < job.queries; q++) score_queries<1>(job, rows, form, q, scratch);
}

void scan(const Scan& job, uint8_t* memory) {
  const ScanScratch scratch = scan_scratch(job, memory);
  const size_t stride = levels_stride(job);
  Rows rows = {};
  Tiles tiles = {job.first_row, tile_rows(stride), {}};
  for (int form; (form = next_tile(job, tiles, rows)) >= 0;) {
    keep_inside(job, scratch.end, rows);
    if (stride) unpack_rows(job, rows, scratch.levels, scratch.codes);
    score_tile(job, rows, form, stride > 0, scratch);
  }
  for (size_t q = 0; q < job.queries; q++) scratch.best[q].finish();
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
