// SPDX-License-Identifier: Apache-2.0
// Reads the arguments of a call into the WebAssembly module: the same interface as binding/args.h, over slots
// that lib/wasm/memory.ts fills. Arrays lie in linear memory.
#pragma once
#include "../array.h"

namespace hq_binding {

struct Slot {
  uint32_t kind;
  uint32_t address;
  double number;  // or the length of the array
};
constexpr size_t kMaxArgs = 20;

constexpr uint32_t kNull = 0, kNumber = 1;
template <class T>
struct KindOf;
template <>
struct KindOf<float> {
  static constexpr uint32_t value = 2;
};
template <>
struct KindOf<double> {
  static constexpr uint32_t value = 3;
};
template <>
struct KindOf<uint8_t> {
  static constexpr uint32_t value = 4;
};
template <>
struct KindOf<int8_t> {
  static constexpr uint32_t value = 5;
};
template <>
struct KindOf<uint32_t> {
  static constexpr uint32_t value = 6;
};

class Args {
 public:
  Args(const Slot* slots, size_t count) : slots_(slots), count_(count) {}

  bool ok() const { return ok_; }
  void need(bool condition) { ok_ = ok_ && condition; }

  template <class T>
  Array<T> array() {
    const Slot slot = next();
    need(slot.kind == KindOf<T>::value && inside_memory(slot.address, slot.number * sizeof(T)));
    if (!ok_) return {};
    Array<T> a;
    a.data = (T*)slot.address;
    a.length = (size_t)slot.number;
    return a;
  }
  template <class T>
  Array<T> optional_array() {
    if (next_ < count_ && slots_[next_].kind != kNull) return array<T>();
    next_++;
    return {};
  }
  bool next_is_f64() const { return next_ < count_ && slots_[next_].kind == KindOf<double>::value; }
  double number() {
    const Slot slot = next();
    need(slot.kind == kNumber);
    return slot.number;
  }
  // Not size_t: the index of a row can be larger than an address.
  uint64_t size(double limit = 9007199254740991.0) {
    const double v = number();
    need(v >= 0 && v <= limit && v == (double)(uint64_t)v);
    return ok_ ? (uint64_t)v : 0;
  }

 private:
  Slot next() { return next_ < count_ ? slots_[next_++] : Slot{}; }
  static bool inside_memory(uint32_t address, double bytes) {
    return bytes >= 0 && address + bytes <= __builtin_wasm_memory_size(0) * 65536.0;
  }

  const Slot* slots_;
  size_t count_;
  size_t next_ = 0;
  bool ok_ = true;
};

}  // namespace hq_binding
