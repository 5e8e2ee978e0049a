// SPDX-License-Identifier: Apache-2.0
// Function pointers, a table an instruction set: the only symbol that a kernels_<isa>.cpp exports.
// Kernels check nothing; cpp/api.cpp gives them scratch memory.
#pragma once
#include "hadaquant.h"

namespace hq {

// Scratch for one row, 64-byte aligned: dim elements rounded up to 16, and 16 more.
struct RowScratch {
  float* values;
  float* levels;
  uint8_t* codes;
  float* spare;  // with Codec::projection
};

// What depends on products of bytes: instruction sets that have better ones, and no more, take all else from
// another (dispatch/isa.cpp).
struct ScanTable {
  size_t (*scratch_bytes)(const Scan& job);
  void (*scan)(const Scan& job, uint8_t* scratch);
};

struct KernelTable {
  void (*fwht_f32)(float* x, size_t rows, size_t dim, float scale);
  void (*fwht_f64)(double* x, size_t rows, size_t dim, double scale);
  void (*rotate)(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last);
  void (*unrotate)(const Rotation& rot, const float* x, float* y, size_t rows, int first, int last);
  void (*moments)(const float* x, size_t rows, size_t dim, int block, float* scratch, double* out);
  size_t (*center_rows)(const float* x, size_t rows, size_t dim, const float* center, bool normalize,
                        float* scratch, float* out);
  size_t (*first_unusable_row)(const float* x, size_t rows, size_t dim, float* scratch);
  double (*max_abs_f32)(const float* x, size_t n);
  double (*max_abs_f64)(const double* x, size_t n);
  void (*bucketize)(const Codebook& book, const float* v, float gain, size_t n,
                    uint8_t* codes);  // padded to 16
  void (*lookup)(const float* table, uint32_t entries, const uint8_t* codes, size_t n,
                 float* levels);                                                 // likewise
  void (*project)(const float* matrix, const float* v, size_t dim, float* out);  // v likewise
  void (*pack)(const uint8_t* codes, size_t count, int bits, uint8_t* out);
  void (*unpack)(const uint8_t* packed, size_t count, int bits, uint8_t* codes);
  size_t (*encode)(const Codec& codec, const float* x, size_t rows, uint64_t first_index,
                   const RowScratch& scratch, const Columns& out);
  size_t (*first_undecodable_row)(const Codec& codec, const Columns& in, size_t rows);
  size_t (*decode)(const Codec& codec, const Columns& in, size_t rows, const RowScratch& scratch, float* x);
  size_t (*accumulate)(const Codec& codec, const Columns& in, size_t rows, bool rotated,
                       const RowScratch& scratch, double* sums);
  size_t (*estimate)(const Codec& codec, const float* query, const Columns& in, size_t rows,
                     const RowScratch& scratch, double* out, double* energy);
  uint32_t (*crc32c)(uint32_t crc, const uint8_t* bytes, size_t n);
  ScanTable scans;
};

extern const KernelTable kernels_scalar;
extern const KernelTable kernels_avx2;
extern const KernelTable kernels_avx512;
extern const ScanTable kernels_avx512icl;
extern const KernelTable kernels_neon;
extern const ScanTable kernels_neondot;
extern const KernelTable kernels_wasm;

}  // namespace hq
