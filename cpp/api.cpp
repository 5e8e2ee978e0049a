// SPDX-License-Identifier: Apache-2.0
// The public functions: pick the kernel table, have scratch memory ready, call the kernel.
#include "hadaquant.h"

#include <stdlib.h>
#include <string.h>

#include "dispatch/kernels_for.h"

namespace hq {
namespace {

// 64-byte aligned memory for the length of a call. Small requests come from the stack.
class Scratch {
 public:
  explicit Scratch(size_t bytes) {
    char* base = bytes <= sizeof(small_) - 64 ? small_ : (char*)(heap_ = malloc(bytes + 64));
    at_ = base ? base + (64 - (uintptr_t)base % 64) : nullptr;
  }
  ~Scratch() { free(heap_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  template <class T>
  T* take(size_t count) {
    char* p = at_;
    at_ += (count * sizeof(T) + 63) & ~(size_t)63;
    return (T*)p;
  }
  explicit operator bool() const { return at_ != nullptr; }

 private:
  void* heap_ = nullptr;
  char* at_;
  char small_[16384];
};

size_t lanes(size_t n) { return (n + 15) / 16 * 16 + 16; }

bool needs_spare(const Codec& codec) { return codec.projection != nullptr; }
size_t row_bytes(size_t n, bool spare = false) { return lanes(n) * (9 + (spare ? 4 : 0)) + 4 * 64; }
RowScratch take_row(Scratch& scratch, size_t n, bool spare = false) {
  RowScratch row = {};
  row.values = scratch.take<float>(lanes(n));
  row.levels = scratch.take<float>(lanes(n));
  row.codes = scratch.take<uint8_t>(lanes(n));
  if (spare) row.spare = scratch.take<float>(lanes(n));
  return row;
}

}  // namespace

void fwht(Isa isa, float* x, size_t rows, size_t dim, float scale) {
  kernels_for(isa).fwht_f32(x, rows, dim, scale);
}
void fwht(Isa isa, double* x, size_t rows, size_t dim, double scale) {
  kernels_for(isa).fwht_f64(x, rows, dim, scale);
}

void rotate(Isa isa, const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  kernels_for(isa).rotate(rot, x, y, rows, first, last);
}
void unrotate(Isa isa, const Rotation& rot, const float* x, float* y, size_t rows, int first, int last) {
  kernels_for(isa).unrotate(rot, x, y, rows, first, last);
}

bool moments(Isa isa, const float* x, size_t rows, size_t dim, int block, double* out) {
  Scratch scratch(lanes(dim) * sizeof(float));
  if (!scratch) return false;
  kernels_for(isa).moments(x, rows, dim, block, scratch.take<float>(lanes(dim)), out);
  return true;
}

bool center_rows(Isa isa, const float* x, size_t rows, size_t dim, const float* center, bool normalize,
                 float* out, size_t* bad) {
  Scratch scratch(lanes(dim) * sizeof(float));
  if (!scratch) return false;
  *bad = kernels_for(isa).center_rows(x, rows, dim, center, normalize, scratch.take<float>(lanes(dim)), out);
  return true;
}

bool first_unusable_row(Isa isa, const float* x, size_t rows, size_t dim, size_t* row) {
  Scratch scratch(lanes(dim) * sizeof(float));
  if (!scratch) return false;
  *row = kernels_for(isa).first_unusable_row(x, rows, dim, scratch.take<float>(lanes(dim)));
  return true;
}

double max_abs(Isa isa, const float* x, size_t n) { return kernels_for(isa).max_abs_f32(x, n); }
double max_abs(Isa isa, const double* x, size_t n) { return kernels_for(isa).max_abs_f64(x, n); }

bool bucketize(Isa isa, const Codebook& book, const float* v, size_t n, uint8_t* codes) {
  Scratch scratch(row_bytes(n));
  if (!scratch) return false;
  const RowScratch row = take_row(scratch, n);
  memset(row.values, 0, lanes(n) * sizeof(float));
  memcpy(row.values, v, n * sizeof(float));
  kernels_for(isa).bucketize(book, row.values, 1, n, row.codes);
  memcpy(codes, row.codes, n);
  return true;
}

bool lookup(Isa isa, const float* table, uint32_t entries, const uint8_t* codes, size_t n, float* levels) {
  Scratch scratch(row_bytes(n));
  if (!scratch) return false;
  const RowScratch row = take_row(scratch, n);
  memset(row.codes, 0, lanes(n));
  memcpy(row.codes, codes, n);
  kernels_for(isa).lookup(table, entries, row.codes, n, row.levels);
  memcpy(levels, row.levels, n * sizeof(float));
  return true;
}

void pack(Isa isa, const uint8_t* codes, size_t count, int bits, uint8_t* out) {
  kernels_for(isa).pack(codes, count, bits, out);
}
void unpack(Isa isa, const uint8_t* packed, size_t count, int bits, uint8_t* codes) {
  kernels_for(isa).unpack(packed, count, bits, codes);
}

bool project(Isa isa, const float* matrix, const float* v, size_t dim, float* out) {
  Scratch scratch(lanes(dim) * sizeof(float));
  if (!scratch) return false;
  float* padded = scratch.take<float>(lanes(dim));
  memset(padded, 0, lanes(dim) * sizeof(float));
  memcpy(padded, v, dim * sizeof(float));
  kernels_for(isa).project(matrix, padded, dim, out);
  return true;
}

bool encode(Isa isa, const Codec& codec, const float* x, size_t rows, uint64_t first_index,
            const Columns& out, size_t* bad) {
  const size_t dim = codec.rotation.dim;
  Scratch scratch(row_bytes(dim, needs_spare(codec)));
  if (!scratch) return false;
  *bad =
      kernels_for(isa).encode(codec, x, rows, first_index, take_row(scratch, dim, needs_spare(codec)), out);
  return true;
}

bool decode(Isa isa, const Codec& codec, const Columns& in, size_t rows, float* x, size_t* bad) {
  const KernelTable& kernels = kernels_for(isa);
  const size_t dim = codec.rotation.dim;
  Scratch scratch(row_bytes(dim, needs_spare(codec)));
  if (!scratch) return false;
  *bad = kernels.first_undecodable_row(codec, in, rows);
  if (*bad == rows) *bad = kernels.decode(codec, in, rows, take_row(scratch, dim, needs_spare(codec)), x);
  return true;
}

bool accumulate(Isa isa, const Codec& codec, const Columns& in, size_t rows, bool rotated, double* sums,
                size_t* bad) {
  const KernelTable& kernels = kernels_for(isa);
  const size_t dim = codec.rotation.dim;
  Scratch scratch(row_bytes(dim, needs_spare(codec)));
  if (!scratch) return false;
  *bad = kernels.first_undecodable_row(codec, in, rows);
  if (*bad == rows)
    *bad = kernels.accumulate(codec, in, rows, rotated, take_row(scratch, dim, needs_spare(codec)), sums);
  return true;
}

bool estimate(Isa isa, const Codec& codec, const float* query, const Columns& in, size_t rows, double* out,
              double* energy, size_t* bad) {
  const KernelTable& kernels = kernels_for(isa);
  const size_t dim = codec.rotation.dim, stride = (dim + 15) / 16 * 16;
  Scratch scratch(row_bytes(dim, needs_spare(codec)) + 3 * stride * sizeof(float));
  if (!scratch) return false;
  float* forms = scratch.take<float>(3 * stride);
  for (int f = 0; f < 3; f++) {
    memcpy(forms + f * stride, query + f * dim, dim * sizeof(float));
    memset(forms + f * stride + dim, 0, (stride - dim) * sizeof(float));
  }
  *bad = kernels.first_undecodable_row(codec, in, rows);
  if (*bad == rows)
    *bad = kernels.estimate(codec, forms, in, rows, take_row(scratch, dim, needs_spare(codec)), out, energy);
  return true;
}

bool scan(Isa isa, const Scan& job) {
  const ScanTable& scans = scans_for(isa);
  const size_t bytes = scans.scratch_bytes(job);
  Scratch scratch(bytes);
  if (!scratch) return false;
  scans.scan(job, scratch.take<uint8_t>(bytes));
  return true;
}

uint32_t crc32c(Isa isa, uint32_t crc, const uint8_t* bytes, size_t n) {
  return kernels_for(isa).crc32c(crc, bytes, n);
}

}  // namespace hq
