// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: every kernel, on any input that its callers let through, gives the same bits on each
// instruction set of this machine and touches nothing beyond its arrays (test/deep/fuzz.mjs builds it with
// sanitizers).
//
// usage: fuzz_kernels --plans=<folder> [flags of libFuzzer, inputs to repeat]
#include <fuzzer/FuzzedDataProvider.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "plan_files.h"

namespace {

using bench::Plan;
using hq::Isa;

constexpr size_t kMaxRows = 3;

std::vector<std::unique_ptr<Plan>> plans;

// What a kernel wrote, as bytes.
class Output {
 public:
  template <class T>
  void add(const std::vector<T>& values) {
    bytes_.insert(bytes_.end(), (const uint8_t*)values.data(),
                  (const uint8_t*)(values.data() + values.size()));
  }
  // The bits of a NaN are nobody's business.
  void add(std::vector<float> values) {
    for (float& v : values) v = isnan(v) ? NAN : v;
    add<float>(values);
  }
  void add(std::vector<double> values) {
    for (double& v : values) v = isnan(v) ? NAN : v;
    add<double>(values);
  }
  bool operator==(const Output& other) const { return bytes_ == other.bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// Calls run(isa, &output) for each instruction set.
template <class Run>
void expect_same(const char* what, Run run) {
  Output expected;
  run(Isa::kScalar, &expected);
  for (int i = 1; i < hq::kIsaCount; i++) {
    const Isa isa = (Isa)i;
    if (!hq::isa_usable(isa)) continue;
    Output actual;
    run(isa, &actual);
    if (actual == expected) continue;
    fprintf(stderr, "%s: %s gives other bits than scalar\n", what, hq::isa_name(isa));
    abort();
  }
}

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data, size) {}

  size_t number(size_t least, size_t most) { return data_.ConsumeIntegralInRange<size_t>(least, most); }
  const Plan& plan() { return *plans[number(0, plans.size() - 1)]; }

  std::vector<uint8_t> bytes(size_t n) {
    return spread<uint8_t>(n, [](uint8_t v) { return v; });
  }
  std::vector<float> any_floats(size_t n) {
    return spread<float>(n, [](float v) { return v; });
  }
  std::vector<float> floats(size_t n) {
    return spread<float>(n, [](float v) { return isfinite(v) ? v : 0; });
  }
  std::vector<double> doubles(size_t n) {
    return spread<double>(n, [](double v) { return isfinite(v) ? v : 0; });
  }

 private:
  // A few values of the input, all over an array: long rows from short inputs.
  template <class T, class Clean>
  std::vector<T> spread(size_t n, Clean clean) {
    T pool[16] = {};
    const size_t distinct = number(1, 16);
    uint32_t state = data_.ConsumeIntegral<uint32_t>() | 1;
    data_.ConsumeData(pool, distinct * sizeof(T));
    std::vector<T> values(n);
    for (T& v : values) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      v = clean(pool[state % distinct]);
    }
    return values;
  }

  FuzzedDataProvider data_;
};

// Rows of codes, each column in an array of exactly its size.
struct Records {
  std::vector<uint8_t> codes, scales, norms, tags, residuals, nonces;
  std::vector<uint32_t> starts, coordinates;
  std::vector<float> values;
  size_t code_bytes;

  Records(const hq::Codec& codec, size_t rows)
      : codes(rows * codec.code_bytes),
        scales(rows * 4),
        norms(rows * 4),
        tags(rows),
        residuals(codec.projection ? rows * 4 : 0),
        nonces(codec.dither == hq::Dither::kCoordinate ? rows * 4 : 0),
        code_bytes(codec.code_bytes) {
    if (codec.dither != hq::Dither::kCoordinate) return;
    starts.resize(rows + 1);
    coordinates.resize(rows * codec.coded);
    values.resize(rows * codec.coded);
  }

