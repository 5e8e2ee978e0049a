// SPDX-License-Identifier: Apache-2.0
/** The training example on a small synthetic data set, without its own packages: all of it but MNIST and the network. */
import { describe, expect, it } from 'vitest';
import { InProcessRoom } from '../../examples/federated-mnist/links/in-process.mjs';
import { packetLoss } from '../../examples/federated-mnist/loss.mjs';
import { initialParameters, Mlp, parameterCount } from '../../examples/federated-mnist/mlp.mjs';
import { MODES } from '../../examples/federated-mnist/modes.mjs';
import { readOptions, runsOf, UsageError } from '../../examples/federated-mnist/options.mjs';
import { renderPage } from '../../examples/federated-mnist/page/page.mjs';
import { uniforms } from '../../examples/federated-mnist/random.mjs';
import { RunLog } from '../../examples/federated-mnist/run.mjs';
import { resultRows } from '../../examples/federated-mnist/table.mjs';
import { trainWorker } from '../../examples/federated-mnist/trainer.mjs';

const SHAPE = { inputs: 64, hidden: 32, outputs: 4 };
const WORKERS = 4;
const ROUNDS = 60;
const SETTINGS = { rounds: ROUNDS, workers: WORKERS, batch: 16, rate: 0.1, momentum: 0.9, evaluateEvery: 20 };

/** Images of a bright quarter, the label, on noise; two in five pixels are 0. */
function digits(count: number, seed: number) {
  const next = uniforms(seed);
  const labels = Uint8Array.from({ length: count }, () => Math.floor(SHAPE.outputs * next()));
  const quarter = SHAPE.inputs / SHAPE.outputs;
  const pixels = Uint8Array.from({ length: count * SHAPE.inputs }, (_, i) => {
    const inside = Math.floor((i % SHAPE.inputs) / quarter) === labels[Math.floor(i / SHAPE.inputs)];
    return next() < 0.4 ? 0 : (inside ? 145 : 50) + 100 * next();
  });
  return { pixels, labels };
}

async function train(mode: string, drop = 0) {
  const run = { mode, drop, seed: 1 };
  const log = new RunLog(run, SETTINGS);
  const length = parameterCount(SHAPE);
  const room = new InProcessRoom({ length, workers: WORKERS });
  const prints = await Promise.all(
    Array.from({ length: WORKERS }, (_, worker) =>
      trainWorker({
        ...SETTINGS,
        worker,
        shape: SHAPE,
        seed: run.seed,
        train: digits(320, 10 + worker),
        test: digits(100, 20 + worker),
        link: room.link({ ...run, length, worker }),
        report: (report: object) => void log.add(report),
      }),
    ),
  );
  const result = log.result(prints);
  return { ...result, accuracy: result.accuracy as unknown as number };
}

