// SPDX-License-Identifier: Apache-2.0
// The export table. lib/native.ts gives it its types.
#include <napi.h>

#include "calls.h"
#include "scan_parts.h"

namespace {

using namespace hq_binding;

Napi::Value isas(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t n = 0;
  for (int i = 0; i < hq::kIsaCount; i++)
    if (hq::isa_usable((hq::Isa)i)) names.Set(n++, hq::isa_name((hq::Isa)i));
  return names;
}

Napi::Value isa(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), hq::isa_name((hq::Isa)((State*)info.Data())->isa));
}

// True if the instruction set of that name can be used here; this environment then uses it.
Napi::Value set_isa(const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  for (int i = 0; i < hq::kIsaCount; i++) {
    if (name != hq::isa_name((hq::Isa)i) || !hq::isa_usable((hq::Isa)i)) continue;
    ((State*)info.Data())->isa = i;
    return Napi::Boolean::New(info.Env(), true);
  }
  return Napi::Boolean::New(info.Env(), false);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* state = new State{(int)hq::best_isa()};
  env.SetInstanceData<State>(state);
  const auto add = [&](const char* name, napi_callback call) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, state, &function);
    exports.Set(name, Napi::Value(env, function));
  };
  exports.Set("isas", Napi::Function::New(env, isas, "isas"));
  exports.Set("isa", Napi::Function::New(env, isa, "isa", state));
  exports.Set("setIsa", Napi::Function::New(env, set_isa, "setIsa", state));
  add("fwht", call_sync<Fwht>);
  add("rotate", call_sync<Rotate<true>>);
  add("unrotate", call_sync<Rotate<false>>);
  add("moments", call_sync<Moments>);
  add("centerRows", call_sync<CenterRows>);
  add("centerRowsAsync", call_async<CenterRows>);
  add("firstUnusableRow", call_sync<FirstUnusableRow>);
  add("maxAbs", call_sync<MaxAbs>);
  add("encode", call_sync<Encode>);
  add("encodeAsync", call_async<Encode>);
  add("decode", call_sync<Decode>);
  add("decodeAsync", call_async<Decode>);
  add("accumulate", call_sync<Accumulate>);
  add("accumulateAsync", call_async<Accumulate>);
  add("estimate", call_sync<Estimate>);
  add("project", call_sync<Project>);
  add("scan", call_sync<ScanRows>);
  add("scanAsync", call_async<ScanParts>);
  add("crc32c", call_sync<Crc32c>);
  add("bucketize", call_sync<Bucketize>);
  add("lookup", call_sync<Lookup>);
  add("pack", call_sync<Pack<true>>);
  add("unpack", call_sync<Pack<false>>);
  return exports;
}

}  // namespace

NODE_API_MODULE(hadaquant, init)
