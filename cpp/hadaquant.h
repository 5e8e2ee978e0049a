// SPDX-License-Identifier: Apache-2.0
// The C++ core of hadaquant: randomized Hadamard transforms and the quantizers and scans built on them.
//
// All functions work on rows: `rows x dim` elements, row-major, one vector a row. Buffers belong to the
// caller; nothing overlaps unless the text says so; no pointer needs alignment. Every function gives the same
// bits on every Isa (the arithmetic contract is in ARCHITECTURE.md). Little-endian machines only. Nothing
// throws; `false` or a null pointer means scratch memory could not be had. Arguments are the caller's duty:
// see lib/check.ts for the rules.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace hq {

// ---- instruction sets
// ---------------------------------------------------------------------------------------------

enum class Isa : int { kScalar = 0, kAvx2 = 1, kAvx512 = 2, kAvx512Icl = 3, kNeon = 4, kNeonDot = 5 };
constexpr int kIsaCount = 6;

const char* isa_name(Isa isa);  // "scalar", "avx2", "avx512", "avx512icl", "neon", "neondot"
bool isa_usable(Isa isa);       // compiled in, and this CPU and operating system have it
Isa best_isa();

// ---- descriptions the caller builds once (lib/transform/rotation.ts, lib/codec/codec.ts)
// ----------------------------

// A k-fold randomized Hadamard transform of rows of `dim` floats.
struct Rotation {
  size_t dim;
  size_t span;   // the largest m * 2^j <= dim; equal to dim, or two overlapping spans make a round
  size_t order;  // m: 1, 12, 20 or 28
  float scale;   // 1 / sqrt(span)
  const uint8_t*
      signs;  // sign bits of stream s at signs + s * signs_stride, bit i & 7 of byte i >> 3; 1 means minus
  size_t signs_stride;  // bytes; a multiple of 8
};

// Sorted thresholds: the code of a value is how many of them are at most the value.
struct Codebook {
  const float* thresholds;  // `count` of them, with `base` followed by +infinity
  uint32_t count;           // 2^bits - 1
  const int32_t* base;      // `bins` entries: thresholds below each uniform bin; or null
  uint32_t bins;
  float bin_scale, bin_offset;
};

// Thresholds that move with a draw and a fraction, those of draw h being ramps h, draws + h, 2 * draws + h,
// ... (lib/codec/ramp-book.ts).
struct RampBook {
  const float* pairs;   // where each of 2^bits * draws ramps begins, and its width * 2^-24; the last `draws`
                        // begin at infinity
  const int32_t* base;  // `bins` entries: draws - 1 more than the first ramp that does not end below the bin
  uint32_t bins;
  float bin_scale, bin_offset;
};

// How a section finds codes. All of them decode by a table of levels.
enum class Coding : int {
  kThresholds = 0,  // one codebook for all rows
  kDither = 1,      // thresholds that move with a random draw, one a row or one a coordinate
  kNearest = 2,     // the nearest codeword to a block of coordinates
  kProjected = 3,   // signs of the residual of the sections before, projected by Codec::projection
};

// Consecutive rotated coordinates that are coded alike.
struct Section {
  size_t first;  // coordinate
  size_t count;  // coordinates
  Coding coding;
  int bits;              // 1..8, of a code
  size_t block;          // coordinates a code, 1, 2, 4 or 8; divides count
  size_t code_offset;    // bytes from the start of the codes
  const float* levels;   // draws x 2^bits x block
  Codebook book;         // kThresholds, kProjected
  const double* ramps;   // kDither, a draw a row: where thresholds begin and end, (2^bits - 1) * draws + 1
  RampBook ramp_book;    // kDither, a draw a coordinate
  const float* points;   // kNearest: the levels transposed, block x 2^bits,
  const float* offsets;  // and minus half the square of each codeword's norm
};

// When to rotate once, twice or three times (lib/transform/rounds.ts has the reasons).
struct RoundsRule {
  int fixed;                // 1..3, or 0 to decide by the moments
  int least;                // 1, or 2 for overlapping spans and narrow cells
  double l3_limit;          // one round is enough while l3 <= l3_limit
  double lattice_ratio;     // l4 < lattice_ratio * l3^2 marks rows of one magnitude: one more round
  int block;                // coordinates coded together: 1, 2, 4 or 8
  double covariance_limit;  // a block > 1 takes another round when r1 (after one) or r2 (after two) is above
};

