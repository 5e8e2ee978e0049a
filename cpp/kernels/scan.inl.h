// SPDX-License-Identifier: Apache-2.0
// Exhaustive scan of packed codes against int8 queries: integer dot products, then one f64 expression a row.
//
// Rows go in tiles that stay in L1 while groups of queries pass over them; inside a tile, rows that were
// rotated equally often meet the same query forms, and are taken several at a time. Scalar codes of one plane
// (1, 2, 4 bits) need no unpacking: one-bit sections sum the query where bits are set, the others look their
// levels up straight from the packed bytes. All other sections are unpacked to level bytes once a tile.
// Integer sums are exact in any order: 32-bit lanes over at most kChunk bytes of a row, 64 bits across
// chunks.
//
// Tiers that multiply unsigned by signed bytes add I8::kBias to every level; kBias times the sum of the query
// comes off again at the end.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kChunk = 8192;  // bytes: 65,536 one-bit coordinates of at most 127 * 127 fit 31 bits
constexpr int kGroup = 4;        // queries a pass
constexpr size_t kTileRows = 32;
constexpr size_t kTileBytes = 1 << 15;  // level bytes a tile may hold (one row at least)
constexpr int kForms = 3;               // of a query: rotated once, twice, three times

HQ_INLINE size_t pad64(size_t n) { return (n + 63) & ~(size_t)63; }
// Levels are looked up from packed bytes, whose fields the query form follows.
HQ_INLINE bool is_direct(const ScanSection& s) {
  return (s.bits == 1 || s.bits == 2 || s.bits == 4) && s.block == 1 && !s.low;
}
// Bytes that a section takes of a query form.
HQ_INLINE size_t form_section_bytes(const ScanSection& s) {
  return is_direct(s) ? 8 / s.bits * pad64(plane_bytes(s.count, s.bits)) : pad64(s.count);
}

// Level bytes of a section that needs unpacking: high digits, then low digits if there are any, each padded
// to 64.
HQ_INLINE size_t level_bytes(const ScanSection& s) {
  return is_direct(s) ? 0 : pad64(s.count) * (s.low ? 2 : 1);
}

void unpack_levels(const ScanSection& s, uint32_t draw, const uint8_t* packed, uint8_t* codes,
                   int8_t* levels) {
  const size_t bytes = pad64(s.count), count = s.count / s.block;
  unpack(packed, count, s.bits, codes);
  if (s.block > 1) {
    lookup_blocks(s.block, s.high, codes, count, levels);
    for (size_t i = s.count; i < bytes; i++) levels[i] = 0;
    return;
  }
  for (size_t i = count; i < bytes; i++) codes[i] = 0;
  const int blocks = s.bits > 4 ? 1 << (s.bits - 4) : 1;
  const size_t table = (size_t)draw * 16 * blocks;
  for (size_t j = 0; j < bytes; j += I8::kBytes) {
    const I8::V code = I8::load(codes + j);
    I8::store(levels + j, I8::lookup(s.high + table, blocks, code));
    if (s.low) I8::store(levels + bytes + j, I8::lookup(s.low + table, blocks, code));
  }
}

// ---- dot products of kRows rows with kQueries queries
// ------------------------------------------------------------------------------------------------

// What a group of rows and queries works on. `ahead` bytes behind a row lies one that will be scanned soon.
template <int kRows, int kQueries>
struct Group {
  const uint8_t* packed[kRows];     // codes
  const int8_t* levels[kRows];      // unpacked sections, one after the other
  const int8_t* forms[kQueries];    // query forms
  const int64_t* totals[kQueries];  // sums over the sections of these forms
  size_t ahead;
};
template <int kRows, int kQueries>
using Dots = int64_t[kRows][kQueries];

template <int kRows, int kQueries>
HQ_INLINE void clear_sums(I8::Acc (&acc)[kRows][kQueries]) {
  HQ_UNROLL
  for (int r = 0; r < kRows; r++) {
    HQ_UNROLL
    for (int q = 0; q < kQueries; q++) acc[r][q] = I8::acc_zero();
  }
}

template <int kRows, int kQueries>
HQ_INLINE void add_sums(I8::Acc (&acc)[kRows][kQueries], int64_t weight, Dots<kRows, kQueries>& dots) {
  HQ_UNROLL
  for (int q = 0; q < kQueries; q++) {
    if constexpr (kRows == 4) {
      int32_t sums[4];
      I8::reduce4(acc[0][q], acc[1][q], acc[2][q], acc[3][q], sums);
      for (int r = 0; r < 4; r++) dots[r][q] += weight * sums[r];
    } else {
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) dots[r][q] += weight * I8::reduce(acc[r][q]);
    }
  }
}

