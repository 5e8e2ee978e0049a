// SPDX-License-Identifier: Apache-2.0
// Runs one kernel on fixed input, always the same number of times, so that the instructions it takes can be
// counted (test/deep/instructions.mjs).
//
// usage: run_kernel <isa> <kernel> <number or plan file> [queries], or run_kernel --compiler
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <functional>
#include <vector>

#include "machine.h"
#include "plan_files.h"
#include "rows.h"

// callgrind counts from entering this function to leaving it; its name is the same in instructions.mjs.
extern "C" __attribute__((noinline)) void counted(const std::function<bool()>& work) {
  bench::must(work(), "the kernel failed");
}

namespace bench {
namespace {

using hq::Isa;

constexpr size_t kRows = 16;         // encoded, decoded, rotated
constexpr size_t kScanned = 1000;    // rows searched
constexpr size_t kBest = 10;         // results a query
constexpr size_t kElements = 65536;  // transformed, or packed; bytes summed

struct Arguments {
  Isa isa;
  std::string plan;
  size_t number;
  size_t queries;
};

template <class T>
void fwht(const Arguments& a) {
  Buffer<float> normal(kElements);
  fill_normal(normal.data(), kElements, 1);
  Buffer<T> x(kElements);
  for (size_t i = 0; i < kElements; i++) x[i] = normal[i];
  counted([&] {
    hq::fwht(a.isa, x.data(), kElements / a.number, a.number, (T)0.5);
    return true;
  });
}

void rotate(const Arguments& a) {
  const Plan plan(a.plan);
  const size_t n = kRows * plan.rotation().dim;
  Buffer<float> x(n), y(n);
  fill_normal(x.data(), n, 1);
  counted([&] {
    hq::rotate(a.isa, plan.rotation(), x.data(), y.data(), kRows, 0, 1);
    return true;
  });
}

void moments(const Arguments& a) {
  Buffer<float> x(kRows * a.number);
  Buffer<double> out(kRows * 6);
  fill_normal(x.data(), kRows * a.number, 1);
  counted([&] { return hq::moments(a.isa, x.data(), kRows, a.number, 1, out.data()); });
}

void encode(const Arguments& a) {
  const Plan plan(a.plan);
  const hq::Codec& codec = plan.image.codec;
  const size_t n = kRows * plan.rotation().dim;
  Buffer<float> x(n);
  Buffer<uint8_t> records(kRows * record_bytes(codec));
  fill_normal(x.data(), n, 1);
  const hq::Columns columns = record_columns(records.data(), codec);
  size_t bad;
  counted([&] { return hq::encode(a.isa, codec, x.data(), kRows, 0, columns, &bad) && bad == kRows; });
}

void decode(const Arguments& a) {
  const Plan plan(a.plan);
  const hq::Codec& codec = plan.image.codec;
  const size_t n = kRows * plan.rotation().dim;
  Buffer<float> x(n);
  Buffer<uint8_t> records(kRows * record_bytes(codec));
  fill_normal(x.data(), n, 1);
  const hq::Columns columns = record_columns(records.data(), codec);
  size_t bad;
  must(hq::encode(a.isa, codec, x.data(), kRows, 0, columns, &bad) && bad == kRows, "encode failed");
  counted([&] { return hq::decode(a.isa, codec, columns, kRows, x.data(), &bad) && bad == kRows; });
}

void scan(const Arguments& a) {
  const Plan plan(a.plan);
  Queries queries(a.plan + "-queries", plan.image);
  const Search search(a.isa, plan.image, kScanned, queries, a.queries, kBest);
  counted([&] { return hq::scan(a.isa, search.job); });
}

// Codes of `bits` bits, a different one at each place.
std::vector<uint8_t> some_codes(size_t bits) {
  std::vector<uint8_t> codes(kElements);
  for (size_t i = 0; i < kElements; i++) codes[i] = (uint8_t)(i * 7 & (((size_t)1 << bits) - 1));
  return codes;
}

void pack(const Arguments& a) {
  const std::vector<uint8_t> codes = some_codes(a.number);
  std::vector<uint8_t> packed(kElements / 8 * a.number);
  counted([&] {
    hq::pack(a.isa, codes.data(), kElements, (int)a.number, packed.data());
    return true;
  });
}

void unpack(const Arguments& a) {
  std::vector<uint8_t> codes = some_codes(a.number), packed(kElements / 8 * a.number);
  hq::pack(a.isa, codes.data(), kElements, (int)a.number, packed.data());
  counted([&] {
    hq::unpack(a.isa, packed.data(), kElements, (int)a.number, codes.data());
    return true;
  });
}

void crc32c(const Arguments& a) {
  const std::vector<uint8_t> bytes = some_codes(8);
  must(a.number <= kElements, "so many bytes are not there");
  volatile uint32_t sum;
  counted([&] {
    sum = hq::crc32c(a.isa, 0, bytes.data(), a.number);
    return true;
  });
}

const struct {
  const char* name;
  void (*run)(const Arguments&);
} kKernels[] = {
    {"fwht_f32", fwht<float>}, {"fwht_f64", fwht<double>}, {"rotate", rotate}, {"moments", moments},
    {"encode", encode},        {"decode", decode},         {"scan", scan},     {"pack", pack},
    {"unpack", unpack},        {"crc32c", crc32c},
};

void run(int argc, char** argv) {
  if (argc == 2 && !strcmp(argv[1], "--compiler")) {
    printf("%s\n", compiler().c_str());
    return;
  }
  if (argc < 4) fail("usage: run_kernel <isa> <kernel> <number or plan file> [queries], or --compiler");
  const Arguments arguments = {isa_of(argv[1]), argv[3], (size_t)atoi(argv[3]),
                               argc > 4 ? (size_t)atoi(argv[4]) : 1};
  for (const auto& kernel : kKernels)
    if (!strcmp(kernel.name, argv[2])) return kernel.run(arguments);
  fail(std::string("there is no kernel ") + argv[2]);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { bench::run(argc, argv); }
