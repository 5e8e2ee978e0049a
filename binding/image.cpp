// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <string.h>

namespace hq_binding {
namespace {

constexpr uint32_t kMagic = 0x32435148;  // "HQC2"
constexpr size_t kHeaderBytes = 192, kSectionBytes = 96;

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
  // tables stand at an offset, 0 for none
  const auto table = [p](const uint8_t* at) {
    const uint32_t offset = get<uint32_t>(at);
    return offset ? p + offset : nullptr;
  };
  hq::Codec& c = image->codec;
  c.section_count = (int)get<uint32_t>(p + 8);
  if (c.section_count > hq::kMaxSections || kHeaderBytes + c.section_count * kSectionBytes > bytes.length)
    return false;
  c.scaling = (hq::Scaling)get<uint32_t>(p + 12);
  c.rotation.dim = get_size(p + 16);
  c.rotation.span = get_size(p + 24);
  c.coded = get_size(p + 32);
  c.code_bytes = get_size(p + 40);
  c.rule.l3_limit = get<double>(p + 48);
  c.rule.lattice_ratio = get<double>(p + 56);
  c.rotation.order = get<uint32_t>(p + 72);
  c.rotation.scale = get<float>(p + 76);
  c.rule.fixed = (int)get<uint32_t>(p + 80);
  c.rule.least = (int)get<uint32_t>(p + 84);
  c.rotation.signs = table(p + 92);
  c.rotation.signs_stride = get_size(p + 96);
  image->form_bytes = get_size(p + 104);
  c.rule.covariance_limit = get<double>(p + 112);
  c.rule.block = (int)get<uint32_t>(p + 120);
  c.dither = (hq::Dither)get<uint32_t>(p + 124);
  c.seed = get<uint64_t>(p + 128);
  c.private_seed = get<uint64_t>(p + 136);
  c.draws = get<uint32_t>(p + 144);
  c.draw_scales = (const double*)table(p + 148);
  c.factor_count = (int)get<uint32_t>(p + 152);
  c.factors = (const float*)table(p + 156);
  c.outlier_limit = get<float>(p + 160);
  c.projection = (const float*)table(p + 164);
  for (int i = 0; i < c.section_count; i++) {
    const uint8_t* at = p + kHeaderBytes + i * kSectionBytes;
    hq::Section& s = c.sections[i];
    s.first = get_size(at);
    s.count = get_size(at + 8);
    s.code_offset = get_size(at + 16);
    s.bits = (int)get<uint32_t>(at + 24);
    s.coding = (hq::Coding)get<uint32_t>(at + 28);
    s.block = get<uint32_t>(at + 32);
    s.levels = (const float*)table(at + 36);
    s.book.count = (1u << s.bits) - 1;
    s.book.thresholds = (const float*)table(at + 40);
    s.book.base = (const int32_t*)table(at + 44);
    s.book.bins = get<uint32_t>(at + 48);
    s.book.bin_scale = get<float>(at + 52);
    s.book.bin_offset = get<float>(at + 56);
    s.ramps = (const double*)table(at + 60);
    s.ramp_book.pairs = (const float*)table(at + 88);
    s.ramp_book.base = s.book.base;
    s.ramp_book.bins = s.book.bins;
    s.ramp_book.bin_scale = s.book.bin_scale;
    s.ramp_book.bin_offset = s.book.bin_offset;
    s.points = (const float*)table(at + 64);
    s.offsets = (const float*)table(at + 68);
    hq::ScanSection& scan = image->scan_sections[i];
    scan.count = s.count;
    scan.bits = s.bits;
    scan.block = s.block;
    scan.code_offset = s.code_offset;
    scan.high = (const int8_t*)table(at + 72);
    scan.low = (const int8_t*)table(at + 76);
    scan.query_offset = get_size(at + 80);
    scan.projected = s.coding == hq::Coding::kProjected;
  }
  return true;
}

}  // namespace hq_binding
