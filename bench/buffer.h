// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace bench {

// Zeroed memory whose address is 16 mod 64, as V8 places most typed arrays (only small ones land elsewhere),
// or 0 mod 64. Ordinary pages: V8 asks for no large ones.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t count, size_t offset = 16) : block_((char*)malloc(count * sizeof(T) + 128)) {
    if (!block_) abort();
    data_ = (T*)(block_ + (64 - (uintptr_t)block_ % 64) + offset);
    memset((void*)data_, 0, count * sizeof(T));
  }
  ~Buffer() { free(block_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* data() { return data_; }
  T& operator[](size_t i) { return data_[i]; }

 private:
  char* block_;
  T* data_;
};

}  // namespace bench
