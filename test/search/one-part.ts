// SPDX-License-Identifier: Apache-2.0
import { kernels, type ScanJob, type ScanParts, useBackend } from '../../lib/backend.ts';

/** A search whose calls to the backend do one part each: one as small as those of tests would end in the first turn. */
export async function onePartACall<T>(search: () => Promise<T>, call = (done: Promise<void>) => done): Promise<T> {
  const real = kernels();
  const scanAsync = (job: ScanJob, parts: ScanParts) => call(real.scanAsync(job, { ...parts, turn: 0 }));
  useBackend({ ...real, scanAsync });
  try {
    return await search();
  } finally {
    useBackend(real);
  }
}