// dots += the levels of packed fields, plus I8::kBias, times the queries.
template <int kWidth, int kRows, int kQueries>
HQ_INLINE void packed_dots(const Group<kRows, kQueries>& group, const ScanSection& s,
                           Dots<kRows, kQueries>& dots) {
  constexpr int kFields = 8 / kWidth;
  const size_t bytes = plane_bytes(s.count, kWidth), field_stride = pad64(bytes);
  const I8::Table16 table = I8::table16(s.high);
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    const size_t end = chunk + kChunk < bytes ? chunk + kChunk : bytes;
    I8::Acc acc[kRows][kQueries];
    clear_sums<kRows, kQueries>(acc);
    for (size_t j = chunk; j < end; j += I8::kBytes) {
      I8::V raw[kRows];
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) {
        const uint8_t* at = group.packed[r] + s.code_offset + j;
        raw[r] = I8::load(at);
        prefetch(at + group.ahead);
      }
      HQ_UNROLL
      for (int t = 0; t < kFields; t++) {
        I8::V query[kQueries];
        HQ_UNROLL
        for (int q = 0; q < kQueries; q++)
          query[q] = I8::load(group.forms[q] + s.query_offset + t * field_stride + j);
        HQ_UNROLL
        for (int r = 0; r < kRows; r++) {
          const I8::V level = I8::lookup16(table, I8::field(raw[r], kWidth, t));
          HQ_UNROLL
          for (int q = 0; q < kQueries; q++) acc[r][q] = I8::dot(acc[r][q], level, query[q]);
        }
      }
    }
    add_sums<kRows, kQueries>(acc, 1, dots);
  }
}

// dots += the queries where the bits of one-bit codes are set.
template <int kRows, int kQueries>
HQ_INLINE void bit_dots(const Group<kRows, kQueries>& group, const ScanSection& s,
                        Dots<kRows, kQueries>& dots) {
  const size_t bytes = plane_bytes(s.count, 1), field_stride = pad64(bytes);
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    const size_t end = chunk + kChunk < bytes ? chunk + kChunk : bytes;
    for (int q = 0; q < kQueries; q++) {
      I8::BitSums sums[kRows];
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) sums[r] = I8::bits_zero();
      for (size_t j = chunk; j < end; j += I8::kBytes) {
        const int8_t* query = group.forms[q] + s.query_offset + j;
        I8::V raw[kRows];
        HQ_UNROLL
        for (int r = 0; r < kRows; r++) {
          const uint8_t* at = group.packed[r] + s.code_offset + j;
          raw[r] = I8::load(at);
          if (q == 0) prefetch(at + group.ahead);
        }
        HQ_UNROLL
        for (int t = 0; t < 8; t++) {
          const I8::V field = I8::load(query + t * field_stride);
          HQ_UNROLL
          for (int r = 0; r < kRows; r++) I8::add_bits(sums[r], raw[r], t, field);
        }
      }
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) dots[r][q] += I8::reduce_bits(sums[r]);
    }
  }
}

// dots += weight * (level bytes, plus I8::kBias) * queries.
template <int kRows, int kQueries>
HQ_INLINE void byte_dots(const int8_t* const* levels, const Group<kRows, kQueries>& group,
                         const ScanSection& s, int64_t weight, Dots<kRows, kQueries>& dots) {
  const size_t bytes = pad64(s.count);
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    const size_t end = chunk + kChunk < bytes ? chunk + kChunk : bytes;
    I8::Acc acc[kRows][kQueries];
    clear_sums<kRows, kQueries>(acc);
    for (size_t j = chunk; j < end; j += I8::kBytes) {
      I8::V query[kQueries];
      HQ_UNROLL
      for (int q = 0; q < kQueries; q++) query[q] = I8::load(group.forms[q] + s.query_offset + j);
      HQ_UNROLL
      for (int r = 0; r < kRows; r++) {
        const I8::V level = I8::biased(I8::load(levels[r] + j));
        HQ_UNROLL
        for (int q = 0; q < kQueries; q++) acc[r][q] = I8::dot(acc[r][q], level, query[q]);
      }
    }
    add_sums<kRows, kQueries>(acc, weight, dots);
  }
}

