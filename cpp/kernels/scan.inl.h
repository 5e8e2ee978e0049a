// SPDX-License-Identifier: Apache-2.0
// Exhaustive scan of packed codes against int8 queries: integer dot products, then one f64 expression a row.
//
// Rows go in tiles that stay in L1 while four queries at a time pass over them. Scalar codes of one plane (1,
// 2, 4 bits) look their levels up straight from the packed bytes; the others are unpacked to level bytes once
// a tile. Integer sums are exact in any order: 32-bit lanes over at most kChunk bytes of a row, 64 bits
// across chunks.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kChunk = 8192;  // bytes: 65,536 one-bit coordinates of at most 127 * 127 fit 31 bits
constexpr int kGroup = 4;        // queries a pass
constexpr size_t kTileRows = 32;
constexpr size_t kTileBytes = 1 << 15;  // level bytes a tile may hold (one row at least)

HQ_INLINE size_t pad64(size_t n) { return (n + 63) & ~(size_t)63; }
// Levels are looked up from packed bytes, whose fields the query form follows.
HQ_INLINE bool is_direct(const ScanSection& s) {
  return (s.bits == 1 || s.bits == 2 || s.bits == 4) && s.block == 1 && !s.low;
}

// dots[q] += <levels of packed fields, query q>.
template <int kWidth, int kQueries>
HQ_INLINE void packed_dots(const uint8_t* packed, size_t bytes, I8::Table16 table,
                           const int8_t* const* queries, int64_t* dots) {
  constexpr int kFields = 8 / kWidth;
  const size_t field_stride = pad64(bytes);
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    const size_t end = chunk + kChunk < bytes ? chunk + kChunk : bytes;
    I8::Acc acc[kQueries];
    for (int q = 0; q < kQueries; q++) acc[q] = I8::acc_zero();
    for (size_t j = chunk; j < end; j += I8::kBytes) {
      const I8::V raw = I8::load(packed + j);
      HQ_UNROLL
      for (int t = 0; t < kFields; t++) {
        const I8::V level = I8::lookup16(table, I8::field(raw, kWidth, t));
        for (int q = 0; q < kQueries; q++)
          acc[q] = I8::dot(acc[q], level, I8::load(queries[q] + t * field_stride + j));
      }
    }
    for (int q = 0; q < kQueries; q++) dots[q] += I8::reduce(acc[q]);
  }
}