  hq::Columns columns() {
    hq::Columns c = {};
    c.codes = codes.data();
    c.scales = scales.data();
    c.norms = norms.data();
    c.tags = tags.data();
    c.residuals = residuals.data();
    c.nonces = nonces.data();
    c.codes_stride = code_bytes;
    c.scales_stride = c.norms_stride = c.residuals_stride = c.nonces_stride = 4;
    c.tags_stride = 1;
    if (!starts.empty()) c.outliers = {starts.data(), coordinates.data(), values.data(), values.size()};
    return c;
  }
};

void fwht(Input& in) {
  const size_t dim = (size_t)1 << in.number(0, 12), rows = in.number(1, kMaxRows);
  const std::vector<float> x = in.floats(rows * dim);
  const std::vector<double> x64 = in.doubles(rows * dim);
  expect_same("fwht", [&](Isa isa, Output* out) {
    std::vector<float> y = x;
    std::vector<double> y64 = x64;
    hq::fwht(isa, y.data(), rows, dim, 0.125f);
    hq::fwht(isa, y64.data(), rows, dim, 0.125);
    out->add(y);
    out->add(y64);
  });
}

void rotate(Input& in) {
  const hq::Rotation& rotation = in.plan().rotation();
  const size_t rows = in.number(1, kMaxRows), n = rows * rotation.dim;
  const int first = (int)in.number(0, 2), last = (int)in.number((size_t)first, 3);
  const std::vector<float> x = in.floats(n);
  expect_same("rotate, unrotate", [&](Isa isa, Output* out) {
    std::vector<float> there(n), back(n);
    hq::rotate(isa, rotation, x.data(), there.data(), rows, first, last);
    hq::unrotate(isa, rotation, x.data(), back.data(), rows, first, last);
    out->add(there);
    out->add(back);
  });
}

void sums(Input& in) {
  const size_t rows = in.number(1, kMaxRows), dim = in.number(1, 2100), n = rows * dim;
  const int block = 1 << in.number(0, 3);
  const bool normalize = in.number(0, 1);
  const std::vector<float> x = in.any_floats(n), center = in.floats(dim);
  expect_same("moments, center_rows, max_abs", [&](Isa isa, Output* out) {
    size_t usable;
    bench::must(hq::first_unusable_row(isa, x.data(), rows, dim, &usable), "out of memory");
    std::vector<double> moments(6 * usable);
    std::vector<float> centered(n);
    bench::must(hq::moments(isa, x.data(), usable, dim, block, moments.data()), "out of memory");
    size_t bad;
    bench::must(hq::center_rows(isa, x.data(), rows, dim, center.data(), normalize, centered.data(), &bad),
                "out of memory");
    bench::must(bad == usable, "center_rows and first_unusable_row differ");
    centered.resize(usable * dim);
    out->add(std::vector<size_t>{usable});
    out->add(moments);
    out->add(centered);
    out->add(std::vector<double>{hq::max_abs(isa, x.data(), n)});
  });
}

void bits(Input& in) {
  const int width = (int)in.number(1, 8);
  const size_t n = in.number(1, 1000);
  std::vector<uint8_t> codes = in.bytes(n);
  for (uint8_t& code : codes) code &= (1 << width) - 1;
  size_t packed_bytes = 0;
  for (int plane = 1; plane <= width; plane *= 2)
    if (width & plane) packed_bytes += (n * (size_t)plane + 7) / 8;
  expect_same("pack, unpack, crc32c", [&](Isa isa, Output* out) {
    std::vector<uint8_t> packed(packed_bytes), unpacked(n);
    hq::pack(isa, codes.data(), n, width, packed.data());
    hq::unpack(isa, packed.data(), n, width, unpacked.data());
    bench::must(unpacked == codes, "unpack does not undo pack");
    out->add(packed);
    out->add(std::vector<uint32_t>{hq::crc32c(isa, 1, codes.data(), n)});
  });
}

