// SPDX-License-Identifier: Apache-2.0
// Ends the program with a message: what these programs do with every error.
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include <string>

namespace bench {

[[noreturn]] inline void fail(const std::string& what) {
  fprintf(stderr, "error: %s\n", what.c_str());
  exit(1);
}
inline void must(bool condition, const char* what) {
  if (!condition) fail(what);
}

}  // namespace bench
