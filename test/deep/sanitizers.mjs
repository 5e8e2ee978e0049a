// SPDX-License-Identifier: Apache-2.0
// The workload with AddressSanitizer and UndefinedBehaviorSanitizer in the addon.
import { loadNative } from '../../dist/native.js';
import { buildAddon, expectSameFiles, Skip, sanitizerLibrary, workload } from './commands.mjs';

const FLAGS = '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g';

let place;
function sanitized(isa) {
  if (process.platform !== 'linux') throw new Skip('needs Linux');
  place ??= buildAddon('sanitizers', [`-DCMAKE_CXX_FLAGS=${FLAGS}`, `-DCMAKE_MODULE_LINKER_FLAGS=${FLAGS}`]);
  const env = {
    HADAQUANT_PREBUILD: place,
    HADAQUANT_ISA: isa,
    LD_PRELOAD: `${sanitizerLibrary('libasan.so')} ${sanitizerLibrary('libubsan.so')}`,
    // Node itself never frees some of its memory
    ASAN_OPTIONS: 'detect_leaks=0',
  };
  return expectSameFiles(workload(env), `native ${isa}`);
}

export const checks = (loadNative().backend?.isas() ?? []).map((isa) => ({
  name: `address and undefined-behaviour sanitizers, ${isa}`,
  run: () => sanitized(isa),
}));