void encode(Input& in) {
  const hq::Codec& codec = in.plan().image.codec;
  const size_t dim = codec.rotation.dim, rows = in.number(1, kMaxRows), first = in.number(0, 1u << 31);
  const std::vector<float> x = in.any_floats(rows * dim);
  expect_same("encode", [&](Isa isa, Output* out) {
    size_t usable, bad;
    bench::must(hq::first_unusable_row(isa, x.data(), rows, dim, &usable), "out of memory");
    // room for the usable rows only: nothing is written of the others
    Records records(codec, usable);
    bench::must(hq::encode(isa, codec, x.data(), rows, first, records.columns(), &bad), "out of memory");
    bench::must(bad == usable, "encode and first_unusable_row differ");
    out->add(records.codes);
    out->add(records.scales);
    out->add(records.norms);
    out->add(records.tags);
    out->add(records.residuals);
    out->add(records.starts);
    out->add(records.coordinates);
    out->add(records.values);
    std::vector<float> decoded(usable * dim);
    bench::must(hq::decode(isa, codec, records.columns(), usable, decoded.data(), &bad) && bad == usable,
                "what encode wrote cannot be decoded");
    out->add(decoded);
  });
}

// Outliers that lib/codec/outlier-record.ts lets through: ascending, not longer than their row.
void some_outliers(Input& in, const hq::Codec& codec, size_t rows, Records* records) {
  if (records->starts.empty()) return;
  const float most = sqrtf((float)codec.rotation.dim);
  size_t used = 0;
  for (size_t row = 0; row < rows; row++) {
    for (size_t at = in.number(0, codec.coded); at < codec.coded; at += 1 + in.number(0, codec.coded)) {
      records->coordinates[used] = (uint32_t)at;
      records->values[used++] = most * ((float)in.number(0, 200) / 100 - 1);
    }
    records->starts[row + 1] = (uint32_t)used;
  }
}

// Records that no encoder need have written.
void decode(Input& in) {
  const hq::Codec& codec = in.plan().image.codec;
  const size_t dim = codec.rotation.dim, rows = in.number(1, kMaxRows);
  Records records(codec, rows);
  for (std::vector<uint8_t>* column :
       {&records.codes, &records.scales, &records.tags, &records.residuals, &records.nonces})
    *column = in.bytes(column->size());
  some_outliers(in, codec, rows, &records);
  const std::vector<float> query = in.floats(3 * dim);
  const std::vector<double> sums = in.doubles(rows * dim);
  expect_same("decode, accumulate, estimate", [&](Isa isa, Output* out) {
    std::vector<float> x(rows * dim);
    std::vector<double> products(rows), energy(rows), decoded = sums, rotated = sums;
    size_t bad[4];
    bench::must(hq::decode(isa, codec, records.columns(), rows, x.data(), &bad[0]), "out of memory");
    bench::must(hq::estimate(isa, codec, query.data(), records.columns(), rows, products.data(),
                             energy.data(), &bad[1]),
                "out of memory");
    bench::must(hq::accumulate(isa, codec, records.columns(), rows, false, decoded.data(), &bad[2]) &&
                    hq::accumulate(isa, codec, records.columns(), rows, true, rotated.data(), &bad[3]),
                "out of memory");
    for (const size_t found : bad) bench::must(found == bad[0], "decoding functions refuse different rows");
    // what decode gives, added; nothing of rows among which one is refused
    for (size_t i = 0; i < decoded.size(); i++)
      bench::must(decoded[i] == (bad[0] < rows ? sums[i] : sums[i] + x[i]), "accumulate does not add decode");
    out->add(x);
    out->add(products);
    out->add(energy);
    out->add(decoded);
    out->add(rotated);
    out->add(std::vector<size_t>{bad[0]});
  });
}

