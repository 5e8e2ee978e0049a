// SPDX-License-Identifier: Apache-2.0
/** Writes what plan_files.h reads: plans as the addon gets them, and queries in their int8 forms. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codecPlan, defaultScale } from '../dist/codec/codec.js';
import { codecImage, rotationImage } from '../dist/codec/image.js';
import { indexConfig, indexPlan } from '../dist/search/config.js';
import { queryBlock } from '../dist/search/queries.js';
import { rotationPlan } from '../dist/transform/rotation-plan.js';

const SEED = 1;

/** Any smooth vectors do: the scan does the same work for every query. */
function someVectors(count, dim) {
  return Float32Array.from({ length: count * dim }, (_, i) => Math.sin(i * i + 1));
}

function write(file, ...parts) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat(parts.map((p) => Buffer.from(p.buffer, p.byteOffset, p.byteLength))));
}

export function writeRotation(file, dim) {
  write(file, rotationImage(rotationPlan(dim, SEED)));
}

export function writeCodec(file, { dim, bits, codec = 'eden', grid = null }) {
  const scale = defaultScale(codec);
  write(file, codecImage(codecPlan({ dim, bits, codec, grid, scale, rounds: 'auto', seed: SEED })));
}

/** The plan of an index, and beside it `<file>-queries`. */
export function writeSearch(file, { dim, bits, queries }) {
  const config = indexConfig({ dim, bits, seed: SEED }, null);
  const plan = indexPlan(config);
  write(file, codecImage(plan));
  const { gains, bias, forms } = queryBlock(config, plan, someVectors(queries, dim), 3);
  write(`${file}-queries`, gains, bias, forms);
}
