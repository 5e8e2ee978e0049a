// SPDX-License-Identifier: Apache-2.0
// Which instruction sets this CPU and operating system have. HQ_X86 and HQ_ARM64 say which tiers are compiled
// in.
#include "hadaquant.h"
#include "dispatch/kernels_for.h"

#if defined(HQ_X86) && defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif
#if defined(HQ_ARM64) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(HQ_ARM64) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(HQ_ARM64) && defined(_WIN32)
#include <windows.h>
#endif

namespace hq {
namespace {

struct Row {
  const char* name;
  const KernelTable* kernels;
  const ScanTable* scans;
  bool (*usable)();
};

bool always() { return true; }

#if defined(HQ_X86)
#if defined(_MSC_VER) && !defined(__clang__)
// The registers must also be saved by the operating system: XCR0 bits 1-2 for YMM, 5-7 for ZMM and masks.
bool leaf7(int ebx_mask, unsigned xcr0_mask) {
  int r[4];
  __cpuid(r, 1);
  const bool osxsave = r[2] & 1 << 27, fma = r[2] & 1 << 12;
  if (!osxsave || !fma || (_xgetbv(0) & xcr0_mask) != xcr0_mask) return false;
  __cpuidex(r, 7, 0);
  return (r[1] & ebx_mask) == ebx_mask;
}
bool has_avx2() { return leaf7(1 << 5, 0x6); }
bool has_avx512() { return leaf7(1 << 5 | 1 << 16 | 1 << 17 | 1 << 30 | (int)(1u << 31), 0xE6); }
bool has_avx512icl() {
  int r[4];
  __cpuidex(r, 7, 0);
  const int mask = 1 << 1 | 1 << 8 | 1 << 11;  // VBMI, GFNI, VNNI
  return has_avx512() && (r[2] & mask) == mask;
}
#else
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool has_avx512icl() {
  return has_avx512() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("gfni");
}
#endif
#endif

#if defined(HQ_ARM64)
// The numbers are those of newer system headers than some that this must compile with.
bool has_neondot() {
#if defined(__linux__)
  const unsigned long asimddp = 1ul << 20;  // HWCAP_ASIMDDP
  return getauxval(AT_HWCAP) & asimddp;
#elif defined(__APPLE__)
  int has = 0;
  size_t size = sizeof has;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &size, nullptr, 0) == 0 && has;
#elif defined(_WIN32)
  return IsProcessorFeaturePresent(43);  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
#else
  return false;
#endif
}
#endif

const Row kRows[kIsaCount] = {
    {"scalar", &kernels_scalar, &kernels_scalar.scans, always},
#if defined(HQ_X86)
    {"avx2", &kernels_avx2, &kernels_avx2.scans, has_avx2},
    {"avx512", &kernels_avx512, &kernels_avx512.scans, has_avx512},
    {"avx512icl", &kernels_avx512, &kernels_avx512icl, has_avx512icl},
#else
    {"avx2", nullptr, nullptr, nullptr},
    {"avx512", nullptr, nullptr, nullptr},
    {"avx512icl", nullptr, nullptr, nullptr},
#endif
#if defined(HQ_ARM64)
    {"neon", &kernels_neon, &kernels_neon.scans, always},
    {"neondot", &kernels_neon, &kernels_neondot, has_neondot},
#else
    {"neon", nullptr, nullptr, nullptr},
    {"neondot", nullptr, nullptr, nullptr},
#endif
};

}  // namespace

const KernelTable& kernels_for(Isa isa) { return *kRows[(int)isa].kernels; }
const ScanTable& scans_for(Isa isa) { return *kRows[(int)isa].scans; }
const char* isa_name(Isa isa) { return kRows[(int)isa].name; }
bool isa_usable(Isa isa) { return kRows[(int)isa].kernels && kRows[(int)isa].usable(); }

Isa best_isa() {
  for (int i = kIsaCount - 1; i > 0; i--)
    if (isa_usable((Isa)i)) return (Isa)i;
  return Isa::kScalar;
}

}  // namespace hq