// In 128ths of a level: dots of the sections that count with a row's scale, projected of those that count
// with its residual.
template <int kRows, int kQueries>
HQ_INLINE void group_dots(const Scan& job, const Group<kRows, kQueries>& group, Dots<kRows, kQueries>& dots,
                          Dots<kRows, kQueries>& projected) {
  memset(dots, 0, sizeof dots);
  memset(projected, 0, sizeof projected);
  size_t level_offset = 0;
  for (int i = 0; i < job.section_count; i++) {
    const ScanSection& s = job.sections[i];
    Dots<kRows, kQueries>& out = s.projected ? projected : dots;
    if (is_direct(s)) {
      Dots<kRows, kQueries> sums = {};
      int64_t offset, step;  // dot = offset * sum of the query + step * sums
      if (s.bits == 1) {
        bit_dots<kRows, kQueries>(group, s, sums);
        offset = s.high[0];
        step = s.high[1] - s.high[0];
      } else {
        s.bits == 2 ? packed_dots<2, kRows, kQueries>(group, s, sums)
                    : packed_dots<4, kRows, kQueries>(group, s, sums);
        offset = -I8::kBias;
        step = 1;
      }
      for (int r = 0; r < kRows; r++)
        for (int q = 0; q < kQueries; q++)
          out[r][q] += 128 * (offset * group.totals[q][i] + step * sums[r][q]);
    } else {
      const int8_t* levels[kRows];
      for (int r = 0; r < kRows; r++) levels[r] = group.levels[r] + level_offset;
      byte_dots<kRows, kQueries>(levels, group, s, 128, out);
      if (s.low) {
        for (int r = 0; r < kRows; r++) levels[r] += pad64(s.count);
        byte_dots<kRows, kQueries>(levels, group, s, 1, out);
      }
      const int64_t bias = I8::kBias * (int64_t)(s.low ? 129 : 128);
      for (int r = 0; r < kRows; r++)
        for (int q = 0; q < kQueries; q++) out[r][q] -= bias * group.totals[q][i];
      level_offset += level_bytes(s);
    }
  }
}

// ---- tiles
// ------------------------------------------------------------------------------------------------

struct ScanScratch {
  TopK* best;
  int64_t* totals;  // queries x forms x sections: sums of the query bytes
  int8_t* levels;   // of a tile
  uint8_t* codes;   // of a row
};

struct Tile {
  size_t counts[kForms];
  uint32_t rows[kForms][kTileRows];  // by the form of the query that they meet
  const int8_t* levels[kForms][kTileRows];
  size_t ahead;
};

// The scores of rows at .. at + kRows - 1 of a form, for kQueries queries from query `first`.
template <int kRows, int kQueries>
HQ_INLINE void score_rows(const Scan& job, const Tile& tile, int form, size_t at, size_t first,
                          const ScanScratch& scratch) {
  Group<kRows, kQueries> group;
  const uint32_t* rows = tile.rows[form] + at;
  for (int r = 0; r < kRows; r++) {
    group.packed[r] = job.codes + rows[r] * job.code_bytes;
    group.levels[r] = tile.levels[form][at + r];
  }
  for (int q = 0; q < kQueries; q++) {
    const size_t f = (first + q) * kForms + form;
    group.forms[q] = job.forms + f * job.form_bytes;
    group.totals[q] = scratch.totals + f * job.section_count;
  }
  group.ahead = first ? 0 : tile.ahead;
  Dots<kRows, kQueries> dots, projected;
  group_dots<kRows, kQueries>(job, group, dots, projected);
  for (int q = 0; q < kQueries; q++) {
    const double* gains = job.gains + ((first + q) * kForms + form) * 2;
    for (int r = 0; r < kRows; r++) {
      const size_t row = rows[r];
      const double norm = job.norms ? job.norms[row] : 0;
      double key = job.query_bias[first + q] - norm * norm + gains[0] * job.scales[row] * (double)dots[r][q];
      if (job.residuals) key += gains[1] * job.residuals[row] * (double)projected[r][q];
      if (job.reaches) key += job.slacks[first + q] * job.reaches[row];
      scratch.best[first + q].offer(key, (uint32_t)row);
    }
  }
}

template <int kRows, int kQueries>
void score_tile(const Scan& job, const Tile& tile, size_t first, const ScanScratch& scratch) {
  for (int form = 0; form < kForms; form++) {
    size_t at = 0;
    for (; at + kRows <= tile.counts[form]; at += kRows)
      score_rows<kRows, kQueries>(job, tile, form, at, first, scratch);
    for (; at < tile.counts[form]; at++) score_rows<1, kQueries>(job, tile, form, at, first, scratch);
  }
}

