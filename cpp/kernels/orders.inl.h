// SPDX-License-Identifier: Apache-2.0
// Hadamard matrices of order 12, 20 and 28 for transform sizes m * 2^j: Williamson arrays
//   [ A  B  C  D ]
//   [-B  A -D  C ]    with symmetric circulant blocks, so the transpose is the same array with B, C, D
//   negated.
//   [-C  D  A -B ]
//   [-D -C  B  A ]
// Order 12: A = J, B = C = D = 2I - J.  Order 20: A = I + U, B = I - U, C = D = J - 2I, U =
// circ(0,1,-1,-1,1). Order 28: A = B = J - 2 E3, C = J - 2 E2, D = 2I + 2 E2 - J, with E_k x[i] = x[i-k] +
// x[i+k] (first rows +++--++, +++--++, ++-++-+, +-+--+-). J x is the block sum, so each output is k + 2 u:
// one sum shared by a block and one short sum of its own: 52, 120 and 196 operations for 12, 20 and 28
// values. The grouping of every sum below is part of the arithmetic contract (lib/js/orders.ts is its twin).
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

// k + 2 u, k - 2 u and 2 u - k; doubling is exact.
template <class S>
HQ_INLINE typename S::V plus2(typename S::V k, typename S::V u) {
  return S::add(k, S::add(u, u));
}
template <class S>
HQ_INLINE typename S::V minus2(typename S::V k, typename S::V u) {
  return S::sub(k, S::add(u, u));
}
template <class S>
HQ_INLINE typename S::V twice_less(typename S::V u, typename S::V k) {
  return S::sub(S::add(u, u), k);
}

template <class S, bool kTranspose>
struct Order12 {
  using V = typename S::V;
  static constexpr int kOrder = 12;
  static HQ_INLINE void apply(const V* x, V* y) {
    V s[4];
    HQ_UNROLL
    for (int b = 0; b < 4; b++) s[b] = S::add(S::add(x[3 * b], x[3 * b + 1]), x[3 * b + 2]);
    const V a = S::sub(s[0], s[1]), b = S::add(s[2], s[3]), c = S::add(s[0], s[1]), d = S::sub(s[2], s[3]);
    HQ_UNROLL
    for (int i = 0; i < 3; i++) {
      const V x1 = x[i], x2 = x[3 + i], x3 = x[6 + i], x4 = x[9 + i];
      if (kTranspose) {
        y[i] = minus2<S>(S::add(c, b), S::add(x2, S::add(x3, x4)));
        y[3 + i] = twice_less<S>(S::sub(S::add(x1, x3), x4), S::add(a, d));
        y[6 + i] = plus2<S>(S::sub(d, a), S::add(S::sub(x1, x2), x4));
        y[9 + i] = plus2<S>(S::sub(b, c), S::sub(S::add(x1, x2), x3));
      } else {
        y[i] = plus2<S>(S::sub(a, b), S::add(x2, S::add(x3, x4)));
        y[3 + i] = plus2<S>(S::add(c, d), S::sub(S::sub(x4, x3), x1));
        y[6 + i] = plus2<S>(S::add(a, b), S::sub(S::sub(x2, x1), x4));
        y[9 + i] = plus2<S>(S::sub(c, d), S::sub(x3, S::add(x1, x2)));
      }
    }
  }
};

template <class S, bool kTranspose>
struct Order20 {
  using V = typename S::V;
  static constexpr int kOrder = 20;
  static HQ_INLINE V sum(const V* v) { return S::add(S::add(S::add(v[0], v[1]), S::add(v[2], v[3])), v[4]); }
  static HQ_INLINE V around(const V* v, int i) { return S::add(v[(i + 1) % 5], v[(i + 4) % 5]); }
  static HQ_INLINE void apply(const V* x, V* y) {
    const V *x1 = x, *x2 = x + 5, *x3 = x + 10, *x4 = x + 15;
    V p[5], m[5], r[5], s[5];
    HQ_UNROLL
    for (int i = 0; i < 5; i++) {
      p[i] = S::add(x1[i], x2[i]);
      m[i] = S::sub(x1[i], x2[i]);
      r[i] = S::add(x3[i], x4[i]);
      s[i] = S::sub(x3[i], x4[i]);
    }
    const V sp = sum(p), sm = sum(m), sr = sum(r), ss = sum(s);
    HQ_UNROLL
    for (int i = 0; i < 5; i++) {
      if (kTranspose) {
        y[i] = twice_less<S>(S::add(S::add(x1[i], around(p, i)), r[i]), S::add(sp, sr));
        y[5 + i] = plus2<S>(S::add(sm, ss), S::sub(S::sub(x2[i], around(m, i)), s[i]));
        y[10 + i] = plus2<S>(S::sub(sm, ss), S::sub(S::add(x3[i], around(s, i)), m[i]));
        y[15 + i] = plus2<S>(S::sub(sp, sr), S::sub(S::add(x4[i], around(r, i)), p[i]));
      } else {
        y[i] = plus2<S>(S::sub(sr, sm), S::sub(S::add(x1[i], around(m, i)), r[i]));
        y[5 + i] = twice_less<S>(S::add(S::add(x2[i], around(p, i)), s[i]), S::add(sp, ss));
        y[10 + i] = twice_less<S>(S::add(S::add(x3[i], around(r, i)), m[i]), S::add(sm, sr));
        y[15 + i] = plus2<S>(S::sub(ss, sp), S::sub(S::add(x4[i], p[i]), around(s, i)));
      }
    }
  }
};

template <class S, bool kTranspose>
struct Order28 {
  using V = typename S::V;
  static constexpr int kOrder = 28;
  static HQ_INLINE V sum(const V* v) {
    return S::add(S::add(S::add(v[0], v[1]), S::add(v[2], v[3])), S::add(S::add(v[4], v[5]), v[6]));
  }
  static HQ_INLINE V e2(const V* v, int i) { return S::add(v[(i + 2) % 7], v[(i + 5) % 7]); }
  static HQ_INLINE V e3(const V* v, int i) { return S::add(v[(i + 3) % 7], v[(i + 4) % 7]); }
  static HQ_INLINE void apply(const V* x, V* y) {
    const V *x1 = x, *x2 = x + 7, *x3 = x + 14, *x4 = x + 21;
    V p[7], m[7], r[7], s[7];
    HQ_UNROLL
    for (int i = 0; i < 7; i++) {
      p[i] = S::add(x1[i], x2[i]);
      m[i] = S::sub(x1[i], x2[i]);
      r[i] = S::add(x3[i], x4[i]);
      s[i] = S::sub(x3[i], x4[i]);
    }
    const V sp = sum(p), sm = sum(m), sr = sum(r), ss = sum(s);
    HQ_UNROLL
    for (int i = 0; i < 7; i++) {
      if (kTranspose) {
        y[i] = plus2<S>(S::sub(sm, ss), S::sub(S::sub(e2(s, i), x4[i]), e3(m, i)));
        y[7 + i] = plus2<S>(S::sub(sp, sr), S::sub(S::add(x3[i], e2(r, i)), e3(p, i)));
        y[14 + i] = minus2<S>(S::add(sp, sr), S::add(S::add(x2[i], e2(p, i)), e3(r, i)));
        y[21 + i] = twice_less<S>(S::add(S::add(x1[i], e2(m, i)), e3(s, i)), S::add(sm, ss));
      } else {
        y[i] = plus2<S>(S::add(sp, ss), S::sub(S::sub(x4[i], e2(s, i)), e3(p, i)));
        y[7 + i] = plus2<S>(S::sub(sr, sm), S::sub(S::sub(e3(m, i), x3[i]), e2(r, i)));
        y[14 + i] = plus2<S>(S::sub(ss, sp), S::sub(S::add(x2[i], e2(p, i)), e3(s, i)));
        y[21 + i] = minus2<S>(S::add(sm, sr), S::add(S::add(x1[i], e2(m, i)), e3(r, i)));
      }
    }
  }
};

// One column step: kOrder streams h apart, h a multiple of kLanes.
template <class S, class Order, bool kPost>
void order_pass(const typename S::Elem* from, typename S::Elem* to, size_t h,
                const Ends<typename S::Elem> ends) {
  constexpr int kOrder = Order::kOrder;
  HQ_INDEPENDENT
  for (size_t j = 0; j < h; j += S::kLanes) {
    typename S::V x[kOrder], y[kOrder];
    for (int k = 0; k < kOrder; k++) x[k] = S::load(from + j + k * h);
    Order::apply(x, y);
    for (int k = 0; k < kOrder; k++) store_end<S, true, kPost>(to, j + k * h, y[k], ends);
  }
}

// from -> to, the same array or apart.
template <class S, bool kTranspose, bool kPost>
void order_stage(const typename S::Elem* from, typename S::Elem* to, int order, size_t h,
                 const Ends<typename S::Elem>& ends) {
  switch (order) {
    case 12:
      return order_pass<S, Order12<S, kTranspose>, kPost>(from, to, h, ends);
    case 20:
      return order_pass<S, Order20<S, kTranspose>, kPost>(from, to, h, ends);
    default:
      return order_pass<S, Order28<S, kTranspose>, kPost>(from, to, h, ends);
  }
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