// dots[q] += weight * <level bytes, query q>.
template <int kQueries>
HQ_INLINE void byte_dots(const int8_t* levels, size_t bytes, const int8_t* const* queries, int64_t weight,
                         int64_t* dots) {
  for (size_t chunk = 0; chunk < bytes; chunk += kChunk) {
    const size_t end = chunk + kChunk < bytes ? chunk + kChunk : bytes;
    I8::Acc acc[kQueries];
    for (int q = 0; q < kQueries; q++) acc[q] = I8::acc_zero();
    for (size_t j = chunk; j < end; j += I8::kBytes) {
      const I8::V level = I8::load(levels + j);
      for (int q = 0; q < kQueries; q++) acc[q] = I8::dot(acc[q], level, I8::load(queries[q] + j));
    }
    for (int q = 0; q < kQueries; q++) dots[q] += weight * I8::reduce(acc[q]);
  }
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

// Dot products of one row against kQueries query forms: dots[q] of the sections that count with its scale,
// projected[q] of those that count with its residual. levels: the row's unpacked sections, one after the
// other.
template <int kQueries>
void row_dots(const Scan& job, const uint8_t* row, const int8_t* levels, const int8_t* const* forms,
              int64_t* dots, int64_t* projected) {
  for (int q = 0; q < kQueries; q++) dots[q] = projected[q] = 0;
  for (int i = 0; i < job.section_count; i++) {
    const ScanSection& s = job.sections[i];
    int64_t* out = s.projected ? projected : dots;
    const int8_t* queries[kQueries];
    for (int q = 0; q < kQueries; q++) queries[q] = forms[q] + s.query_offset;
    if (is_direct(s)) {
      int64_t sums[kQueries] = {};
      const uint8_t* packed = row + s.code_offset;
      const size_t bytes = plane_bytes(s.count, s.bits);
      const I8::Table16 table = I8::table16(s.high);
      switch (s.bits) {
        case 1:
          packed_dots<1, kQueries>(packed, bytes, table, queries, sums);
          break;
        case 2:
          packed_dots<2, kQueries>(packed, bytes, table, queries, sums);
          break;
        default:
          packed_dots<4, kQueries>(packed, bytes, table, queries, sums);
      }
      for (int q = 0; q < kQueries; q++) out[q] += 128 * sums[q];
    } else {
      const size_t bytes = pad64(s.count);
      byte_dots<kQueries>(levels, bytes, queries, 128, out);
      if (s.low) byte_dots<kQueries>(levels + bytes, bytes, queries, 1, out);
      levels += level_bytes(s);
    }
  }
}

struct Tile {
  size_t count;
  uint32_t rows[kTileRows];
};

// The scores of kQueries queries, from query `first`, for every row of a tile.
template <int kQueries>
void score_tile(const Scan& job, const Tile& tile, const int8_t* levels, size_t levels_stride, size_t first,
                TopK* best) {
  for (size_t t = 0; t < tile.count; t++) {
    const size_t row = tile.rows[t];
    const int form = (job.tags[row] & 3) - 1;
    const int8_t* forms[kQueries];
    for (int q = 0; q < kQueries; q++) forms[q] = job.forms + ((first + q) * 3 + form) * job.form_bytes;
    int64_t dots[kQueries], projected[kQueries];
    row_dots<kQueries>(job, job.codes + row * job.code_bytes, levels + t * levels_stride, forms, dots,
                       projected);
    const double scale = job.scales[row];
    const double norm = job.norms ? job.norms[row] : 0;
    for (int q = 0; q < kQueries; q++) {
      const double* gains = job.gains + ((first + q) * 3 + form) * 2;
      const double bias = job.query_bias[first + q] - norm * norm;
      double key = bias + gains[0] * scale * (double)dots[q];
      if (job.residuals) key += gains[1] * job.residuals[row] * (double)projected[q];
      if (job.reaches) key += job.slacks[first + q] * job.reaches[row];
      best[first + q].offer(key, (uint32_t)row);
    }
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

// Scratch bytes for levels, codes and the heaps of a job.
size_t scan_scratch_bytes(const Scan& job) {
  const size_t stride = levels_stride(job);
  return stride * tile_rows(stride) + pad64(job.dim) + job.queries * sizeof(TopK) + 64;
}

void scan(const Scan& job, uint8_t* scratch) {
  TopK* best = (TopK*)scratch;
  int8_t* levels = (int8_t*)(scratch + pad64(job.queries * sizeof(TopK)));
  const size_t stride = levels_stride(job), tile_limit = tile_rows(stride);
  uint8_t* codes = (uint8_t*)levels + stride * tile_limit;
  for (size_t q = 0; q < job.queries; q++) best[q] = {job.keys + q * job.k, job.rows + q * job.k, job.k, 0};

  Tile tile;
  for (size_t row = job.first_row; row < job.last_row;) {
    for (tile.count = 0; tile.count < tile_limit && row < job.last_row; row++) {
      if (job.allowed && !sign_bit(job.allowed, row)) continue;
      tile.rows[tile.count++] = (uint32_t)row;
    }
    if (stride) {
      for (size_t t = 0; t < tile.count; t++) {
        int8_t* out = levels + t * stride;
        for (int i = 0; i < job.section_count; i++) {
          const ScanSection& s = job.sections[i];
          if (is_direct(s)) continue;
          const size_t row = tile.rows[t];
          unpack_levels(s, job.tags[row] >> kDrawShift, job.codes + row * job.code_bytes + s.code_offset,
                        codes, out);
          out += level_bytes(s);
        }
      }
    }
    size_t q = 0;
    for (; q + kGroup <= job.queries; q += kGroup) score_tile<kGroup>(job, tile, levels, stride, q, best);
    for (; q < job.queries; q++) score_tile<1>(job, tile, levels, stride, q, best);
  }
  for (size_t q = 0; q < job.queries; q++) best[q].finish();
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
