// SPDX-License-Identifier: Apache-2.0
import { extname } from 'node:path';

export const VECTOR_FORMATS = ['.npy', '.fvecs'] as const;
export type VectorFormat = (typeof VECTOR_FORMATS)[number];

/** The format of a file by the end of its name, or undefined. */
export function vectorFormat(path: string): VectorFormat | undefined {
  const end = extname(path).toLowerCase();
  return VECTOR_FORMATS.find((format) => format === end);
}
