// SPDX-License-Identifier: Apache-2.0
// Reads the arguments of a native call. lib/check.ts has told the user already what is wrong; what is checked
// here is only what memory safety needs, so the messages are for us. One napi_get_typedarray_info an array:
// the hot calls are shorter than a second one.
#pragma once
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include "array.h"

namespace hq_binding {

// The instruction set that this environment (main thread or worker) uses.
struct State {
  int isa;
};

template <class T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr napi_typedarray_type value = napi_float32_array;
};
template <>
struct TypeOf<double> {
  static constexpr napi_typedarray_type value = napi_float64_array;
};
template <>
struct TypeOf<uint8_t> {
  static constexpr napi_typedarray_type value = napi_uint8_array;
};
template <>
struct TypeOf<int8_t> {
  static constexpr napi_typedarray_type value = napi_int8_array;
};
template <>
struct TypeOf<uint32_t> {
  static constexpr napi_typedarray_type value = napi_uint32_array;
};

constexpr size_t kMaxArgs = 21;

class Args {
 public:
  Args(napi_env env, napi_callback_info info) : env_(env) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, (void**)&state_);
  }

  napi_env env() const { return env_; }
  State& state() const { return *state_; }
  size_t count() const { return count_; }
  const napi_value* values() const { return values_; }
  bool ok() const { return ok_; }
  // A condition that the callers in lib/ guarantee; false makes the call throw.
  void need(bool condition) { ok_ = ok_ && condition; }

  template <class T>
  Array<T> array() {
    Array<T> a;
    napi_typedarray_type type;
    void* data = nullptr;
    const bool is_array = next_ < count_ && napi_get_typedarray_info(env_, values_[next_], &type, &a.length,
                                                                     &data, nullptr, nullptr) == napi_ok;
    next_++;
    need(is_array && type == TypeOf<T>::value);
    if (ok_) a.data = (T*)data;
    return a;
  }
  // The same, or nothing for null.
  template <class T>
  Array<T> optional_array() {
    napi_valuetype type = napi_undefined;
    if (next_ < count_) napi_typeof(env_, values_[next_], &type);
    if (type != napi_null && type != napi_undefined) return array<T>();
    next_++;
    return {};
  }
  // True if the next argument is a Float64Array (it stays the next).
  bool next_is_f64() {
    napi_typedarray_type type = napi_uint8_array;
    if (next_ < count_)
      napi_get_typedarray_info(env_, values_[next_], &type, nullptr, nullptr, nullptr, nullptr);
    return type == napi_float64_array;
  }
  double number() {
    double v = 0;
    need(next_ < count_ && napi_get_value_double(env_, values_[next_], &v) == napi_ok);
    next_++;
    return v;
  }
  // A whole number from 0 to limit.
  size_t size(double limit = 9007199254740991.0) {
    const double v = number();
    need(v >= 0 && v <= limit && v == (double)(uint64_t)v);
    return ok_ ? (size_t)v : 0;
  }

 private:
  napi_env env_;
  State* state_ = nullptr;
  napi_value values_[kMaxArgs];
  size_t count_ = kMaxArgs;
  size_t next_ = 0;
  bool ok_ = true;
};

}  // namespace hq_binding
