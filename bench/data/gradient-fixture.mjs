// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { options } from './cli.mjs';
import { Mlp } from './mlp.mjs';
import { writeF32 } from './npy.mjs';
import { FIXTURES } from './paths.mjs';
import { shuffle } from './prng.mjs';
import { FIXTURE, USE } from './sizes.mjs';

const SEED = 5218;
const HIDDEN = 10;
/** The most common first words of the glosses: what the perceptron tells apart. */
const LABELS = ['a', 'the', 'an', 'any', 'someone', 'small', 'type', 'genus'];
const BATCH = 50;
const RATE = 0.5;
const RECORDED = [0, 30, 300];

options(`Usage: node gradient-fixture.mjs

Trains a perceptron ${USE.dim}-${HIDDEN}-${LABELS.length} to tell the first word of a gloss from its embedding (test/fixtures) and
writes test/fixtures/gradients.npy: the gradient over all parameters of steps ${RECORDED.join(', ')}.

  -h, --help    this text
`);

/** Numbers of the fixture, from float16. */
function halves(file) {
  const bytes = readFileSync(join(FIXTURES, file));
  const start = 10 + bytes.readUInt16LE(8);
  return Float32Array.from({ length: (bytes.length - start) / 2 }, (_, i) => {
    const bits = bytes.readUInt16LE(start + 2 * i);
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
    return bits & 0x8000 ? -size : size;
  });
}

const embeddings = halves('glosses.npy');
const labels = readFileSync(join(FIXTURES, 'glosses.txt'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((sentence) => LABELS.indexOf(sentence.split(' ', 1)[0]));
const usable = Array.from({ length: FIXTURE.rows }, (_, row) => row).filter((row) => labels[row] >= 0);

const mlp = new Mlp({ inputs: USE.dim, hidden: HIDDEN, outputs: LABELS.length, seed: SEED });
const gradient = new Float64Array(mlp.size);
const rows = [];
let order = [];
for (let step = 0; step <= RECORDED.at(-1); step++) {
  if (order.length < BATCH) order = shuffle([...usable], SEED + step);
  const batch = order.splice(0, BATCH);
  const loss = mlp.lossAndGradient(
    batch.map((row) => embeddings.subarray(row * USE.dim, (row + 1) * USE.dim)),
    batch.map((row) => labels[row]),
    gradient,
  );
  if (RECORDED.includes(step)) {
    rows.push(...gradient);
    process.stderr.write(`gradient-fixture: step ${step}, loss ${loss.toFixed(3)}\n`);
  }
  mlp.step(gradient, RATE);
}
writeF32(join(FIXTURES, 'gradients.npy'), Float32Array.from(rows), RECORDED.length, mlp.size);
process.stderr.write(`gradient-fixture: ${RECORDED.length} rows of ${mlp.size} written\n`);
