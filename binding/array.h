// SPDX-License-Identifier: Apache-2.0
// A typed array that a call was given.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace hq_binding {

template <class T>
struct Array {
  T* data = nullptr;
  size_t length = 0;
  explicit operator bool() const { return data != nullptr; }
};

}  // namespace hq_binding
