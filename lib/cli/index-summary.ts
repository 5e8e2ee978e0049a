// SPDX-License-Identifier: Apache-2.0
import { backend } from '../backend.ts';
import type { IndexConfig } from '../search/config.ts';
import { formatBytes, formatCount, roundTo } from './report.ts';

/** What `--json` says of an index file. */
export interface IndexSummary {
  rows: number;
  dim: number;
  bits: number;
  codec: string;
  /** Of codec vq; null for the others. */
  grid: string | null;
  metric: string;
  rounds: string | number;
  /** Decimal digits: it may not fit a JSON number. */
  seed: string;
  centered: boolean;
  /** Of the file. */
  bytes: number;
  /** bytes / rows; null without rows. */
  bytesPerVector: number | null;
  /** Compression ratio: how many times as much the vectors take as float32; null without rows. */
  ratio: number | null;
  backend: string;
  isa: string;
}

export function indexSummary(config: IndexConfig, rows: number, bytes: number): IndexSummary {
  const { dim, bits, codec, grid, metric, rounds, seed, center } = config;
  return {
    rows,
    dim,
    bits,
    codec,
    grid,
    metric,
    rounds,
    seed: String(seed),
    centered: center !== null,
    bytes,
    bytesPerVector: rows ? roundTo(bytes / rows, 3) : null,
    ratio: rows ? roundTo((rows * dim * 4) / bytes, 3) : null,
    backend: backend.name,
    isa: backend.isa,
  };
}

/** The same for people: fields for `formatFields`. */
export function summaryFields(summary: IndexSummary): Record<string, string> {
  const { rows, dim, bits, codec, grid, metric, rounds, seed, centered, bytes, bytesPerVector, ratio } = summary;
  const each = rows ? ` (${bytesPerVector} bytes a vector), as float32 ${roundTo(ratio ?? 0, 2)} times as much` : '';
  return {
    vectors: `${formatCount(rows)} x ${dim}`,
    metric: centered ? `${metric}, centered` : metric,
    code: `${codec}${grid ? ` ${grid}` : ''}, ${bits} bit${bits === 1 ? '' : 's'}, rounds ${rounds}, seed ${seed}`,
    size: `${formatBytes(bytes)}${each}`,
  };
}

/** Which kernels worked: native avx2, js. */
export function backendName(): string {
  return backend.name === backend.isa ? backend.name : `${backend.name} ${backend.isa}`;
}
