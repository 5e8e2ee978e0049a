// SPDX-License-Identifier: Apache-2.0
/** Weights of a TensorFlow.js model: model.json names the tensors, its shards hold them one after another. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './json.mjs';

// Bytes of one number, little-endian; strings and complex numbers are not read here.
const SIZES = { float32: 4, int32: 4, bool: 1 };

/** The float32 tensors in file order: { name, shape, data }. */
export function readWeights(folder) {
  const { weightsManifest } = readJson(join(folder, 'model.json'));
  return weightsManifest.flatMap(({ paths, weights }) => {
    const bytes = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
    const tensors = [];
    let at = 0;
    for (const { name, dtype, shape, quantization } of weights) {
      if (quantization !== undefined || SIZES[dtype] === undefined) {
        throw new Error(`${name} is ${quantization === undefined ? dtype : 'quantized'}, which is not read here`);
      }
      const length = shape.reduce((product, extent) => product * extent, 1);
      if (at + length * SIZES[dtype] > bytes.length) {
        throw new Error(`${name} goes past the end of the shards in ${folder}`);
      }
      if (dtype === 'float32') {
        const start = at;
        tensors.push({ name, shape, data: Float32Array.from({ length }, (_, i) => bytes.readFloatLE(start + 4 * i)) });
      }
      at += length * SIZES[dtype];
    }
    if (at !== bytes.length) {
      throw new Error(`the shards have ${bytes.length} bytes, their tensors ${at}`);
    }
    return tensors;
  });
}
