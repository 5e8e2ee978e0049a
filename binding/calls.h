// SPDX-License-Identifier: Apache-2.0
// The two ways to call an operation: at once, or on the thread pool behind a promise.
#pragma once
#include <napi.h>

#include <utility>

#include "functions.h"

namespace hq_binding {

constexpr const char* kBadArguments = "hadaquant: native call with inconsistent arguments";
constexpr const char* kOutOfMemory = "hadaquant: out of memory";

template <class Op>
bool read_operation(Args& args, Op* op) {
  op->isa = (hq::Isa)args.state().isa;
  op->read(args);
  return args.ok();
}

template <class Op>
napi_value call_sync(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Op op;
  if (!read_operation(args, &op)) {
    napi_throw_error(env, nullptr, kBadArguments);
    return nullptr;
  }
  op.run();
  if (!op.done) {
    napi_throw_error(env, nullptr, kOutOfMemory);
    return nullptr;
  }
  napi_value result;
  napi_create_double(env, op.result(), &result);
  return result;
}

// Keeps the argument arrays alive until the work is done. Their memory is safe because lib/ passes only
// arrays that nobody else can detach or resize (lib/async.ts).
template <class Op>
class Work : public Napi::AsyncWorker {
 public:
  Work(Napi::Env env, const Args& args, const Op& op)
      : Napi::AsyncWorker(env, "hadaquant"), deferred_(env), op_(op) {
    Napi::Array held = Napi::Array::New(env, args.count());
    for (size_t i = 0; i < args.count(); i++) held.Set((uint32_t)i, Napi::Value(env, args.values()[i]));
    held_ = Napi::Persistent(held.As<Napi::Object>());
  }
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    op_.run();
    if (!op_.done) SetError(kOutOfMemory);
  }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), op_.result())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference held_;
  Op op_;
};

template <class Op>
napi_value call_async(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Op op;
  if (!read_operation(args, &op)) {
    napi_throw_error(env, nullptr, kBadArguments);
    return nullptr;
  }
  auto* work = new Work<Op>(Napi::Env(env), args, op);
  const Napi::Promise promise = work->promise();
  work->Queue();
  return promise;
}

}  // namespace hq_binding
