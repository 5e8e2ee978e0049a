// SPDX-License-Identifier: Apache-2.0
import type { IndexReader } from '../search/index-reader.ts';
import { naming } from './failure.ts';
import type { Session } from './session.ts';

/** Reads the whole file and checks every checksum. @throws HadaquantFormatError that names the file and the part */
export async function verifyIndex(reader: IndexReader, path: string, session: Session): Promise<void> {
  const bar = session.progress('verify', reader.bytes, 'bytes');
  try {
    const check = reader.verify((done) => {
      session.signal.throwIfAborted();
      bar.update(done);
    });
    await naming(path, check);
  } finally {
    bar.finish();
  }
}
