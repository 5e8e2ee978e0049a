// SPDX-License-Identifier: Apache-2.0
// Walsh-Hadamard transform of rows, natural (Sylvester) order: y[i] = sum_j (-1)^popcount(i & j) x[j].
//
// Every output is the same tree of adds and subtracts as the plain loop h = 1, 2, 4, ... n / 2, so all tiers
// agree bit for bit; passes only fuse several values of h while the data is in registers.
//   base pass     R registers of contiguous elements: h = 1 .. R * kLanes / 2
//   strided pass  R streams h elements apart: the next log2 R values of h
// A piece of up to kPiece elements is read once, lives in a scratch row aligned to cache lines (typed arrays
// are not), and is written once. Longer rows are finished in L1-sized, then in L2-sized pieces before the
// outer strides sweep over them.
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

// Elements. Rows up to kPiece are transformed at once, in L1. Longer ones in pieces of that size, a half or a
// quarter of it, so that the outer stages are passes of radix 8: sixteen streams a power of two apart do not
// fit the ways of an L1 set. Likewise for the blocks that stay in L2.
constexpr size_t kPiece = 4096;     // 16 KiB of floats
constexpr size_t kBlock = 1 << 18;  // 1 MiB of floats

// log2 R stages across R registers. With kSpread the differences of the last one come from the multiply-add
// unit, where the others have left it idle. Halves first, not stage by stage: without a branch on the stage,
// compilers turn one-lane passes into vectors.
template <class S, int R, bool kSpread>
HQ_INLINE void butterfly_registers(typename S::V* r) {
  if constexpr (R > 1) {
    constexpr int h = R / 2;
    butterfly_registers<S, h, false>(r);
    butterfly_registers<S, h, false>(r + h);
    HQ_UNROLL
    for (int i = 0; i < h; i++) {
      const typename S::V a = r[i], b = r[i + h];
      r[i] = S::add(a, b);
      r[i + h] = kSpread && R > 4 ? S::sub_fused(a, b) : S::sub(a, b);
    }
  }
}

template <class S, bool kScale, bool kPost>
HQ_INLINE void store_end(typename S::Elem* to, size_t i, typename S::V v,
                         const Ends<typename S::Elem>& ends) {
  if constexpr (kScale) v = S::mul(v, S::splat(ends.scale));
  if constexpr (kPost) v = S::flip(v, ends.post, i);
  S::store(to + i, v);
}

// Sees every register of the input on its way, before the signs: elements i and on, register k of a block.
struct Unwatched {
  template <class V>
  HQ_INLINE void see(size_t, int, V) {}
};

template <class S, int R, bool kPre, bool kScale, bool kPost, class Watch>
void base_pass(const typename S::Elem* from, typename S::Elem* to, size_t n,
               const Ends<typename S::Elem> ends, Watch& watch) {
  for (size_t i = 0; i < n; i += R * S::kLanes) {
    typename S::V r[R];
    HQ_UNROLL
    for (int k = 0; k < R; k++) {
      r[k] = S::load(from + i + k * S::kLanes);
      watch.see(i + k * S::kLanes, k, r[k]);
      if constexpr (kPre) r[k] = S::flip(r[k], ends.pre, i + k * S::kLanes);
      if constexpr (!S::kPairs || R == 1) r[k] = S::butterflies(r[k]);
    }
    if constexpr (S::kPairs && R > 1) {
      HQ_UNROLL
      for (int k = 0; k < R; k += 2) S::butterflies_pair(r + k, r + k + 1);
    }
    butterfly_registers<S, R, false>(r);
    HQ_UNROLL
    for (int k = 0; k < R; k++) store_end<S, kScale, kPost>(to, i + k * S::kLanes, r[k], ends);
  }
}

// A strided pass in place, several registers further at each step; h is a multiple of that.
template <class S, int R, bool kScale>
void wide_strided_pass(typename S::Elem* to, size_t n, size_t h, const Ends<typename S::Elem> ends) {
  constexpr size_t kStep = S::kColumns * S::kLanes;
  for (size_t b = 0; b < n; b += R * h) {
    for (size_t j = b; j < b + h; j += kStep) {
      typename S::Elem* at[R];
      HQ_UNROLL
      for (int k = 0; k < R; k++) {
        at[k] = to + j + k * h;
        HQ_KEEP(at[k]);
      }
      HQ_UNROLL
      for (size_t c = 0; c < kStep; c += S::kLanes) {
        typename S::V r[R];
        HQ_UNROLL
        for (int k = 0; k < R; k++) r[k] = S::load(at[k] + c);
        butterfly_registers<S, R, true>(r);
        HQ_UNROLL
        for (int k = 0; k < R; k++) store_end<S, kScale, false>(at[k], c, r[k], ends);
      }
    }
  }
}

template <class S, int R, bool kScale, bool kPost>
void strided_pass(const typename S::Elem* from, typename S::Elem* to, size_t n, size_t h,
                  const Ends<typename S::Elem> ends) {
  if constexpr (S::kColumns > 1 && !kPost) {
    if (from == to && h % (S::kColumns * S::kLanes) == 0)
      return wide_strided_pass<S, R, kScale>(to, n, h, ends);
  }
  for (size_t b = 0; b < n; b += R * h) {
    HQ_INDEPENDENT
    for (size_t j = b; j < b + h; j += S::kLanes) {
      typename S::V r[R];
      HQ_UNROLL
      for (int k = 0; k < R; k++) r[k] = S::load(from + j + k * h);
      butterfly_registers<S, R, true>(r);
      HQ_UNROLL
      for (int k = 0; k < R; k++) store_end<S, kScale, kPost>(to, j + k * h, r[k], ends);
    }
  }
}

template <class S, bool kPre, bool kScale, bool kPost, class Watch>
void base_stages(int log2_radix, const typename S::Elem* from, typename S::Elem* to, size_t n,
                 const Ends<typename S::Elem>& ends, Watch& watch) {
  switch (log2_radix) {
    case 0:
      return base_pass<S, 1, kPre, kScale, kPost>(from, to, n, ends, watch);
    case 1:
      return base_pass<S, 2, kPre, kScale, kPost>(from, to, n, ends, watch);
    case 2:
      return base_pass<S, 4, kPre, kScale, kPost>(from, to, n, ends, watch);
    case 3:
      return base_pass<S, 8, kPre, kScale, kPost>(from, to, n, ends, watch);
    default:
      if constexpr (S::kLog2Radix >= 4) base_pass<S, 16, kPre, kScale, kPost>(from, to, n, ends, watch);
  }
}

// More stages than one pass takes are at least two for each: next_radix shares them out evenly, and one pass
// takes three or more.
template <class S, bool kScale, bool kPost>
void strided_stages(int log2_radix, const typename S::Elem* from, typename S::Elem* to, size_t n, size_t h,
                    const Ends<typename S::Elem>& ends) {
  static_assert(S::kLog2Radix >= 3, "radix 2 has no pass here");
  switch (log2_radix) {
    case 2:
      return strided_pass<S, 4, kScale, kPost>(from, to, n, h, ends);
    case 3:
      return strided_pass<S, 8, kScale, kPost>(from, to, n, h, ends);
    default:
      if constexpr (S::kLog2Radix >= 4) strided_pass<S, 16, kScale, kPost>(from, to, n, h, ends);
  }
}

HQ_INLINE int log2_of(size_t n) {
  int k = 0;
  while (n > 1) n >>= 1, k++;
  return k;
}

// How many of `stages` the next pass takes: as few passes as the radix allows, of equal size.
HQ_INLINE int next_radix(int stages, int most) {
  if (stages == 0) return 0;
  const int passes = (stages + most - 1) / most;
  return (stages + passes - 1) / passes;
}

// The stages within a register that the base pass does beyond it, for blocks of n elements.
template <class S>
HQ_INLINE int base_radix(size_t n) {
  return next_radix(log2_of(n / S::kLanes), S::kLog2Radix);
}
template <class S>
HQ_INLINE bool one_pass(size_t n) {
  return n <= (size_t)S::kLanes << S::kLog2Radix;
}

