// SPDX-License-Identifier: Apache-2.0
// A scan that several threads share: each takes the next part until none is left or its turn is over. A
// thread that came back for every part would be put beside another on one core again and again, and wait
// there; one that stayed for all of a long search would keep the pool's threads from everybody else.
#pragma once
#include "functions.h"

namespace hq_binding {

class ScanParts : public Operation {
 public:
  void read(Args& args);
  void run();
  double result() const { return 0; }

 private:
  hq::Scan part_job(size_t part) const;

  Image image_;
  hq::Scan job_;
  size_t part_rows_, part_queries_;
  size_t ranges_, parts_;
  double turn_;               // milliseconds
  Array<uint32_t> progress_;  // shared by all threads: parts taken, parts done
};

}  // namespace hq_binding