HQ_INLINE size_t tile_rows(size_t levels_stride) {
  const size_t fit = levels_stride ? kTileBytes / levels_stride : kTileRows;
  return fit < 1 ? 1 : fit > kTileRows ? kTileRows : fit;
}

HQ_INLINE size_t levels_stride(const Scan& job) {
  size_t bytes = 0;
  for (int i = 0; i < job.section_count; i++) bytes += level_bytes(job.sections[i]);
  return bytes;
}

HQ_INLINE size_t total_count(const Scan& job) { return job.queries * kForms * (size_t)job.section_count; }

// Scratch bytes of a job.
size_t scan_scratch_bytes(const Scan& job) {
  const size_t stride = levels_stride(job);
  return stride * tile_rows(stride) + pad64(job.dim) + pad64(job.queries * sizeof(TopK)) +
         pad64(total_count(job) * sizeof(int64_t));
}

int64_t sum_bytes(const int8_t* bytes, size_t n) {
  int64_t total = 0;
  for (size_t chunk = 0; chunk < n; chunk += kChunk) {
    const size_t end = chunk + kChunk < n ? chunk + kChunk : n;
    int32_t sum = 0;  // narrow, so that compilers make vectors of it
    for (size_t j = chunk; j < end; j++) sum += bytes[j];
    total += sum;
  }
  return total;
}

ScanScratch scan_scratch(const Scan& job, uint8_t* at) {
  ScanScratch scratch;
  scratch.best = (TopK*)at;
  at += pad64(job.queries * sizeof(TopK));
  scratch.totals = (int64_t*)at;
  at += pad64(total_count(job) * sizeof(int64_t));
  scratch.levels = (int8_t*)at;
  const size_t stride = levels_stride(job);
  scratch.codes = at + stride * tile_rows(stride);
  for (size_t q = 0; q < job.queries; q++)
    scratch.best[q] = {job.keys + q * job.k, job.rows + q * job.k, job.k, 0};
  for (size_t f = 0; f < job.queries * kForms; f++) {
    for (int i = 0; i < job.section_count; i++) {
      const ScanSection& s = job.sections[i];
      const int8_t* form = job.forms + f * job.form_bytes + s.query_offset;
      scratch.totals[f * job.section_count + i] = sum_bytes(form, form_section_bytes(s));
    }
  }
  return scratch;
}

// Puts a row into the tile, its levels unpacked at `levels` where it has sections that need it.
HQ_INLINE void add_to_tile(const Scan& job, size_t row, int8_t* levels, uint8_t* codes, Tile* tile) {
  const int rounds = job.tags[row] & 3;
  const int form = rounds ? rounds - 1 : 0;  // no encoder writes 0, and it must not lead out of the arrays
  const size_t at = tile->counts[form]++;
  tile->rows[form][at] = (uint32_t)row;
  tile->levels[form][at] = levels;
  for (int i = 0; i < job.section_count; i++) {
    const ScanSection& s = job.sections[i];
    if (is_direct(s)) continue;
    unpack_levels(s, job.tags[row] >> kDrawShift, job.codes + row * job.code_bytes + s.code_offset, codes,
                  levels);
    levels += level_bytes(s);
  }
}

void scan(const Scan& job, uint8_t* memory) {
  const ScanScratch scratch = scan_scratch(job, memory);
  const size_t stride = levels_stride(job), limit = tile_rows(stride);
  Tile tile;
  tile.ahead = limit * job.code_bytes;
  for (size_t row = job.first_row; row < job.last_row;) {
    memset(tile.counts, 0, sizeof tile.counts);
    for (size_t count = 0; count < limit && row < job.last_row; row++) {
      if (job.allowed && !sign_bit(job.allowed, row)) continue;
      add_to_tile(job, row, scratch.levels + count++ * stride, scratch.codes, &tile);
    }
    size_t q = 0;
    for (; q + kGroup <= job.queries; q += kGroup)
      score_tile<I8::kRowsOfGroup, kGroup>(job, tile, q, scratch);
    for (; q < job.queries; q++) score_tile<4, 1>(job, tile, q, scratch);
  }
  for (size_t q = 0; q < job.queries; q++) scratch.best[q].finish();
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
