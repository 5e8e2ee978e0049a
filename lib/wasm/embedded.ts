// SPDX-License-Identifier: Apache-2.0
/** The module compiled from its bytes, which the package's code holds: no file has to be found. */
import type { WasmApi } from './memory.ts';
import { MODULE } from './module.ts';

/** Throws where WebAssembly or its SIMD instructions are missing or denied. */
export function wasmModule(): object {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (!api) throw new Error('WebAssembly is not defined');
  const text = atob(MODULE);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new api.Module(bytes);
}