constexpr int kMaxSections = 8;

enum class Scaling : int {
  kUnbiased = 0,  // |x| sqrt(d) / <z, levels>
  kMse = 1,       // least error of the vector: |x| / sqrt(d) * <z, levels> / <levels, levels>
  kFixed = 2,     // |x| / sqrt(d)
};

// Who shares one random draw of a dithered codec. Its scale is Scaling::kFixed; with a draw for each
// coordinate, it has one section.
enum class Dither : int { kNone = 0, kRow = 1, kCoordinate = 2 };

struct Codec {
  Rotation rotation;
  RoundsRule rule;
  Scaling scaling;
  size_t coded;  // coordinates that have a code: the first `coded` rotated ones
  size_t code_bytes;
  const float* factors;  // values are multiplied by the one that fits best before bucketize; or null: by 1
  int factor_count;
  Dither dither;
  uint32_t draws;             // 1, or values of the random draw: a power of two up to 64
  const double* draw_scales;  // kRow: the scale is multiplied by the one of the draw
  uint64_t seed;              // of shared draws
  uint64_t private_seed;      // of the encoder's own
  float outlier_limit;        // kCoordinate: larger values are kept apart as they are
  const float* projection;    // dim x dim, for kProjected
  int section_count;
  Section sections[kMaxSections];
};

// Values kept apart from the codes. Row r has entries starts[r] .. starts[r + 1] - 1, coordinates ascending.
// Encoding fills all three; `capacity` is the length of coordinates and values.
struct Outliers {
  uint32_t* starts;  // rows + 1; null if the codec has none
  uint32_t* coordinates;
  float* values;
  size_t capacity;
};

// Where row i of each column lies: base + i * stride. norms may be null, and what a codec does not have is:
// residuals without a projection, nonces without a draw for each coordinate.
struct Columns {
  uint8_t* codes;      // code_bytes a row
  uint8_t* scales;     // f32
  uint8_t* norms;      // f32
  uint8_t* tags;       // u8: rounds + 4 * draw
  uint8_t* residuals;  // f32: scale of the projected signs
  uint8_t* nonces;     // u32: number of the row
  size_t codes_stride, scales_stride, norms_stride, tags_stride, residuals_stride, nonces_stride;
  Outliers outliers;
};

// ---- transforms
// -----------------------------------------------------------------------------------------------------

// x := scale * H x, in place, natural order; dim a power of two.
void fwht(Isa isa, float* x, size_t rows, size_t dim, float scale);
void fwht(Isa isa, double* x, size_t rows, size_t dim, double scale);

// Rounds first .. last - 1 (counted from 0); y may be x.
void rotate(Isa isa, const Rotation& rot, const float* x, float* y, size_t rows, int first, int last);
void unrotate(Isa isa, const Rotation& rot, const float* x, float* y, size_t rows, int first, int last);

// out: rows x 6: |x|, l3 = sum |x|^3 / |x|^3, l4 = sum x^4 / |x|^4, max |x_i| / |x|, r1, r2; zeros for a zero
// row. r1, r2: see lib/transform/rounds.ts; 0 for block 1.
bool moments(Isa isa, const float* x, size_t rows, size_t dim, int block, double* out);

// out = x (divided by its norm if `normalize`) - center (if not null); out may be x. *bad = index of the
// first unusable row of x (treated like the others), else `rows`.
bool center_rows(Isa isa, const float* x, size_t rows, size_t dim, const float* center, bool normalize,
                 float* out, size_t* bad);

// *row = index of the first unusable row: it holds a NaN or an infinity, or its norm is beyond the float
// range; else `rows`.
bool first_unusable_row(Isa isa, const float* x, size_t rows, size_t dim, size_t* row);
// Largest |x|; not finite if there is a NaN or an infinity.
double max_abs(Isa isa, const float* x, size_t n);
double max_abs(Isa isa, const double* x, size_t n);

// ---- codes
// ----------------------------------------------------------------------------------------------------------

