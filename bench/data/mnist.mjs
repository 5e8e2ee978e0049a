// SPDX-License-Identifier: Apache-2.0
import { FORCE, makeSet, npmPackage } from './cache.mjs';
import { options } from './cli.mjs';
import { mnistDigits } from './digits.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { MNIST } from './sizes.mjs';

const { force } = options(
  `Usage: node mnist.mjs [--force]

Writes cache/mnist-${MNIST.dim}.npy: ${MNIST.rows} MNIST digits, pixels from 0 to 1, and their labels
in .txt.

  -f, --force   make it again
  -h, --help    this text
`,
  FORCE,
);

await makeSet(
  {
    name: `mnist-${MNIST.dim}`,
    endings: ['npy', 'txt'],
    source: `MNIST handwritten digits (LeCun, Cortes, Burges), pixels / 255, from ${npmPackage('mnist')}, shuffled`,
    force,
  },
  (pathOf) => {
    const { pixels, labels } = mnistDigits();
    writeF32(pathOf('npy'), pixels, MNIST.rows, MNIST.dim);
    writeLines(pathOf('txt'), [...labels].map(String));
    return `${MNIST.rows} rows of ${MNIST.dim}`;
  },
);
