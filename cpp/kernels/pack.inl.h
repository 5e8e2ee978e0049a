// SPDX-License-Identifier: Apache-2.0
// Codes (one byte each) <-> packed planes. A b-bit code is stored as planes whose widths are the powers of
// two that sum to b, low bits first (3 = 2 + 1, 7 = 4 + 2 + 1); a plane of width w holds code i at bits i *
// w, little-endian, and is padded with zeros to a byte. Registers of codes where the tier has them, then
// eight codes at a time in a 64-bit word.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

HQ_INLINE size_t plane_bytes(size_t count, int width) { return (count * width + 7) / 8; }

// Plane widths of b-bit codes, low bits first; returns how many there are. FORMAT.md: wider planes hold lower
// bits.
HQ_INLINE int plane_widths(int bits, int* widths) {
  int planes = 0;
  for (int w = 8; w; w >>= 1)
    if (bits & w) widths[planes++] = w;
  return planes;
}

// Gathers the low `width` bits (1, 2 or 4) of eight bytes into 8 * width bits.
HQ_INLINE uint64_t squeeze(uint64_t x, int width) {
  switch (width) {
    case 1:
      return ((x & 0x0101010101010101ull) * 0x0102040810204080ull) >> 56;
    case 2:
      x &= 0x0303030303030303ull;
      x = (x | x >> 6) & 0x000F000F000F000Full;
      x = (x | x >> 12) & 0x000000FF000000FFull;
      return (x | x >> 24) & 0xFFFF;
    default:  // 4
      x &= 0x0F0F0F0F0F0F0F0Full;
      x = (x | x >> 4) & 0x00FF00FF00FF00FFull;
      x = (x | x >> 8) & 0x0000FFFF0000FFFFull;
      return (x | x >> 16) & 0xFFFFFFFF;
  }
}

// The inverse of squeeze.
HQ_INLINE uint64_t spread(uint64_t x, int width) {
  switch (width) {
    case 1:
      return ((((x & 0xFF) * 0x0101010101010101ull) & 0x8040201008040201ull) + 0x7F7F7F7F7F7F7F7Full) >> 7 &
             0x0101010101010101ull;
    case 2:
      x &= 0xFFFF;
      x = (x | x << 24) & 0x000000FF000000FFull;
      x = (x | x << 12) & 0x000F000F000F000Full;
      return (x | x << 6) & 0x0303030303030303ull;
    default:  // 4
      x &= 0xFFFFFFFF;
      x = (x | x << 16) & 0x0000FFFF0000FFFFull;
      x = (x | x << 8) & 0x00FF00FF00FF00FFull;
      return (x | x << 4) & 0x0F0F0F0F0F0F0F0Full;
  }
}

// One plane of width kWidth, whose codes' bits start at `low`. Copies of constant size are single moves; only
// the last group of fewer than eight codes takes a call.
template <int kWidth>
HQ_INLINE void pack_plane(const uint8_t* codes, size_t count, int low, uint8_t* out) {
  size_t i = 0;
  if constexpr (I8::kBytes > 1) {
    for (; i + I8::kBytes <= count; i += I8::kBytes, out += I8::kBytes * kWidth / 8)
      I8::template pack<kWidth>(I8::load(codes + i), low, out);
  }
  for (; i + 8 <= count; i += 8, out += kWidth) {
    uint64_t x;
    memcpy(&x, codes + i, 8);
    x = squeeze(x >> low, kWidth);
    memcpy(out, &x, kWidth);
  }
  if (i == count) return;
  uint64_t x = 0;
  memcpy(&x, codes + i, count - i);
  x = squeeze(x >> low, kWidth);
  memcpy(out, &x, plane_bytes(count - i, kWidth));
}

// Adds the plane's bits to the codes, or sets them for the first plane.
template <int kWidth>
HQ_INLINE void unpack_plane(const uint8_t* packed, size_t count, int low, uint8_t* codes) {
  size_t i = 0;
  if constexpr (I8::kBytes > 1) {
    for (; i + I8::kBytes <= count; i += I8::kBytes, packed += I8::kBytes * kWidth / 8) {
      I8::V x = I8::template unpack<kWidth>(packed);
      if (low) x = I8::either(I8::load(codes + i), I8::shift_left(x, low));
      I8::store(codes + i, x);
    }
  }
  for (; i + 8 <= count; i += 8, packed += kWidth) {
    uint64_t x = 0, old = 0;
    memcpy(&x, packed, kWidth);
    if (low) memcpy(&old, codes + i, 8);
    x = old | spread(x, kWidth) << low;
    memcpy(codes + i, &x, 8);
  }
  if (i == count) return;
  uint64_t x = 0, old = 0;
  memcpy(&x, packed, plane_bytes(count - i, kWidth));
  if (low) memcpy(&old, codes + i, count - i);
  x = old | spread(x, kWidth) << low;
  memcpy(codes + i, &x, count - i);
}

void pack(const uint8_t* codes, size_t count, int bits, uint8_t* out) {
  int widths[4];
  const int planes = plane_widths(bits, widths);
  int low = 0;
  for (int p = 0; p < planes; low += widths[p], out += plane_bytes(count, widths[p]), p++) {
    switch (widths[p]) {
      case 1:
        pack_plane<1>(codes, count, low, out);
        break;
      case 2:
        pack_plane<2>(codes, count, low, out);
        break;
      case 4:
        pack_plane<4>(codes, count, low, out);
        break;
      default:
        memcpy(out, codes, count);
    }
  }
}

void unpack(const uint8_t* packed, size_t count, int bits, uint8_t* codes) {
  int widths[4];
  const int planes = plane_widths(bits, widths);
  int low = 0;
  for (int p = 0; p < planes; low += widths[p], packed += plane_bytes(count, widths[p]), p++) {
    switch (widths[p]) {
      case 1:
        unpack_plane<1>(packed, count, low, codes);
        break;
      case 2:
        unpack_plane<2>(packed, count, low, codes);
        break;
      case 4:
        unpack_plane<4>(packed, count, low, codes);
        break;
      default:
        memcpy(codes, packed, count);
    }
  }
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
