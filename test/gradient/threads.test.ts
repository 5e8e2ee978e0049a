// SPDX-License-Identifier: Apache-2.0
/** Senders in threads of their own, their gradients in one SharedArrayBuffer, with the built package (dist/). */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, kernels, useBackend } from '../../lib/backend.ts';
import { GradientCompressor } from '../../lib/gradient/index.ts';
import { backendNames, restoreBackend } from '../backends.ts';
import { expectSameBits } from '../same-bits.ts';
import { FEW_GRADIENT_CASES, gradient, meanOf, receiver, titled } from './senders.ts';

const SENDERS = 4;
const ROUNDS = 3;
const length = 10_000;
const chunk = 2048;

interface Message {
  clientId: number;
  round: number;
  packets: Uint8Array[];
}

/** The packets of one round, as they come. */
function nextRound(workers: readonly Worker[], round: number): Promise<Message[]> {
  return Promise.all(
    workers.map(
      (worker) =>
        new Promise<Message>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.postMessage(round);
        }),
    ),
  );
}

describe.each(backendNames)('workers (%s)', (backend) => {
  it.each(titled(FEW_GRADIENT_CASES))('%s: compress on shared memory, one thread aggregates', async (_, c) => {
    const memory = new SharedArrayBuffer(4 * length * SENDERS);
    const all = new Float32Array(memory);
    const optionsOf = (clientId: number) => ({
      ...c,
      chunk,
      seed: 9,
      privateSeed: 50 + clientId,
      errorFeedback: c.bits >= 2 && c.codec !== 'f32' && clientId === 1,
    });
    const workers = Array.from(
      { length: SENDERS },
      (_, clientId) =>
        new Worker(new URL('../processes/gradient-worker.mjs', import.meta.url), {
          env: { ...process.env, HADAQUANT_BACKEND: backend, HADAQUANT_ISA: '' },
          workerData: { memory, length, clientId, options: optionsOf(clientId), asynchronous: clientId % 2 === 1 },
        }),
    );
    try {
      const here = workers.map((_, clientId) => new GradientCompressor({ length, clientId, ...optionsOf(clientId) }));
      const aggregator = receiver({ length, chunk });
      for (let round = 0; round < ROUNDS; round++) {
        all.set(gradient(length * SENDERS, round));
        aggregator.reset(round);
        const messages = await nextRound(workers, round);
        for (const { packets } of messages.reverse()) {
          for (const result of await aggregator.addAsync(packets)) expect(result.accepted).toBe(true);
        }
        // the same as in this thread alone
        const expected = here.flatMap((compressor, i) =>
          compressor.compress(all.slice(i * length, (i + 1) * length), { round }),
        );
        messages
          .reverse()
          .flatMap(({ packets }) => packets)
          .forEach((packet, i) => {
            expectSameBits(packet, expected[i]);
          });
        expectSameBits(aggregator.mean(), meanOf(expected, { length, chunk, round }));
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  });
});

describe('compressAsync', () => {
  afterEach(restoreBackend);

  function seenBy(): ArrayBufferLike[] {
    const seen: ArrayBufferLike[] = [];
    const inner = kernels();
    const spy: Backend = Object.create(inner, {
      encodeAsync: {
        value: (...args: Parameters<Backend['encodeAsync']>) => {
          seen.push(args[1].buffer);
          return inner.encodeAsync(...args);
        },
      },
    });
    useBackend(spy);
    return seen;
  }

  it('reads a SharedArrayBuffer where it lies, and copies any other', async () => {
    const c = { codec: 'eden', bits: 2 } as const;
    const compressor = new GradientCompressor({ length, chunk, ...c });
    const x = gradient(length);
    const shared = new Float32Array(new SharedArrayBuffer(4 * length));
    shared.set(x);
    const expected = compressor.compress(x, { round: 0 });
    const seen = seenBy();
    const packets = await compressor.compressAsync(shared, { round: 0 });
    expect(seen.length).toBe(expected.length);
    expect(seen.every((buffer) => buffer === shared.buffer)).toBe(true);
    packets.forEach((packet, i) => {
      expectSameBits(packet, expected[i]);
    });
    seen.length = 0;
    await compressor.compressAsync(x, { round: 0 });
    expect(seen.length).toBe(expected.length);
    expect(seen.includes(x.buffer)).toBe(false);
  });

  it('with error feedback works on a sum of its own', async () => {
    const compressor = new GradientCompressor({ length, chunk, bits: 2, errorFeedback: true });
    const shared = new Float32Array(new SharedArrayBuffer(4 * length));
    const seen = seenBy();
    await compressor.compressAsync(shared, { round: 0 });
    expect(seen.includes(shared.buffer)).toBe(false);
  });
});