// What the base pass leaves to do for n-long blocks of `total` elements, row -> to. The last pass applies the
// ends when `last` is set: it is not while an outer stage or the factor of order 12, 20 or 28 is still to
// come.
template <class S, bool kScale, bool kPost>
void later_stages(typename S::Elem* row, typename S::Elem* to, size_t total, size_t n, bool last,
                  const Ends<typename S::Elem>& ends) {
  size_t h = (size_t)S::kLanes << base_radix<S>(n);
  for (;;) {
    const int stages = log2_of(n / h), radix = next_radix(stages, S::kLog2Radix);
    if (radix == stages) {
      last ? strided_stages<S, kScale, kPost>(radix, row, to, total, h, ends)
           : strided_stages<S, false, false>(radix, row, to, total, h, ends);
      return;
    }
    strided_stages<S, false, false>(radix, row, row, total, h, ends);
    h <<= radix;
  }
}

// All stages of the n-long blocks (n a power of two from kLanes to kPiece) of `total` elements. `row` is
// scratch of `total` elements, perhaps `to` itself.
template <class S, bool kPre, bool kScale, bool kPost>
void fwht_pieces(const typename S::Elem* from, typename S::Elem* row, typename S::Elem* to, size_t total,
                 size_t n, bool last, const Ends<typename S::Elem>& ends) {
  Unwatched nobody;
  const int radix = base_radix<S>(n);
  if (!one_pass<S>(n)) {
    base_stages<S, kPre, false, false>(radix, from, row, total, ends, nobody);
    later_stages<S, kScale, kPost>(row, to, total, n, last, ends);
  } else if (last) {
    base_stages<S, kPre, kScale, kPost>(radix, from, to, total, ends, nobody);
  } else {
    base_stages<S, kPre, false, false>(radix, from, to, total, ends, nobody);
  }
}

// ---- rows longer than L1
// ------------------------------------------------------------------------------------------------

constexpr int kOuterRadix = 8, kLog2OuterRadix = 3;
constexpr size_t kPrefetchAhead = 256;  // bytes

// One step of an outer pass: the first `part` columns from j on.
template <class S, bool kScale>
HQ_INLINE void partial_step(typename S::Elem* p, size_t j, size_t h, size_t part,
                            const Ends<typename S::Elem>& ends) {
  typename S::V r[kOuterRadix];
  for (int k = 0; k < kOuterRadix; k++) r[k] = S::load_first(p + j + k * h, part);
  butterfly_registers<S, kOuterRadix, true>(r);
  for (int k = 0; k < kOuterRadix; k++) {
    if constexpr (kScale) r[k] = S::mul(r[k], S::splat(ends.scale));
    S::store_first(p + j + k * h, part, r[k]);
  }
}

// Elements before the first that begins a register-wide piece of a cache line; 0 where there is none.
template <class S>
HQ_INLINE size_t elements_to_line(const typename S::Elem* p) {
  constexpr size_t kWidth = S::kLanes * sizeof(typename S::Elem);
  const size_t off = (uintptr_t)p % kWidth;
  return off % sizeof(typename S::Elem) ? 0 : (kWidth - off) % kWidth / sizeof(typename S::Elem);
}

// The stages h, 2 h, 4 h, in place. Streams a power of two apart fall into one cache set, which must not hold
// a line twice: vectors are whole lines, and the columns before and after them are done apart. One-lane steps
// ask for no memory ahead, which would keep compilers from turning them into vectors.
template <class S, bool kScale, bool kPost>
void outer_pass(typename S::Elem* p, size_t n, size_t h, const Ends<typename S::Elem> ends) {
  const size_t head = kPost ? 0 : elements_to_line<S>(p);
  const size_t whole = head ? h - S::kLanes : h;
  for (size_t b = 0; b < n; b += kOuterRadix * h) {
    if (head) partial_step<S, kScale>(p, b, h, head, ends);
    HQ_INDEPENDENT
    for (size_t j = b + head; j < b + head + whole; j += S::kLanes) {
      typename S::V r[kOuterRadix];
      HQ_UNROLL
      for (int k = 0; k < kOuterRadix; k++) {
        r[k] = S::load(p + j + k * h);
        if constexpr (S::kLanes > 1) prefetch(p + j + k * h + kPrefetchAhead / sizeof(typename S::Elem));
      }
      butterfly_registers<S, kOuterRadix, true>(r);
      HQ_UNROLL
      for (int k = 0; k < kOuterRadix; k++) store_end<S, kScale, kPost>(p, j + k * h, r[k], ends);
    }
    if (head) partial_step<S, kScale>(p, b + head + whole, h, S::kLanes - head, ends);
  }
}

