// SPDX-License-Identifier: Apache-2.0
// The WebAssembly module: the operations of binding/functions.h on arrays in linear memory. A call takes its
// arguments from the slots and leaves its result in the first; lib/wasm/memory.ts places arrays and says
// where scratch memory may begin. Nothing is imported.
#include <stdlib.h>

#include "../../cpp/dispatch/kernels_for.h"
#include "../functions.h"

namespace {

using namespace hq_binding;

enum Status { kDone = 0, kBadArguments = 1, kOutOfMemory = 2 };

Slot slots[kMaxArgs];
uintptr_t scratch;  // first free byte

template <class Op>
int call(uint32_t count, uint32_t scratch_start) {
  if (count > kMaxArgs) return kBadArguments;
  scratch = scratch_start;
  Args args(slots, count);
  Op op;
  op.read(args);
  if (!args.ok()) return kBadArguments;
  op.run();
  if (!op.done) return kOutOfMemory;
  slots[0].number = op.result();
  return kDone;
}

// Decode and its like write nothing if a row cannot be decoded; work in parts looks at all rows first.
struct FirstUndecodableRow : CodecOperation {
  size_t bad;
  void read(Args& args) {
    const Array<uint8_t> bytes = args.array<uint8_t>();
    args.need(args.ok() && read_image(bytes, &image));
    rows = (size_t)args.size(4294967295.0);
    if (!args.ok()) return;
    read_columns(args);
    check_outliers(args);
  }
  void run() { bad = hq::kernels_for(isa).first_undecodable_row(image.codec, columns, rows); }
  double result() const { return bad == rows ? -1 : (double)bad; }
};

}  // namespace

// The one instruction set that a module has, whatever is asked for.
const hq::KernelTable& hq::kernels_for(hq::Isa) { return hq::kernels_wasm; }
const hq::ScanTable& hq::scans_for(hq::Isa) { return hq::kernels_wasm.scans; }

void* malloc(size_t bytes) {
  constexpr uint64_t kPage = 65536;
  const uint64_t end = (uint64_t)scratch + bytes, size = __builtin_wasm_memory_size(0) * kPage;
  if (end > size) {
    const uint64_t pages = (end - size + kPage - 1) / kPage;
    if (pages > 65535 || __builtin_wasm_memory_grow(0, (size_t)pages) == (size_t)-1) return nullptr;
  }
  void* memory = (void*)scratch;
  scratch = (uintptr_t)end;
  return memory;
}

void free(void* memory) {
  if (memory) scratch = (uintptr_t)memory;
}

#define HQ_EXPORT(name, ...)                                                                       \
  extern "C" __attribute__((export_name(name))) int HQ_JOIN(hq_export_, __LINE__)(uint32_t count,  \
                                                                                  uint32_t from) { \
    return call<__VA_ARGS__>(count, from);                                                         \
  }
#define HQ_JOIN(a, b) HQ_JOIN_AGAIN(a, b)
#define HQ_JOIN_AGAIN(a, b) a##b

extern "C" __attribute__((export_name("slots"))) Slot* hq_slots() { return slots; }
HQ_EXPORT("fwht", Fwht)
HQ_EXPORT("rotate", Rotate<true>)
HQ_EXPORT("unrotate", Rotate<false>)
HQ_EXPORT("moments", Moments)
HQ_EXPORT("centerRows", CenterRows)
HQ_EXPORT("firstUnusableRow", FirstUnusableRow)
HQ_EXPORT("maxAbs", MaxAbs)
HQ_EXPORT("encode", Encode)
HQ_EXPORT("firstUndecodableRow", FirstUndecodableRow)
HQ_EXPORT("decode", Decode)
HQ_EXPORT("accumulate", Accumulate)
HQ_EXPORT("estimate", Estimate)
HQ_EXPORT("project", Project)
HQ_EXPORT("scan", ScanRows)
HQ_EXPORT("crc32c", Crc32c)
HQ_EXPORT("bucketize", Bucketize)
HQ_EXPORT("lookup", Lookup)
HQ_EXPORT("pack", Pack<true>)
HQ_EXPORT("unpack", Pack<false>)