// int8 forms as lib/search/queries.ts makes them (hq::Scan says how): no -128, and zeros behind each section,
// or each field of its packed bytes.
std::vector<uint8_t> query_forms(Input& in, const hq_binding::Image& image, size_t count) {
  std::vector<uint8_t> forms = in.bytes(count * image.form_bytes);
  for (uint8_t& value : forms) value += value == 0x80;
  for (int i = 0; i < image.codec.section_count; i++) {
    const hq::ScanSection& s = image.scan_sections[i];
    const bool packed = (s.bits == 1 || s.bits == 2 || s.bits == 4) && s.block == 1 && !s.low;
    const size_t fields = packed ? 8 / (size_t)s.bits : 1;
    const size_t used = (s.count + fields - 1) / fields, stride = (used + 63) / 64 * 64;
    for (size_t form = 0; form < count; form++)
      for (size_t field = 0; field < fields; field++)
        memset(forms.data() + form * image.form_bytes + s.query_offset + field * stride + used, 0,
               stride - used);
  }
  return forms;
}

void scan(Input& in) {
  const Plan& plan = in.plan();
  const hq_binding::Image& image = plan.image;
  const hq::Codec& codec = image.codec;
  if (codec.dither == hq::Dither::kCoordinate) return;  // no index holds them
  const size_t rows = in.number(0, 70), queries = in.number(1, 6), k = in.number(0, 5);
  std::vector<uint8_t> codes = in.bytes(rows * codec.code_bytes), tags = in.bytes(rows);
  for (uint8_t& tag : tags) tag = (uint8_t)(1 + tag % 3 + 4 * (tag / 4 % codec.draws));
  const std::vector<float> scales = in.floats(rows), norms = in.floats(rows), residuals = in.floats(rows);
  const std::vector<float> reaches = in.floats(rows);
  const std::vector<uint8_t> allowed = in.bytes((rows + 7) / 8);
  const std::vector<uint8_t> forms = query_forms(in, image, 3 * queries);
  const std::vector<double> bias = in.doubles(queries), gains = in.doubles(queries * 6);
  const std::vector<double> slacks = in.doubles(queries);
  hq::Scan job = {};
  job.dim = codec.rotation.dim;
  job.section_count = codec.section_count;
  for (int i = 0; i < job.section_count; i++) job.sections[i] = image.scan_sections[i];
  job.codes = codes.data();
  job.code_bytes = codec.code_bytes;
  job.scales = scales.data();
  job.norms = in.number(0, 1) ? norms.data() : nullptr;
  job.tags = tags.data();
  job.residuals = codec.projection ? residuals.data() : nullptr;
  job.reaches = in.number(0, 1) ? reaches.data() : nullptr;
  job.allowed = in.number(0, 1) ? allowed.data() : nullptr;
  job.first_row = in.number(0, rows);
  job.last_row = in.number(job.first_row, rows);
  job.queries = queries;
  job.k = k;
  job.forms = (const int8_t*)forms.data();
  job.form_bytes = image.form_bytes;
  job.query_bias = bias.data();
  job.gains = gains.data();
  job.slacks = slacks.data();
  expect_same("scan", [&](Isa isa, Output* out) {
    std::vector<uint32_t> found(queries * k);
    std::vector<double> keys(queries * k);
    job.rows = found.data();
    job.keys = keys.data();
    bench::must(hq::scan(isa, job), "out of memory");
    out->add(found);
    out->add(keys);
  });
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::string option = "--plans=";  // libFuzzer leaves options with two dashes alone
  std::vector<std::string> files;
  for (int i = 1; i < *argc; i++)
    if (!strncmp((*argv)[i], option.c_str(), option.size()))
      for (const auto& entry : std::filesystem::directory_iterator((*argv)[i] + option.size()))
        files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) plans.push_back(std::make_unique<Plan>(file));
  bench::must(!plans.empty(), "usage: fuzz_kernels --plans=<folder> [flags of libFuzzer]");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static void (*const kTargets[])(Input&) = {fwht, rotate, sums, bits, encode, decode, scan};
  Input in(data, size);
  kTargets[in.number(0, sizeof kTargets / sizeof *kTargets - 1)](in);
  return 0;
}
