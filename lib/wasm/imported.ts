// SPDX-License-Identifier: Apache-2.0
/** The module as an import that the runtime has compiled: workerd refuses to compile from bytes. */
import module from './hadaquant.wasm';

export function wasmModule(): object {
  return module;
}
