// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78) by the CPU's instruction or, without one, eight table
// look-ups for every eight bytes.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

struct CrcTables {
  uint32_t t[8][256];
  constexpr CrcTables() : t() {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t c = i;
      for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
      t[0][i] = c;
    }
    for (int s = 1; s < 8; s++)
      for (uint32_t i = 0; i < 256; i++) t[s][i] = t[s - 1][i] >> 8 ^ t[0][t[s - 1][i] & 0xff];
  }
};
constexpr CrcTables kCrc;

uint32_t crc32c(uint32_t crc, const uint8_t* p, size_t n) {
  crc = ~crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t x;
    memcpy(&x, p, 8);
    if (Crc::kHardware) {
      crc = Crc::step8(crc, x);
      continue;
    }
    x ^= crc;
    crc = 0;
    for (int s = 0; s < 8; s++) crc ^= kCrc.t[7 - s][x >> (8 * s) & 0xff];
  }
  for (; n; p++, n--) crc = crc >> 8 ^ kCrc.t[0][(crc ^ *p) & 0xff];
  return ~crc;
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
