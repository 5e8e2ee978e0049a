// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <string.h>

namespace hq_binding {
namespace {

constexpr uint32_t kMagic = 0x31435148;  // "HQC1"
constexpr size_t kHeaderBytes = 128, kSectionBytes = 80;

template <class T>
T get(const uint8_t* at) {
  T v;
  memcpy(&v, at, sizeof v);
  return v;
}
size_t get_size(const uint8_t* at) { return (size_t)get<double>(at); }

}  // namespace

bool read_image(const Array<uint8_t>& bytes, Image* image) {
  const uint8_t* p = bytes.data;
  if (!p || bytes.length < kHeaderBytes || get<uint32_t>(p) != kMagic || get<uint32_t>(p + 4) != bytes.length)
    return false;
  hq::Codec& c = image->codec;
  c.section_count = (int)get<uint32_t>(p + 8);
  if (c.section_count > hq::kMaxSections || kHeaderBytes + c.section_count * kSectionBytes > bytes.length)
    return false;
  c.mse = get<uint32_t>(p + 12) & 1;
  c.rotation.dim = get_size(p + 16);
  c.rotation.span = get_size(p + 24);
  c.coded = get_size(p + 32);
  c.code_bytes = get_size(p + 40);
  c.rule.l3_limit = get<double>(p + 48);
  c.rule.lattice_ratio = get<double>(p + 56);
  c.rule.l4_limit = get<double>(p + 64);
  c.rotation.order = get<uint32_t>(p + 72);
  c.rotation.scale = get<float>(p + 76);
  c.rule.fixed = (int)get<uint32_t>(p + 80);
  c.rule.least = (int)get<uint32_t>(p + 84);
  c.rule.third = get<uint32_t>(p + 88) != 0;
  c.rotation.signs = p + get<uint32_t>(p + 92);
  c.rotation.signs_stride = get_size(p + 96);
  image->form_bytes = get_size(p + 104);
  for (int i = 0; i < c.section_count; i++) {
    const uint8_t* at = p + kHeaderBytes + i * kSectionBytes;
    hq::Section& s = c.sections[i];
    s.first = get_size(at);
    s.count = get_size(at + 8);
    s.code_offset = get_size(at + 16);
    s.bits = (int)get<uint32_t>(at + 24);
    s.book.count = (1u << s.bits) - 1;
    s.book.thresholds = (const float*)(p + get<uint32_t>(at + 28));
    s.book.levels = (const float*)(p + get<uint32_t>(at + 32));
    s.book.base = (const int32_t*)(p + get<uint32_t>(at + 36));
    s.book.bins = get<uint32_t>(at + 40);
    s.book.bin_scale = get<float>(at + 44);
    s.book.bin_offset = get<float>(at + 48);
    hq::ScanSection& scan = image->scan_sections[i];
    scan.count = s.count;
    scan.bits = s.bits;
    scan.code_offset = s.code_offset;
    scan.high = (const int8_t*)(p + get<uint32_t>(at + 52));
    scan.low = get<uint32_t>(at + 56) ? (const int8_t*)(p + get<uint32_t>(at + 56)) : nullptr;
    scan.query_offset = get_size(at + 64);
  }
  return true;
}

}  // namespace hq_binding
