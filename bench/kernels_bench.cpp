// SPDX-License-Identifier: Apache-2.0
// Times the kernels against their anchors in one process. Prints one JSON object a line:
//   {"compiler": ..., "isa": ..., "isas": [...]}
//   {"id": "encode/1024", "ours": [ns, ...], "anchor": [ns, ...]}     one sample a round
// bench.mjs builds it, writes the tables it reads (plan images, lib/codec/image.ts) and knows what the ids
// mean.
//
// usage: kernels_bench <folder of plans> <rounds> <isa, or best> [text that the ids must contain]
#include <stdio.h>

#include <string>

#include "anchors.h"
#include "machine.h"
#include "measure.h"
#include "plan_files.h"
#include "rows.h"

namespace bench {
namespace {

using hq::Isa;
using Samples = std::vector<double>;

constexpr size_t kMiB = (size_t)1 << 20;

std::string plan_folder;
std::string wanted;
int rounds = 0;
Isa isa = Isa::kScalar;
volatile uint64_t sink;

bool asked(const std::string& id) { return id.find(wanted) != std::string::npos; }

void print_samples(const char* name, const Samples& samples, double per) {
  printf(", \"%s\": [", name);
  for (size_t i = 0; i < samples.size(); i++) printf("%s%.4g", i ? ", " : "", samples[i] / per);
  printf("]");
}

// Samples are of calls that do `per` rows each; printed a row.
void print_row(const std::string& id, const Samples& ours, const Samples& anchor, size_t per) {
  printf("{\"id\": \"%s\"", id.c_str());
  print_samples("ours", ours, (double)per);
  print_samples("anchor", anchor, (double)per);
  printf("}\n");
  fflush(stdout);
}

// ---- input

std::vector<Isa> simd_isas() {
  std::vector<Isa> found;
  for (int i = 1; i < hq::kIsaCount; i++)
    if (hq::isa_usable((Isa)i)) found.push_back((Isa)i);
  return found;
}

std::string plan_file(const std::string& name) { return plan_folder + "/" + name; }

// ---- rows of the table

// Rows of one size, a working set of 16 KiB that stays in L1, zeros: neither side depends on the values, and
// repeated transforms of anything else grow beyond the float range.
void fwht_in_cache(size_t n) {
  const std::string id = "fwht/" + std::to_string(n);
  const std::vector<Isa> isas = simd_isas();
  bool any = false;
  for (const Isa tier : isas) any = any || asked(id + "/" + hq::isa_name(tier));
  if (!any) return;
  const size_t rows = std::max<size_t>(1, 4096 / n);
  Buffer<float> plain(n), fast(n);
  fill_normal(plain.data(), n, 1);
  for (const Isa tier : isas) {
    std::vector<float> expected(plain.data(), plain.data() + n);
    copy(fast.data(), expected.data(), n * sizeof(float));
    plain_fwht(expected.data(), n);
    hq::fwht(tier, fast.data(), 1, n, 1.0f);
    must(!memcmp(fast.data(), expected.data(), n * sizeof(float)), "fwht differs from the plain loop");
  }
  Buffer<float> placed(4096), aligned(4096, 0);
  std::vector<std::function<void()>> competitors;
  for (float* x : {placed.data(), aligned.data()}) {
    competitors.push_back([x, n, rows] {
      for (size_t r = 0; r < rows; r++) plain_fwht(x + r * n, n);
    });
    for (const Isa tier : isas)
      competitors.push_back([x, n, rows, tier] { hq::fwht(tier, x, rows, n, 1.0f); });
  }
  const std::vector<Samples> samples = measure(competitors, {rounds, 1});
  const size_t half = competitors.size() / 2;
  for (size_t i = 0; i < isas.size(); i++) {
    const std::string row = id + "/" + hq::isa_name(isas[i]);
    print_row(row, samples[1 + i], samples[0], rows);
    print_row(row + "/aligned", samples[half + 1 + i], samples[half], rows);
  }
}

void fwht_in_sweeps(int log2_n) {
  const std::string id = "sweeps/2^" + std::to_string(log2_n);
  if (!asked(id)) return;
  const size_t n = (size_t)1 << log2_n;
  Buffer<float> x(n);
  float* p = x.data();
  const std::vector<Samples> samples =
      measure({[p, n] { hq::fwht(isa, p, 1, n, 1.0f); }, [p, n] { scale_sweep(p, n, 0.5f); }}, {rounds, 3});
  print_row(id, samples[0], samples[1], 1);
}

void rotation_in_batches(size_t mib) {
  const std::string id = "rotate/1024/" + std::to_string(mib);
  if (!asked(id)) return;
  const size_t dim = 1024, rows = mib * kMiB / (dim * sizeof(float)), bytes = mib * kMiB;
  const Plan plan(plan_file("rotation-1024"));
  Buffer<float> x(rows * dim), y(rows * dim);
  fill_normal(x.data(), rows * dim, 1);
  float *from = x.data(), *to = y.data();
  const std::vector<Samples> samples =
      measure({[&plan, from, to, rows] { hq::rotate(isa, plan.rotation(), from, to, rows, 0, 1); },
               [from, to, bytes] { copy(to, from, bytes); }},
              {rounds, 3});
  print_row(id, samples[0], samples[1], rows);
}

// One round, in place, in L2; padding is taken as free, only the longer transform counts.
void rotation_and_padding(size_t dim, size_t padded) {
  const std::string id = "padding/" + std::to_string(dim);
  if (!asked(id)) return;
  const size_t rows = 16;
  const Plan own(plan_file("rotation-" + std::to_string(dim)));
  const Plan longer(plan_file("rotation-" + std::to_string(padded)));
  Buffer<float> x(rows * dim), y(rows * padded);
  fill_normal(x.data(), rows * dim, 1);
  fill_normal(y.data(), rows * padded, 2);
  float *p = x.data(), *q = y.data();
  const std::vector<Samples> samples =
      measure({[&own, p] { hq::rotate(isa, own.rotation(), p, p, rows, 0, 1); },
               [&longer, q] { hq::rotate(isa, longer.rotation(), q, q, rows, 0, 1); }},
              {rounds, 1});
  print_row(id, samples[0], samples[1], rows);
}

void codec_in_batches() {
  if (!asked("encode/1024") && !asked("decode/1024")) return;
  const size_t dim = 1024, bytes = 32 * kMiB, rows = bytes / (dim * sizeof(float));
  const Plan plan(plan_file("codec-1024"));
  const hq::Codec& codec = plan.image.codec;
  Buffer<float> x(rows * dim), y(rows * dim);
  Buffer<uint8_t> records(rows * record_bytes(codec));
  fill_normal(x.data(), rows * dim, 1);
  const float* from = x.data();
  float* to = y.data();
  const hq::Columns columns = record_columns(records.data(), codec);
  const auto encode = [&codec, from, rows, columns] {
    size_t bad;
    must(hq::encode(isa, codec, from, rows, 0, columns, &bad) && bad == rows, "encode failed");
  };
  const auto memcpy_all = [from, to, bytes] { copy(to, from, bytes); };
  const std::vector<Samples> encoding = measure({encode, memcpy_all}, {rounds, 2});
  print_row("encode/1024", encoding[0], encoding[1], rows);

  const std::vector<Samples> decoding =
      measure({[&codec, to, rows, columns] {
                 size_t bad;
                 must(hq::decode(isa, codec, columns, rows, to, &bad) && bad == rows, "decode failed");
               },
               memcpy_all},
              {rounds, 2});
  print_row("decode/1024", decoding[0], decoding[1], rows);
}

void scan_all() {
  const std::string id = "scan/768";
  if (!asked(id)) return;
  const size_t rows = 100000, k = 10;
  const Plan plan(plan_file("scan-768"));
  Queries queries(plan_file("scan-768-queries"), plan.image);
  Search search(isa, plan.image, rows, queries, 1, k);
  const uint8_t* bytes = search.job.codes;
  const size_t total = rows * search.job.code_bytes;
  const std::vector<Samples> samples = measure({[&search] { must(hq::scan(isa, search.job), "scan failed"); },
                                                [bytes, total] { sink = read_sweep(bytes, total); }},
                                               {rounds, 4});
  print_row(id, samples[0], samples[1], rows);
}

void print_machine() {
  printf("{\"compiler\": \"%s\", \"isa\": \"%s\", \"isas\": [", compiler().c_str(), hq::isa_name(isa));
  bool first = true;
  for (const Isa tier : simd_isas()) {
    printf("%s\"%s\"", first ? "" : ", ", hq::isa_name(tier));
    first = false;
  }
  printf("]}\n");
  fflush(stdout);
}

void run(int argc, char** argv) {
  if (argc < 4) fail("usage: kernels_bench <folder of plans> <rounds> <isa, or best> [text in ids]");
  plan_folder = argv[1];
  rounds = std::max(1, atoi(argv[2]));
  wanted = argc > 4 ? argv[4] : "";
  isa = strcmp(argv[3], "best") ? isa_of(argv[3]) : hq::best_isa();
  print_machine();
  for (size_t n = 64; n <= 4096; n *= 2) fwht_in_cache(n);
  for (const int log2_n : {16, 20, 24}) fwht_in_sweeps(log2_n);
  for (size_t mib = 4; mib <= 32; mib *= 2) rotation_in_batches(mib);
  for (const size_t padded : {1024, 2048, 4096}) rotation_and_padding(padded / 4 * 3, padded);
  codec_in_batches();
  scan_all();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { bench::run(argc, argv); }
