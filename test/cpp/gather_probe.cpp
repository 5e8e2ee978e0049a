// SPDX-License-Identifier: Apache-2.0
// Prints the registers that give wrong values when a gather takes its index from them: none on a CPU.
// QEMU 7.2 takes ymm4, whose number means "no index" in instructions of other kinds, for no index.
#include <stdio.h>

namespace {

alignas(32) const float kTable[8] = {1, 2, 3, 4, 5, 6, 7, 8};
alignas(32) const int kIndex[8] = {7, 6, 5, 4, 3, 2, 1, 0};

void probe(const char* name, void (*gather)(float*)) {
  float gathered[8];
  gather(gathered);
  bool right = true;
  for (int i = 0; i < 8; i++) right = right && gathered[i] == kTable[kIndex[i]];
  if (!right) printf("%s\n", name);
}

}  // namespace

// Index, mask and target must be three different registers.
#define PROBE(index, mask, target)                                           \
  probe(#index, [](float* out) {                                             \
    asm volatile("vmovdqa %1, %%" #index                                     \
                 "\n"                                                        \
                 "vpcmpeqd %%" #mask ", %%" #mask ", %%" #mask               \
                 "\n"                                                        \
                 "vxorps %%" #target ", %%" #target ", %%" #target           \
                 "\n"                                                        \
                 "vgatherdps %%" #mask ", (%2, %%" #index ", 4), %%" #target \
                 "\n"                                                        \
                 "vmovups %%" #target ", (%0)\n"                             \
                 :                                                           \
                 : "r"(out), "m"(kIndex), "r"(kTable)                        \
                 : "memory", #index, #mask, #target);                        \
  })

int main() {
  PROBE(ymm0, ymm1, ymm2);
  PROBE(ymm1, ymm2, ymm3);
  PROBE(ymm2, ymm3, ymm4);
  PROBE(ymm3, ymm4, ymm5);
  PROBE(ymm4, ymm5, ymm6);
  PROBE(ymm5, ymm6, ymm7);
  PROBE(ymm6, ymm7, ymm8);
  PROBE(ymm7, ymm8, ymm9);
  PROBE(ymm8, ymm9, ymm10);
  PROBE(ymm9, ymm10, ymm11);
  PROBE(ymm10, ymm11, ymm12);
  PROBE(ymm11, ymm12, ymm13);
  PROBE(ymm12, ymm13, ymm14);
  PROBE(ymm13, ymm14, ymm15);
  PROBE(ymm14, ymm15, ymm0);
  PROBE(ymm15, ymm0, ymm1);
}
