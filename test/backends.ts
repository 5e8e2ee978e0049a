// SPDX-License-Identifier: Apache-2.0
/** Every backend variant that this machine can run: the JavaScript kernels, WebAssembly, and the addon at each instruction set. */
import { afterAll, beforeEach, describe } from 'vitest';
import { kernels, useBackend } from '../lib/backend.ts';
import { jsBackend } from '../lib/js/index.ts';
import { loadNative } from '../lib/native.ts';
import { loadWasm } from '../lib/wasm.ts';

export interface Variant {
  readonly name: string;
  /** Makes it the backend in use. */
  use(): void;
}

const native = loadNative().backend;
const wasm = loadWasm().backend;
const chosen = kernels();
const chosenIsa = native?.isa;

export const variants: readonly Variant[] = [
  { name: 'js', use: () => useBackend(jsBackend) },
  ...(wasm ? [{ name: 'wasm simd128', use: () => useBackend(wasm) }] : []),
  ...(native?.isas() ?? []).map((isa) => ({
    name: `native ${isa}`,
    use: () => {
      if (!native?.setIsa(isa)) throw new Error(`the addon listed ${isa}, but refuses it`);
      useBackend(native);
    },
  })),
];

export const hasNative: boolean = native !== undefined;
/** What HADAQUANT_BACKEND can ask for here, the best first. */
export const backendNames: readonly string[] = [...(native ? ['native'] : []), ...(wasm ? ['wasm'] : []), 'js'];

/** Back to the backend that the process chose at its start. */
export function restoreBackend(): void {
  if (native && chosenIsa) native.setIsa(chosenIsa);
  useBackend(chosen);
}

/** A `describe` block for each variant, which is in use while its tests run. */
export function forEachBackend(name: string, fn: (variant: Variant) => void): void {
  describe.each(variants)(`${name} ($name)`, (variant) => {
    beforeEach(() => variant.use());
    afterAll(restoreBackend);
    fn(variant);
  });
}

/** What `fn` gives on every variant, in order; the first is JavaScript. */
export function onEveryBackend<T>(fn: (variant: Variant) => T): { name: string; value: T }[] {
  try {
    return variants.map((variant) => {
      variant.use();
      return { name: variant.name, value: fn(variant) };
    });
  } finally {
    restoreBackend();
  }
}
