// SPDX-License-Identifier: Apache-2.0
// Every kernel, in order of dependence, and the tables that export them. Included once by each
// kernels_<isa>.cpp; what is in no table of its own is not compiled.
#pragma once
#include "dispatch/kernel_table.h"
#include "kernels/fwht.inl.h"
#include "kernels/orders.inl.h"
#include "kernels/rotation.inl.h"
#include "kernels/sums.inl.h"
#include "kernels/quantize.inl.h"
#include "kernels/pack.inl.h"
#include "kernels/nearest.inl.h"
#include "kernels/dither.inl.h"
#include "kernels/project.inl.h"
#include "kernels/row.inl.h"
#include "kernels/encode.inl.h"
#include "kernels/decode.inl.h"
#include "kernels/topk.inl.h"
#include "kernels/tile.inl.h"
#include "kernels/scan.inl.h"
#include "kernels/crc32c.inl.h"

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr ScanTable make_scan_table() { return {scan_scratch_bytes, scan}; }

constexpr KernelTable make_table() {
  return {fwht_f32,
          fwht_f64,
          rotate,
          unrotate,
          moments,
          center_rows,
          first_unusable_row,
          max_abs_f32,
          max_abs_f64,
          bucketize,
          lookup,
          project,
          pack,
          unpack,
          encode,
          first_undecodable_row,
          decode,
          accumulate,
          estimate,
          crc32c,
          make_scan_table()};
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq
