// SPDX-License-Identifier: Apache-2.0
// Rows, their codes, and a search over them.
#pragma once
#include <algorithm>
#include <random>
#include <vector>

#include "buffer.h"
#include "fail.h"
#include "plan_files.h"

namespace bench {

// Gaussian rows: one round of rotation by the moment check, as for most embeddings.
inline void fill_normal(float* x, size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < n; i++) x[i] = normal(random);
}

// Rows of codes as `Quantizer` lays them out: codes, f32 scale, f32 norm, u8 tag, u32 nonce with a draw for
// each coordinate. There is no room for outliers: they are coded like other values.
inline size_t record_bytes(const hq::Codec& codec) {
  return codec.code_bytes + 9 + (codec.dither == hq::Dither::kCoordinate ? 4 : 0);
}
inline hq::Columns record_columns(uint8_t* records, const hq::Codec& codec) {
  const size_t stride = record_bytes(codec);
  uint8_t* trailer = records + codec.code_bytes;
  hq::Columns columns = {};
  columns.codes = records;
  columns.scales = trailer;
  columns.norms = trailer + 4;
  columns.tags = trailer + 8;
  columns.nonces = codec.dither == hq::Dither::kCoordinate ? trailer + 9 : nullptr;
  columns.codes_stride = columns.scales_stride = columns.norms_stride = columns.tags_stride = stride;
  columns.nonces_stride = stride;
  return columns;
}

// The first `query_count` queries against encoded Gaussian rows, in columns as an index keeps them.
class Search {
 public:
  Search(hq::Isa isa, const hq_binding::Image& image, size_t rows, Queries& queries, size_t query_count,
         size_t k)
      : codes_(rows * image.codec.code_bytes),
        tags_(rows),
        scales_(rows),
        best_(query_count * k),
        keys_(query_count * k) {
    must(query_count <= queries.count, "the file has fewer queries");
    encode_rows(isa, image.codec, rows);
    job.dim = image.codec.rotation.dim;
    job.section_count = image.codec.section_count;
    for (int i = 0; i < job.section_count; i++) job.sections[i] = image.scan_sections[i];
    job.codes = codes_.data();
    job.code_bytes = image.codec.code_bytes;
    job.scales = scales_.data();
    job.tags = tags_.data();
    job.last_row = rows;
    job.queries = query_count;
    job.k = k;
    job.forms = queries.forms.data();
    job.form_bytes = image.form_bytes;
    job.gains = queries.gains.data();
    job.query_bias = queries.bias.data();
    job.rows = best_.data();
    job.keys = keys_.data();
  }

  hq::Scan job = {};

 private:
  void encode_rows(hq::Isa isa, const hq::Codec& codec, size_t rows) {
    const size_t dim = codec.rotation.dim, block = std::min<size_t>(rows, 1000);
    Buffer<float> x(block * dim);
    for (size_t first = 0; first < rows; first += block) {
      const size_t count = std::min(block, rows - first);
      fill_normal(x.data(), count * dim, 1 + (uint32_t)first);
      hq::Columns columns = {};
      columns.codes = codes_.data() + first * codec.code_bytes;
      columns.scales = (uint8_t*)(scales_.data() + first);
      columns.tags = tags_.data() + first;
      columns.codes_stride = codec.code_bytes;
      columns.scales_stride = 4;
      columns.tags_stride = 1;
      size_t bad;
      must(hq::encode(isa, codec, x.data(), count, 0, columns, &bad) && bad == count, "encode failed");
    }
  }

  Buffer<uint8_t> codes_, tags_;
  Buffer<float> scales_;
  std::vector<uint32_t> best_;
  std::vector<double> keys_;
};

}  // namespace bench
