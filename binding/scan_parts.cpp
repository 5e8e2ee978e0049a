// SPDX-License-Identifier: Apache-2.0
#include "scan_parts.h"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace hq_binding {

namespace {

// Numbers in shared memory, which JavaScript reads and writes with Atomics.
std::atomic<uint32_t>& shared_number(uint32_t& number) {
  static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "an atomic is its number");
  return reinterpret_cast<std::atomic<uint32_t>&>(number);
}

}  // namespace

void ScanParts::read(Args& args) {
  part_rows_ = args.size(4294967295.0);
  part_queries_ = args.size(4294967295.0);
  turn_ = args.number();
  progress_ = args.array<uint32_t>();
  args.need(args.ok() && part_rows_ > 0 && part_queries_ > 0 && progress_.length == 2);
  if (!args.ok()) return;
  read_scan(args, &image_, &job_, part_rows_, &ranges_);
  parts_ = ranges_ * ((job_.queries + part_queries_ - 1) / part_queries_);
}

hq::Scan ScanParts::part_job(size_t part) const {
  const size_t range = part % ranges_;
  const size_t first = part / ranges_ * part_queries_;
  hq::Scan job = job_;
  job.first_row = job_.first_row + range * part_rows_;
  job.last_row = std::min(job.first_row + part_rows_, job_.last_row);
  job.queries = std::min(part_queries_, job_.queries - first);
  job.forms += first * 3 * job_.form_bytes;
  job.query_bias += first;
  job.gains += first * 6;
  if (job.slacks) job.slacks += first;
  job.rows += (range * job_.queries + first) * job_.k;
  job.keys += (range * job_.queries + first) * job_.k;
  return job;
}

void ScanParts::run() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::atomic<uint32_t>& taken = shared_number(progress_.data[0]);
  std::atomic<uint32_t>& scanned = shared_number(progress_.data[1]);
  do {
    const size_t part = taken++;
    if (part >= parts_) {
      // so that it never wraps round, however often it is asked
      taken = (uint32_t)parts_;
      return;
    }
    done = hq::scan(isa, part_job(part));
    if (!done) return;
    scanned++;
  } while (std::chrono::duration<double, std::milli>(Clock::now() - begin).count() < turn_);
}

}  // namespace hq_binding
