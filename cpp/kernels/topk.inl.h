// SPDX-License-Identifier: Apache-2.0
// The k best (key, row) pairs of one query: a binary heap with the worst on top, kept in the caller's output
// arrays. Order: larger key first, equal keys by smaller row: total, so the result does not depend on how
// rows are visited.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr uint32_t kNoRow = 0xffffffffu;
constexpr double kDoubleMax = 1.7976931348623157e308;

struct TopK {
  double* keys;
  uint32_t* rows;
  size_t k, size;

  HQ_INLINE bool worse(size_t a, size_t b) const {
    return keys[a] < keys[b] || (keys[a] == keys[b] && rows[a] > rows[b]);
  }
  HQ_INLINE void swap(size_t a, size_t b) {
    const double key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
    const uint32_t row = rows[a];
    rows[a] = rows[b];
    rows[b] = row;
  }
  void sift_down(size_t at, size_t n) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
      if (child + 1 < n && worse(child + 1, child)) child++;
      if (!worse(child, at)) return;
      swap(at, child);
    }
  }
  // Keys that are not at least this are no results: worse ones, and -infinity and NaN, which only an overflow
  // makes.
  HQ_INLINE double floor() const { return size == k && k > 0 ? keys[0] : -kDoubleMax; }
  HQ_INLINE void offer(double key, uint32_t row) {
    if (size == k) {
      if (k == 0 || !(key >= keys[0]) || (key == keys[0] && row > rows[0])) return;
      keys[0] = key;
      rows[0] = row;
      sift_down(0, k);
      return;
    }
    if (!(key >= -kDoubleMax)) return;
    size_t at = size++;
    keys[at] = key;
    rows[at] = row;
    for (; at && worse(at, (at - 1) / 2); at = (at - 1) / 2) swap(at, (at - 1) / 2);
  }
  // Sorts best first and marks unused places.
  void finish() {
    for (size_t n = size; n > 1; n--) {
      swap(0, n - 1);
      sift_down(0, n - 1);
    }
    for (size_t i = size; i < k; i++) {
      keys[i] = 0;
      rows[i] = kNoRow;
    }
  }
};

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
