// SPDX-License-Identifier: Apache-2.0
// The operations that addon.cpp exports. Each reads its arguments on the JS thread (`read`), does its work
// without touching JS (`run`), and turns the outcome into a value (`result`), so that one definition serves
// the synchronous and the asynchronous call.
#pragma once
#if defined(__wasm__)
#include "wasm/args.h"
#else
#include "args.h"
#endif
#include "image.h"

namespace hq_binding {

struct Operation {
  hq::Isa isa = hq::Isa::kScalar;
  bool done = true;  // false: out of memory
};

struct Fwht : Operation {
  Array<float> x;
  Array<double> x64;
  size_t dim;
  double scale;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

template <bool kForward>
struct Rotate : Operation {
  Image image;
  Array<float> x, y;
  size_t first, last;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

struct Moments : Operation {
  Array<float> x;
  Array<double> out;
  size_t dim, block;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

// Index of the first unusable row, or -1.
struct CenterRows : Operation {
  Array<float> x, center, out;
  size_t dim, rows, bad;
  bool normalize;
  void read(Args& args);
  void run();
  double result() const { return bad == rows ? -1 : (double)bad; }
};

// Likewise.
struct FirstUnusableRow : Operation {
  Array<float> x;
  size_t dim, row, rows;
  void read(Args& args);
  void run();
  double result() const { return row == rows ? -1 : (double)row; }
};

struct MaxAbs : Operation {
  Array<float> x;
  Array<double> x64;
  double max;
  void read(Args& args);
  void run();
  double result() const { return max; }
};

struct CodecOperation : Operation {
  Image image;
  hq::Columns columns;
  Array<uint32_t> starts, coordinates;
  Array<float> values;
  size_t rows;
  // codes, scales, norms, tags, residuals, nonces, stride: columns of their own (stride 0), or interleaved
  // records of `stride` bytes; then the outliers' starts, coordinates, values.
  void read_columns(Args& args);
  // Outliers that are to be read lie inside their arrays and rows.
  void check_outliers(Args& args);
};

// Index of the first unusable row, or -1.
struct Encode : CodecOperation {
  Array<float> x;
  uint64_t first_index;
  size_t bad;
  void read(Args& args);
  void run();
  double result() const { return bad == rows ? -1 : (double)bad; }
};

// Index of the first row that cannot be decoded, or -1.
struct Decode : CodecOperation {
  Array<float> x;
  size_t bad;
  void read(Args& args);
  void run();
  double result() const { return bad == rows ? -1 : (double)bad; }
};

// Likewise.
struct Accumulate : CodecOperation {
  Array<double> sums;
  bool rotated;
  size_t bad;
  void read(Args& args);
  void run();
  double result() const { return bad == rows ? -1 : (double)bad; }
};

struct Estimate : CodecOperation {
  Array<float> query;
  Array<double> out, energy;
  size_t bad;
  void read(Args& args);
  void run();
  double result() const { return bad == rows ? -1 : (double)bad; }
};

struct Project : Operation {
  Image image;
  Array<float> v, out;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

// Results are `ranges` times queries x k, one after the other.
void read_scan(Args& args, Image* image, hq::Scan* job, size_t range_rows, size_t* ranges);

struct ScanRows : Operation {
  Image image;
  hq::Scan job;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

struct Crc32c : Operation {
  Array<uint8_t> bytes;
  uint32_t crc;
  void read(Args& args);
  void run();
  double result() const { return crc; }
};

struct Bucketize : Operation {
  Image image;
  size_t section;
  Array<float> v;
  Array<uint8_t> codes;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

struct Lookup : Operation {
  Image image;
  size_t section;
  Array<uint8_t> codes;
  Array<float> levels;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

template <bool kPack>
struct Pack : Operation {
  Array<uint8_t> codes, packed;
  size_t bits;
  void read(Args& args);
  void run();
  double result() const { return 0; }
};

}  // namespace hq_binding
