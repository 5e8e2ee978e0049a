// SPDX-License-Identifier: Apache-2.0
/** The codecs beyond EDEN and DRIVE that an index can have. */
import type { IndexOptions } from '../../lib/search/config.ts';
import { CODEC_CASES, type CodecCase, FEW_CASES } from '../codec-cases.ts';

export { titled } from '../codec-cases.ts';

export type IndexCase = CodecCase & { readonly codec: Exclude<CodecCase['codec'], 'quicfl'> };

const ofFixedSize = (c: CodecCase): c is IndexCase => c.codec !== 'quicfl';
export const INDEX_CASES: readonly IndexCase[] = CODEC_CASES.filter(ofFixedSize);
export const FEW_INDEX_CASES: readonly IndexCase[] = FEW_CASES.filter(ofFixedSize);

export function indexOptions({ codec, bits, grid }: IndexCase, dim: number): IndexOptions {
  return { dim, bits, codec, ...(grid ? { grid } : {}) };
}
