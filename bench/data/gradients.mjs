// SPDX-License-Identifier: Apache-2.0
import { FORCE, makeSet, npmPackage } from './cache.mjs';
import { options } from './cli.mjs';
import { mnistDigits } from './digits.mjs';
import { Mlp } from './mlp.mjs';
import { writeF32, writeLines } from './npy.mjs';
import { shuffle } from './prng.mjs';
import { GRADIENTS, MNIST } from './sizes.mjs';

const SEED = 101770;
const HIDDEN = 128;
const LABELS = 10;
const TRAIN = 9000; // the other digits are the test set
const BATCH = 50;
const EPOCHS = 10;
const RATE = 0.2;

const BATCHES = TRAIN / BATCH;
const STEPS = EPOCHS * BATCHES;
const NAME = `gradients-${GRADIENTS.dim}`;

const { force } = options(
  `Usage: node gradients.mjs [--force]

Trains a perceptron ${MNIST.dim}-${HIDDEN}-${LABELS} on ${TRAIN} MNIST digits, ${EPOCHS} epochs of ${BATCHES} batches of ${BATCH},
plain gradient descent, and writes cache/${NAME}.npy: the gradient over all
parameters of ${GRADIENTS.rows} of the ${STEPS} steps, more of the early ones; .txt says which.

  -f, --force   make it again
  -h, --help    this text
`,
  FORCE,
);

/** GRADIENTS.rows different steps from the first to the last, with gaps that grow evenly. */
function recordedSteps() {
  const last = GRADIENTS.rows - 1;
  return Array.from({ length: GRADIENTS.rows }, (_, i) => i + Math.round((STEPS - 1 - last) * (i / last) ** 2));
}

function train() {
  const digits = mnistDigits();
  const images = Array.from({ length: MNIST.rows }, (_, row) =>
    digits.pixels.subarray(row * MNIST.dim, (row + 1) * MNIST.dim),
  );
  const mlp = new Mlp({ inputs: MNIST.dim, hidden: HIDDEN, outputs: LABELS, seed: SEED });
  if (mlp.size !== GRADIENTS.dim) {
    throw new Error(`${mlp.size} parameters, ${GRADIENTS.dim} expected`);
  }

  const recorded = new Set(recordedSteps());
  const rows = new Float32Array(GRADIENTS.rows * GRADIENTS.dim);
  const lines = [];
  const gradient = new Float64Array(mlp.size);
  const started = Date.now();
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffle(
      Array.from({ length: TRAIN }, (_, i) => i),
      SEED + 1 + epoch,
    );
    let sum = 0;
    for (let batch = 0; batch < BATCHES; batch++) {
      const step = epoch * BATCHES + batch;
      const ids = order.slice(batch * BATCH, (batch + 1) * BATCH);
      const loss = mlp.lossAndGradient(
        ids.map((id) => images[id]),
        ids.map((id) => digits.labels[id]),
        gradient,
      );
      if (recorded.has(step)) {
        rows.set(gradient, lines.length * GRADIENTS.dim);
        lines.push(`step ${step} epoch ${epoch} loss ${loss.toFixed(4)}`);
      }
      mlp.step(gradient, RATE);
      sum += loss;
    }
    const right = images.slice(TRAIN).filter((image, i) => mlp.classify(image) === digits.labels[TRAIN + i]).length;
    const percent = (100 * right) / (MNIST.rows - TRAIN);
    process.stderr.write(
      `gradients: epoch ${epoch + 1} of ${EPOCHS}, mean loss ${(sum / BATCHES).toFixed(4)}, ` +
        `${percent.toFixed(1)} % of the test digits right, ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
    );
  }
  return { rows, lines };
}

await makeSet(
  {
    name: NAME,
    endings: ['npy', 'txt'],
    source:
      `mini-batch gradients of a perceptron ${MNIST.dim}-${HIDDEN}-${LABELS} (ReLU, softmax cross-entropy), ` +
      `trained by gradients.mjs on the MNIST digits of ${npmPackage('mnist')}`,
    force,
  },
  (pathOf) => {
    const { rows, lines } = train();
    writeF32(pathOf('npy'), rows, GRADIENTS.rows, GRADIENTS.dim);
    writeLines(pathOf('txt'), lines);
    return `${GRADIENTS.rows} rows of ${GRADIENTS.dim}`;
  },
);
