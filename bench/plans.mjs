// SPDX-License-Identifier: Apache-2.0
/** Writes what kernels_bench reads: plan images as the addon gets them, and one query in its int8 forms. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codecPlan } from '../dist/codec/codec.js';
import { codecImage, rotationImage } from '../dist/codec/image.js';
import { indexConfig, indexPlan } from '../dist/search/config.js';
import { queryBlock } from '../dist/search/queries.js';
import { rotationPlan } from '../dist/transform/rotation-plan.js';

const SEED = 1;
const ROTATIONS = [768, 1024, 1536, 2048, 3072, 4096];
const CODEC_DIM = 1024;
const SCAN_DIM = 768;
const BITS = 4;

/** Any smooth vector does: the scan takes the same time for every query. */
function someVector(dim) {
  return Float32Array.from({ length: dim }, (_, i) => Math.sin(i * i + 1));
}

export function writePlans(folder) {
  mkdirSync(folder, { recursive: true });
  const write = (name, ...parts) =>
    writeFileSync(
      path.join(folder, name),
      Buffer.concat(parts.map((p) => Buffer.from(p.buffer, p.byteOffset, p.byteLength))),
    );
  for (const dim of ROTATIONS) write(`rotation-${dim}`, rotationImage(rotationPlan(dim, SEED)));
  const codec = {
    dim: CODEC_DIM,
    bits: BITS,
    codec: 'eden',
    grid: null,
    scale: 'unbiased',
    rounds: 'auto',
    seed: SEED,
  };
  write(`codec-${CODEC_DIM}`, codecImage(codecPlan(codec)));
  const config = indexConfig({ dim: SCAN_DIM, bits: BITS, seed: SEED }, null);
  const plan = indexPlan(config);
  write(`scan-${SCAN_DIM}`, codecImage(plan));
  const { gains, bias, forms } = queryBlock(config, plan, someVector(SCAN_DIM), 3);
  write(`query-${SCAN_DIM}`, gains, bias, forms);
}
