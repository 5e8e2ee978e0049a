// SPDX-License-Identifier: Apache-2.0
// Walsh-Hadamard transform of rows, in place, natural (Sylvester) order: y[i] = sum_j (-1)^popcount(i & j)
// x[j].
//
// Every output is the same tree of adds and subtracts as the plain loop h = 1, 2, 4, ... n / 2, so all tiers
// agree bit for bit; passes only fuse several values of h while the data is in registers.
//   base pass     kBase registers of contiguous elements: h = 1 .. kBase * kLanes / 2
//   strided pass  R streams h elements apart: the next log2 R values of h
// Rows longer than kL1 elements finish their L1-sized, then their L2-sized blocks before the outer strides.
//
// A rotation needs the transform between a sign flip and a scale; both ride in the first and the last pass
// (`Ends`).
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

// What the first pass does to its input and the last to its output: x -> post * (scale * H (pre * x)).
// `pre` and `post` are sign bits for the whole row, null for none.
template <class T>
struct Ends {
  const uint8_t* pre;
  const uint8_t* post;
  T scale;
};

constexpr size_t kL1 = 4096;     // elements: 16 KiB of floats
constexpr size_t kL2 = 1 << 18;  // elements: 1 MiB of floats
constexpr int kBase = 8;         // registers of the base pass; 16 spill on AVX2

template <class S, int R>
HQ_INLINE void butterfly_registers(typename S::V* r) {
  HQ_UNROLL
  for (int h = 1; h < R; h <<= 1) {
    HQ_UNROLL
    for (int i = 0; i < R; i++) {
      if (i & h) continue;
      const typename S::V a = r[i], b = r[i + h];
      r[i] = S::add(a, b);
      r[i + h] = S::sub(a, b);
    }
  }
}

template <class S, bool kScale, bool kPost>
HQ_INLINE void store_end(typename S::Elem* p, size_t i, typename S::V v, const Ends<typename S::Elem>& ends) {
  if constexpr (kScale) v = S::mul(v, S::splat(ends.scale));
  if constexpr (kPost) v = S::flip(v, ends.post, i);
  S::store(p + i, v);
}

// Blocks of R registers over p[first .. first + n).
template <class S, int R, bool kPre, bool kScale, bool kPost>
void base_pass(typename S::Elem* p, size_t first, size_t n, const Ends<typename S::Elem>& ends) {
  for (size_t i = first; i < first + n; i += R * S::kLanes) {
    typename S::V r[R];
    HQ_UNROLL
    for (int k = 0; k < R; k++) {
      r[k] = S::load(p + i + k * S::kLanes);
      if constexpr (kPre) r[k] = S::flip(r[k], ends.pre, i + k * S::kLanes);
      r[k] = S::butterflies(r[k]);
    }
    butterfly_registers<S, R>(r);
    HQ_UNROLL
    for (int k = 0; k < R; k++) store_end<S, kScale, kPost>(p, i + k * S::kLanes, r[k], ends);
  }
}

template <class S, int R, bool kScale, bool kPost>
void strided_pass(typename S::Elem* p, size_t first, size_t n, size_t h, const Ends<typename S::Elem>& ends) {
  for (size_t b = first; b < first + n; b += R * h) {
    for (size_t j = b; j < b + h; j += S::kLanes) {
      typename S::V r[R];
      HQ_UNROLL
      for (int k = 0; k < R; k++) r[k] = S::load(p + j + k * h);
      butterfly_registers<S, R>(r);
      HQ_UNROLL
      for (int k = 0; k < R; k++) store_end<S, kScale, kPost>(p, j + k * h, r[k], ends);
    }
  }
}

