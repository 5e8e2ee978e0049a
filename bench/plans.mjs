// SPDX-License-Identifier: Apache-2.0
/** The plans that kernels_bench reads. */
import path from 'node:path';
import { writeCodec, writeRotation, writeSearch } from './plan_files.mjs';

export function writePlans(folder) {
  for (const dim of [768, 1024, 1536, 2048, 3072, 4096]) writeRotation(path.join(folder, `rotation-${dim}`), dim);
  writeCodec(path.join(folder, 'codec-1024'), { dim: 1024, bits: 4 });
  writeSearch(path.join(folder, 'scan-768'), { dim: 768, bits: 4, queries: 1 });
}
