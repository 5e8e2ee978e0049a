// SPDX-License-Identifier: Apache-2.0
// The textbook transform, in a file of its own so that it is compiled with plain -O3 for the baseline
// instruction set: what a user has without this library.
#include "anchors.h"

namespace bench {

void plain_fwht(float* x, size_t n) {
  for (size_t h = 1; h < n; h *= 2) {
    for (size_t i = 0; i < n; i += 2 * h) {
      for (size_t j = i; j < i + h; j++) {
        const float a = x[j], b = x[j + h];
        x[j] = a + b;
        x[j + h] = a - b;
      }
    }
  }
}

}  // namespace bench
