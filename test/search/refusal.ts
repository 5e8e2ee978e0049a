// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { FlatIndex } from '../../lib/search/flat-index.ts';

function textOf(error: unknown): string {
  return error instanceof HadaquantFormatError ? error.message : `wrong class: ${error}`;
}

/**
 * The message with which `open` refuses a file of these bytes, or 'opened'. `fromBytes` must say the same. `refused` runs
 * after each refusal.
 */
export async function refusal(path: string, bytes: Uint8Array, refused: () => void = () => undefined): Promise<string> {
  await writeFile(path, bytes);
  const ofFile = await FlatIndex.open(path).then(
    () => 'opened',
    (error: unknown) => {
      refused();
      return textOf(error);
    },
  );
  let ofBytes = 'opened';
  try {
    FlatIndex.fromBytes(bytes);
  } catch (error) {
    refused();
    ofBytes = textOf(error);
  }
  expect(ofBytes).toBe(ofFile);
  return ofFile;
}
