// SPDX-License-Identifier: Apache-2.0
// What the program was compiled with, and the instruction sets of the machine it runs on.
#pragma once
#include <string.h>

#include <string>

#include "fail.h"
#include "hadaquant.h"

namespace bench {

// Name and version, such as "gcc 12.2.0".
inline std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#elif defined(_MSC_VER)
  return "MSVC " + std::to_string(_MSC_VER);
#else
  return "unknown";
#endif
}

// The instruction set of that name; ends the program if this machine cannot run it.
inline hq::Isa isa_of(const char* name) {
  for (int i = 0; i < hq::kIsaCount; i++)
    if (hq::isa_usable((hq::Isa)i) && !strcmp(name, hq::isa_name((hq::Isa)i))) return (hq::Isa)i;
  fail(std::string("this machine cannot run ") + name);
}

}  // namespace bench