describe('federated-mnist', () => {
  it('has gradients that are those of its loss', () => {
    const parameters = initialParameters(SHAPE, 5);
    const model = new Mlp(SHAPE, parameters);
    const data = digits(6, 7);
    const batch = Uint32Array.of(0, 2, 3, 5, 1);
    const gradient = new Float32Array(parameters.length);
    model.lossAndGradient(data, batch, gradient);
    const unused = new Float32Array(parameters.length);
    const lossAt = (i: number, value: number) => {
      const had = parameters[i];
      parameters[i] = value;
      const loss = model.lossAndGradient(data, batch, unused);
      parameters[i] = had;
      return loss;
    };
    const ends = [0, 64 * 32, 65 * 32, 65 * 32 + 32 * 4, parameters.length];
    for (let layer = 0; layer < 4; layer++) {
      // the steepest coordinate of each layer, by central differences; float32 weights and sums leave about 1e-3
      let at = ends[layer];
      for (let i = at; i < ends[layer + 1]; i++) if (Math.abs(gradient[i]) > Math.abs(gradient[at])) at = i;
      const slope = (lossAt(at, parameters[at] + 1e-2) - lossAt(at, parameters[at] - 1e-2)) / 2e-2;
      expect(Math.abs(slope / gradient[at] - 1)).toBeLessThan(0.02);
    }
  });

  it('learns in every mode about as well as without compression, also where packets are lost', async () => {
    const plain = await train('none');
    expect(plain.curve.map(({ round }: { round: number }) => round)).toEqual([20, 40, 60]);
    expect(plain.curve[2].trainLoss).toBeLessThan(0.5 * plain.curve[0].trainLoss);
    expect(plain.accuracy).toBeGreaterThan(0.9);
    const runs = [plain];
    const others = Object.keys(MODES).filter((mode) => mode !== 'none');
    for (const [mode, drop] of [...others.map((name) => [name, 0] as const), ['eden-1-ef', 0.1] as const]) {
      const run = await train(mode, drop);
      runs.push(run);
      expect(run.modelsEqual).toBe(true);
      expect(run.curve[2].trainLoss, `${mode} ${drop}`).toBeLessThan(0.6 * run.curve[0].trainLoss);
      // 400 test images: two standard deviations of the difference of two accuracies near 0.95 are 0.03
      expect(run.accuracy, `${mode} ${drop}`).toBeGreaterThan(plain.accuracy - 0.05);
    }
    const rows = resultRows(runs);
    expect(rows).toHaveLength(6);
    // a header of 60 bytes is much for a model of 2,212 weights
    const ratio = Object.fromEntries(rows.slice(0, 5).map((row) => [row.mode, row.ratio]));
    expect(ratio['eden-1']).toBeGreaterThan(20);
    expect(ratio['dithered-4']).toBeGreaterThan(7);
    const settings = { ...SETTINGS, coordinates: 2212 };
    const machine = { crew: 'test', node: 'v20', cpu: '<cpu>', backend: { name: 'js', isa: 'js' } };
    const page = renderPage({ settings, ...machine, runs });
    expect(page.match(/<figure>/g)).toHaveLength(8);
    expect(page).toContain('&lt;cpu&gt;');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('gives the same result again, and loses the same packets in every mode', async () => {
    const [first, again, other] = [
      await train('quicfl-2', 0.1),
      await train('quicfl-2', 0.1),
      await train('none', 0.1),
    ];
    expect({ ...again, seconds: 0 }).toEqual({ ...first, seconds: 0 });
    expect(other.packetsDropped).toBe(first.packetsDropped);
    // 240 packets at 10 %: 24, standard deviation 4.6
    expect(Math.abs(first.packetsDropped - 24)).toBeLessThan(14);
    const lost = packetLoss(0.1, 1, 0);
    expect(Array.from({ length: 10_000 }, (_, round) => lost(round, 0)).filter(Boolean).length / 10_000).toBeCloseTo(
      0.1,
      1,
    );
  });

  it('reads its options and says what is wrong with them', () => {
    const options = readOptions(['--modes', 'eden-1-ef,none', '--loss', '0,10', '--seeds', '1,2,3']);
    if (!options) throw new Error('help');
    expect(runsOf(options)).toHaveLength(12);
    expect(runsOf(options)[0]).toEqual({ mode: 'none', drop: 0, seed: 1 });
    expect(readOptions(['-h'])).toBeNull();
    for (const [args, message] of [
      [['--modes', 'zip'], /^--modes must be made of none, .+, not 'zip'$/],
      [['--rounds', '0'], /^--rounds must be a whole number from 1, not '0'$/],
      [['--loss', '0,100'], /^--loss must be a number from 0 to 90, not '100'$/],
      [['--seeds', '1,1'], /^--seeds must be a list without repetitions/],
      [['--workers', ''], /^--workers must be a whole number from 1 to 64, not ''$/],
      [['--server', 'x', '--in-process'], /exclude each other/],
      [['--round', '3'], /--round/],
    ] as const) {
      expect(() => readOptions([...args])).toThrow(message);
      expect(() => readOptions([...args])).toThrow(UsageError);
    }
  });
});