// The steps of a codec, exposed for tests and for building others. Arrays have exactly `n` elements.
bool bucketize(Isa isa, const Codebook& book, const float* v, size_t n, uint8_t* codes);
// levels[i] = table[codes[i]], a table of `entries`.
bool lookup(Isa isa, const float* table, uint32_t entries, const uint8_t* codes, size_t n, float* levels);
void pack(Isa isa, const uint8_t* codes, size_t count, int bits, uint8_t* out);
void unpack(Isa isa, const uint8_t* packed, size_t count, int bits, uint8_t* codes);

// out[i] = <row i, v>, a dim x dim matrix that 16 more floats follow.
bool project(Isa isa, const float* matrix, const float* v, size_t dim, float* out);

// x: rows x dim. Draws are those of rows first_index and on. *bad = index of the first unusable row (as
// first_unusable_row finds it), at which encoding stops: rows before it have been written, no others; else
// `rows`.
bool encode(Isa isa, const Codec& codec, const float* x, size_t rows, uint64_t first_index,
            const Columns& out, size_t* bad);
// *bad = index of the first row that no encoder wrote (nothing is written), else `rows`.
bool decode(Isa isa, const Codec& codec, const Columns& in, size_t rows, float* x, size_t* bad);
// Adds what decode would give to `sums`, rows x dim; with `rotated` without the inverse rotation: sums of
// rows that share one can be rotated back together. *bad as for decode (nothing is added).
bool accumulate(Isa isa, const Codec& codec, const Columns& in, size_t rows, bool rotated, double* sums,
                size_t* bad);
// out[i] = scale_i * <query rotated as often as row i was, levels of row i>; `query`: 3 x dim, the one-, two-
// and three-round forms. energy[i] = (scale_i * |levels of row i|)^2, if not null. *bad as for decode.
bool estimate(Isa isa, const Codec& codec, const float* query, const Columns& in, size_t rows, double* out,
              double* energy, size_t* bad);

// ---- scan
// -----------------------------------------------------------------------------------------------------------

// Integer levels of one section against an int8 query.
struct ScanSection {
  size_t count;         // coordinates
  int bits;             // 1..8, of a code
  size_t block;         // coordinates a code
  size_t code_offset;   // bytes, from the start of a row's codes
  size_t query_offset;  // bytes, from the start of a query form
  const int8_t* high;   // draws x 2^bits (at least 16) x block levels
  const int8_t* low;    // level = 128 * high + low; null where one digit is enough
  bool projected;       // counts with the row's residual instead of its scale
};

// Exhaustive search of rows first_row .. last_row - 1 for the k best of each query by
//   key = (query_bias + row_bias) + (gain * scale_row) * dot + (projected_gain * residual_row) * projected
//   dot
//         + slack * reach_row
// in f64, from left to right, without what the job does not have; larger first, equal keys by row.
// Query form f (rounds f + 1) of query q starts at forms + (q * 3 + f) * form_bytes. A section with one level
// digit and codes of 1, 2 or 4 bits for one coordinate each holds, for field t of each packed byte, the int8
// query coordinates that meet it, in byte order, zero padded to a multiple of 64; other sections hold the
// coordinates in order, padded likewise.
struct Scan {
  size_t dim;
  int section_count;
  ScanSection sections[kMaxSections];
  const uint8_t* codes;  // row i at codes + i * code_bytes
  size_t code_bytes;
  const float* scales;
  const float* norms;      // row_bias = -norm^2; or null: row_bias = 0
  const uint8_t* tags;     // rounds (1..3) + 4 * draw
  const float* residuals;  // for projected sections, or null
  const float* reaches;    // f32 a row, or null
  const uint8_t* allowed;  // bit i & 7 of byte i >> 3 admits row i; or null
  size_t first_row, last_row;
  size_t queries, k;
  const int8_t* forms;
  size_t form_bytes;
  const double* query_bias;  // one a query
  const double* gains;       // queries x 3 forms x 2: gain, projected_gain
  const double* slacks;      // one a query; with reaches
  uint32_t* rows;            // out: queries x k, best first; 0xffffffff where there are fewer
  double* keys;              // out: queries x k
};
bool scan(Isa isa, const Scan& job);

// ---- checksum
// -------------------------------------------------------------------------------------------------------

// CRC-32C (Castagnoli) of n bytes after those already in `crc` (0 to begin).
uint32_t crc32c(Isa isa, uint32_t crc, const uint8_t* bytes, size_t n);

}  // namespace hq