// The stages h .. n / 2 of a row, in place.
template <class S, bool kScale, bool kPost>
void outer_stages(typename S::Elem* p, size_t n, size_t h, bool last, const Ends<typename S::Elem>& ends) {
  for (; h < n; h <<= kLog2OuterRadix) {
    last&& h << kLog2OuterRadix == n ? outer_pass<S, kScale, kPost>(p, n, h, ends)
                                     : outer_pass<S, false, false>(p, n, h, ends);
  }
}

// The largest part of a row of n elements that is at most `limit` and leaves whole passes of radix 8.
HQ_INLINE size_t inner_size(size_t n, size_t limit) {
  while (n > limit) n >>= kLog2OuterRadix;
  return n;
}

template <class T>
HQ_INLINE Ends<T> ends_from(const Ends<T>& ends, size_t i) {
  return {ends.pre ? ends.pre + i / 8 : nullptr, ends.post ? ends.post + i / 8 : nullptr, ends.scale};
}

HQ_INLINE bool line_aligned(const void* p) { return ((uintptr_t)p & 63) == 0; }

// The n-long blocks of `total` elements, from -> to (the same array, or apart).
template <class S, bool kPre, bool kScale, bool kPost>
void fwht_blocks(const typename S::Elem* from, typename S::Elem* to, size_t total, size_t n, bool last,
                 const Ends<typename S::Elem>& ends) {
  if (n <= kPiece) {
    alignas(64) typename S::Elem scratch[kPiece];
    // as many blocks at a time as the scratch row holds
    const size_t step = n * (kPiece / n);
    for (size_t i = 0; i < total; i += step) {
      const size_t size = i + step < total ? step : total - i;
      fwht_pieces<S, kPre, kScale, kPost>(from + i, line_aligned(to + i) ? to + i : scratch, to + i, size, n,
                                          last, ends_from(ends, i));
    }
    return;
  }
  const size_t inner = inner_size(n, n > kBlock ? kBlock : kPiece);
  for (size_t b = 0; b < total; b += n) {
    for (size_t i = b; i < b + n; i += inner)
      fwht_blocks<S, kPre, kScale, kPost>(from + i, to + i, inner, inner, false, ends_from(ends, i));
    outer_stages<S, kScale, kPost>(to + b, n, inner, last, ends_from(ends, b));
  }
}

// Chooses the register width: rows shorter than a register go one lane at a time.
template <class S, bool kPre, bool kScale, bool kPost>
void fwht_any(const typename S::Elem* from, typename S::Elem* to, size_t total, size_t n, bool last,
              const Ends<typename S::Elem>& ends) {
  if (n >= (size_t)S::kLanes) {
    fwht_blocks<S, kPre, kScale, kPost>(from, to, total, n, last, ends);
  } else {
    fwht_blocks<One<typename S::Elem>, kPre, kScale, kPost>(from, to, total, n, last, ends);
  }
}

// rows x dim, in place; dim a power of two; every output times `scale` (1 for none).
template <class S>
void fwht_rows(typename S::Elem* x, size_t rows, size_t dim, typename S::Elem scale) {
  const Ends<typename S::Elem> ends = {nullptr, nullptr, scale};
  if (scale == 1) {
    fwht_any<S, false, false, false>(x, x, rows * dim, dim, true, ends);
  } else {
    fwht_any<S, false, true, false>(x, x, rows * dim, dim, true, ends);
  }
}

void fwht_f32(float* x, size_t rows, size_t dim, float scale) { fwht_rows<F32>(x, rows, dim, scale); }
void fwht_f64(double* x, size_t rows, size_t dim, double scale) { fwht_rows<F64>(x, rows, dim, scale); }

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