// The stages h .. n / 2 of every n-long block of p[first .. first + total). The last of them applies the ends
// when `last` is set: it is not while an outer stage or the factor of order 12, 20 or 28 is still to come.
template <class S, bool kScale, bool kPost>
void strided_stages(typename S::Elem* p, size_t first, size_t total, size_t h, size_t n, bool last,
                    const Ends<typename S::Elem>& ends) {
  while (h < n) {
    const size_t radix = n / h >= 8 ? 8 : n / h;
    const bool end = last && h * radix == n;
    switch (radix) {
      case 2:
        end ? strided_pass<S, 2, kScale, kPost>(p, first, total, h, ends)
            : strided_pass<S, 2, false, false>(p, first, total, h, ends);
        break;
      case 4:
        end ? strided_pass<S, 4, kScale, kPost>(p, first, total, h, ends)
            : strided_pass<S, 4, false, false>(p, first, total, h, ends);
        break;
      default:
        end ? strided_pass<S, 8, kScale, kPost>(p, first, total, h, ends)
            : strided_pass<S, 8, false, false>(p, first, total, h, ends);
    }
    h *= radix;
  }
}

template <class S, int R, bool kPre, bool kScale, bool kPost>
void base_stage(typename S::Elem* p, size_t first, size_t total, bool last,
                const Ends<typename S::Elem>& ends) {
  last ? base_pass<S, R, kPre, kScale, kPost>(p, first, total, ends)
       : base_pass<S, R, kPre, false, false>(p, first, total, ends);
}

// All stages of the n-long blocks (n a power of two, a multiple of kLanes) in p[first .. first + total).
template <class S, bool kPre, bool kScale, bool kPost>
void fwht_blocks(typename S::Elem* p, size_t first, size_t total, size_t n, bool last,
                 const Ends<typename S::Elem>& ends) {
  const size_t inner = n > kL2 ? kL2 : n > kL1 ? kL1 : 0;
  if (inner) {
    for (size_t b = first; b < first + total; b += n) {
      for (size_t i = b; i < b + n; i += inner)
        fwht_blocks<S, kPre, kScale, kPost>(p, i, inner, inner, false, ends);
      strided_stages<S, kScale, kPost>(p, b, n, inner, n, last, ends);
    }
    return;
  }
  const size_t registers = n / S::kLanes;
  const bool only = last && registers <= kBase;
  switch (registers) {
    case 1:
      return base_stage<S, 1, kPre, kScale, kPost>(p, first, total, only, ends);
    case 2:
      return base_stage<S, 2, kPre, kScale, kPost>(p, first, total, only, ends);
    case 4:
      return base_stage<S, 4, kPre, kScale, kPost>(p, first, total, only, ends);
    default:
      base_stage<S, kBase, kPre, kScale, kPost>(p, first, total, only, ends);
  }
  // L1-sized pieces go through all their passes one after the other while they are in L1
  for (size_t b = first; b < first + total; b += n)
    strided_stages<S, kScale, kPost>(p, b, n, kBase * S::kLanes, n, last, ends);
}

// Chooses the register width: rows shorter than a register go one lane at a time.
template <class S, bool kPre, bool kScale, bool kPost>
void fwht_any(typename S::Elem* p, size_t first, size_t total, size_t n, bool last,
              const Ends<typename S::Elem>& ends) {
  if (n >= (size_t)S::kLanes) {
    fwht_blocks<S, kPre, kScale, kPost>(p, first, total, n, last, ends);
  } else {
    fwht_blocks<One<typename S::Elem>, kPre, kScale, kPost>(p, first, total, n, last, ends);
  }
}

// rows x dim, in place; dim a power of two; every output times `scale` (1 for none).
template <class S>
void fwht_rows(typename S::Elem* x, size_t rows, size_t dim, typename S::Elem scale) {
  const Ends<typename S::Elem> ends = {nullptr, nullptr, scale};
  for (size_t r = 0; r < rows; r++) {
    if (scale == 1) {
      fwht_any<S, false, false, false>(x + r * dim, 0, dim, dim, true, ends);
    } else {
      fwht_any<S, false, true, false>(x + r * dim, 0, dim, dim, true, ends);
    }
  }
}

void fwht_f32(float* x, size_t rows, size_t dim, float scale) { fwht_rows<F32>(x, rows, dim, scale); }
void fwht_f64(double* x, size_t rows, size_t dim, double scale) { fwht_rows<F64>(x, rows, dim, scale); }

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
