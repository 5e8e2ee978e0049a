// SPDX-License-Identifier: Apache-2.0
// Scratch memory of one call, last out first: binding/wasm/module.cpp.
#pragma once
#include <stddef.h>

void* malloc(size_t bytes);
void free(void* memory);
