// SPDX-License-Identifier: Apache-2.0
/** The MNIST digits of the package `mnist`, in an order of our own: the package sorts them by label. */
import { join } from 'node:path';
import { readJson } from './json.mjs';
import { MODULES } from './paths.mjs';
import { shuffle } from './prng.mjs';
import { MNIST } from './sizes.mjs';

const SEED = 28;
const LABELS = 10;

/** `pixels` (rows x 784, 0 to 1) and `labels` (rows, 0 to 9). */
export function mnistDigits() {
  const all = [];
  for (let label = 0; label < LABELS; label++) {
    const { data } = readJson(join(MODULES, 'mnist', 'src', 'digits', `${label}.json`));
    if (data.length % MNIST.dim !== 0) {
      throw new Error(`the ${data.length} pixels of digit ${label} are no images of ${MNIST.dim}`);
    }
    for (let at = 0; at < data.length; at += MNIST.dim) {
      all.push({ label, image: data.slice(at, at + MNIST.dim) });
    }
  }
  if (all.length !== MNIST.rows) {
    throw new Error(`${all.length} digits, ${MNIST.rows} expected`);
  }
  shuffle(all, SEED);

  const pixels = new Float32Array(MNIST.rows * MNIST.dim);
  all.forEach(({ image }, row) => {
    pixels.set(image.map(exactPixel), row * MNIST.dim);
  });
  return { pixels, labels: Uint8Array.from(all, ({ label }) => label) };
}

// The package rounds level / 255 to three decimals, which still tells the 256 levels apart.
function exactPixel(value) {
  const level = Math.round(value * 255);
  if (!(Math.abs(level - value * 255) < 0.13)) {
    throw new Error(`${value} is no pixel`);
  }
  return level / 255;
}
