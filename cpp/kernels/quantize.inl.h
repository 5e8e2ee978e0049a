// SPDX-License-Identifier: Apache-2.0
// The scalar quantizer: bucketize (values -> codes) and lookup (codes -> levels).
//
// code = number of thresholds <= v. Up to 15 thresholds are searched by halves in registers. More go through
// a table of uniform bins with at most one threshold each: bin = trunc(clamp(v * bin_scale + bin_offset)),
// base[bin] thresholds lie in lower bins, and one compare with thresholds[base[bin]] settles the rest. The
// table is built with the same two float operations (lib/codec/codebooks.ts), so the answer is exact for
// every v. Thresholds made for one row alone have no such table: they are searched by halves in memory.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr uint32_t kMaxInRegisters = 15;  // thresholds

// Codes of v * gain. v and codes are scratch arrays that may be read and written up to a multiple of 16.
void bucketize(const Codebook& book, const float* v, float gain, size_t n, uint8_t* codes) {
  const F32::V g = F32::splat(gain);
  if (book.count <= kMaxInRegisters) {
    const F32::Thresholds16 thresholds = F32::thresholds16(book.thresholds, book.count);
    for (size_t i = 0; i < n; i += F32::kLanes)
      F32::store_u8(codes + i, F32::code16(thresholds, F32::mul(F32::load(v + i), g)));
    return;
  }
  if (!book.base) {
    int top = 0;
    while ((1u << top) <= book.count) top++;
    for (size_t i = 0; i < n; i += F32::kLanes) {
      const F32::V x = F32::mul(F32::load(v + i), g);
      F32::I c = F32::zero_i();
      for (int bit = top - 1; bit >= 0; bit--) {
        const F32::V t = F32::gather(book.thresholds + (1u << bit) - 1, c);
        c = F32::add_i(c, F32::shift_left(F32::count_ge(F32::zero_i(), x, t), bit));
      }
      F32::store_u8(codes + i, c);
    }
    return;
  }
  const F32::V scale = F32::splat(book.bin_scale), offset = F32::splat(book.bin_offset);
  const F32::V top = F32::splat((float)(book.bins - 1));
  for (size_t i = 0; i < n; i += F32::kLanes) {
    const F32::V x = F32::mul(F32::load(v + i), g);
    const F32::I base = F32::gather(book.base, F32::bin(F32::add(F32::mul(x, scale), offset), top));
    F32::store_u8(codes + i, F32::count_ge(base, x, F32::gather(book.thresholds, base)));
  }
}

// levels[0 .. n) = table[codes], a table of `entries`; same padding as bucketize.
void lookup(const float* table, uint32_t entries, const uint8_t* codes, size_t n, float* levels) {
  if (entries <= 16) {
    const F32::Levels16 table16 = F32::levels16(table, entries);
    for (size_t i = 0; i < n; i += F32::kLanes)
      F32::store(levels + i, F32::level16(table16, F32::load_u8(codes + i)));
    return;
  }
  for (size_t i = 0; i < n; i += F32::kLanes)
    F32::store(levels + i, F32::gather(table, F32::load_u8(codes + i)));
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
