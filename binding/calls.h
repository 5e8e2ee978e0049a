// SPDX-License-Identifier: Apache-2.0
// The two ways to call an operation: at once, or on the thread pool behind a promise.
#pragma once
#include "functions.h"

namespace hq_binding {

constexpr const char* kBadArguments = "hadaquant: native call with inconsistent arguments";
constexpr const char* kNotStarted = "hadaquant: work could not be queued";
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

// An operation on the thread pool. It keeps the argument arrays alive until it is done; their memory is safe
// because lib/ passes only arrays that nobody else can detach or resize (lib/async.ts).
//
// Written in plain Node-API on purpose: when a worker is terminated any call into JavaScript can fail, at any
// moment. Here a failure is a status that nobody needs; node-addon-api would throw, also out of its own
// handlers, and end the process.
template <class Op>
class AsyncCall {
 public:
  // The promise, or null if the environment is ending.
  static napi_value start(const Args& args, const Op& op) {
    const napi_env env = args.env();
    auto* call = new AsyncCall(op);
    napi_value promise = nullptr, held, name;
    if (napi_create_promise(env, &call->deferred_, &promise) == napi_ok &&
        napi_create_array_with_length(env, args.count(), &held) == napi_ok && hold(env, held, args) &&
        napi_create_reference(env, held, 1, &call->held_) == napi_ok &&
        napi_create_string_utf8(env, "hadaquant", NAPI_AUTO_LENGTH, &name) == napi_ok &&
        napi_create_async_work(env, nullptr, name, execute, complete, call, &call->work_) == napi_ok) {
      if (napi_queue_async_work(env, call->work_) == napi_ok) return promise;
      napi_delete_async_work(env, call->work_);
    }
    if (call->held_) napi_delete_reference(env, call->held_);
    delete call;
    return nullptr;
  }

 private:
  explicit AsyncCall(const Op& op) : op_(op) {}

  static bool hold(napi_env env, napi_value array, const Args& args) {
    for (size_t i = 0; i < args.count(); i++)
      if (napi_set_element(env, array, (uint32_t)i, args.values()[i]) != napi_ok) return false;
    return true;
  }

  static void execute(napi_env, void* data) { ((AsyncCall*)data)->op_.run(); }

  static void complete(napi_env env, napi_status, void* data) {
    auto* call = (AsyncCall*)data;
    napi_value value, text;
    if (call->op_.done) {
      if (napi_create_double(env, call->op_.result(), &value) == napi_ok)
        napi_resolve_deferred(env, call->deferred_, value);
    } else if (napi_create_string_utf8(env, kOutOfMemory, NAPI_AUTO_LENGTH, &text) == napi_ok &&
               napi_create_error(env, nullptr, text, &value) == napi_ok) {
      napi_reject_deferred(env, call->deferred_, value);
    }
    napi_delete_reference(env, call->held_);
    napi_delete_async_work(env, call->work_);
    delete call;
  }

  Op op_;
  napi_deferred deferred_ = nullptr;
  napi_ref held_ = nullptr;
  napi_async_work work_ = nullptr;
};

template <class Op>
napi_value call_async(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Op op;
  if (!read_operation(args, &op)) {
    napi_throw_error(env, nullptr, kBadArguments);
    return nullptr;
  }
  const napi_value promise = AsyncCall<Op>::start(args, op);
  if (!promise) napi_throw_error(env, nullptr, kNotStarted);
  return promise;
}

}  // namespace hq_binding
