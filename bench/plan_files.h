// SPDX-License-Identifier: Apache-2.0
// Reads what plans.mjs writes: plans as the addon gets them, and queries in their int8 forms.
#pragma once
#include <stdio.h>
#include <string.h>

#include <string>
#include <vector>

#include "buffer.h"
#include "fail.h"
#include "image.h"

namespace bench {

inline std::vector<uint8_t> read_file(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  if (!file) fail("cannot open " + path);
  std::vector<uint8_t> bytes;
  uint8_t block[4096];
  for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + n);
  fclose(file);
  return bytes;
}

// A plan and the bytes that it points into.
struct Plan {
  std::vector<uint8_t> bytes;
  hq_binding::Image image;
  explicit Plan(const std::string& path) : bytes(read_file(path)) {
    hq_binding::Array<uint8_t> array;
    array.data = bytes.data();
    array.length = bytes.size();
    must(hq_binding::read_image(array, &image), "a plan image cannot be read");
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  const hq::Rotation& rotation() const { return image.codec.rotation; }
};

// Queries of an index: gains, biases and forms as hq::Scan takes them (lib/search/queries.ts).
struct Queries {
  size_t count;
  std::vector<double> gains, bias;
  Buffer<int8_t> forms;
  Queries(const std::string& path, const hq_binding::Image& image)
      : Queries(read_file(path), 3 * image.form_bytes) {}

 private:
  static constexpr size_t kNumbers = 7;  // f64 a query: three pairs of gains, then a bias
  Queries(const std::vector<uint8_t>& bytes, size_t form_bytes)
      : count(bytes.size() / (kNumbers * sizeof(double) + form_bytes)),
        gains(6 * count),
        bias(count),
        forms(count * form_bytes) {
    must(count && bytes.size() == count * (kNumbers * sizeof(double) + form_bytes),
         "a file of queries has a wrong size");
    const uint8_t* at = bytes.data();
    memcpy(gains.data(), at, gains.size() * sizeof(double));
    memcpy(bias.data(), at += gains.size() * sizeof(double), count * sizeof(double));
    memcpy(forms.data(), at + count * sizeof(double), count * form_bytes);
  }
};

}  // namespace bench
