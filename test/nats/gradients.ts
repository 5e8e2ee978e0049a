// SPDX-License-Identifier: Apache-2.0
/** Gradients whose mean says who is in it: worker i's numbers are 2^i times what all have in common. */
import type { NatsConnection } from 'nats';
import { expect } from 'vitest';
import { type ExchangeResult, NatsWorker, type NatsWorkerOptions } from '../../lib/nats/index.ts';

const common = (x: number, round: number) => (1 + ((x * 31 + round) % 5)) * (x % 2 === 0 ? 1 : -1);

export function marked(length: number, worker: number, round: number): Float32Array {
  return Float32Array.from({ length }, (_, x) => 2 ** worker * common(x, round));
}

/** Checks that each chunk holds the mean of as many workers as it says, the same ones throughout; gives them as bit masks. */
export function membersOf({ mean, senders, missing }: ExchangeResult, chunk: number, round: number): number[] {
  const masks = [...senders].map((count, c) => {
    const values = mean.subarray(c * chunk, (c + 1) * chunk);
    if (count === 0) {
      expect(values.every((v) => v === 0)).toBe(true);
      expect(missing).toContain(c);
      return 0;
    }
    const sums = Array.from(values, (v, i) => (v * count) / common(c * chunk + i, round));
    const mask = Math.round(sums[0]);
    expect(Math.max(...sums.map((sum) => Math.abs(sum - mask)))).toBeLessThan(1e-4);
    expect(mask.toString(2).replaceAll('0', '')).toHaveLength(count);
    return mask;
  });
  expect(missing).toHaveLength(masks.filter((mask) => mask === 0).length);
  return masks;
}

/** One worker a connection, with times for tests. */
export function team(connections: NatsConnection[], options: Omit<NatsWorkerOptions, 'clientId'>): NatsWorker[] {
  return connections.map(
    (connection, clientId) => new NatsWorker(connection, { ackTimeout: 200, deadline: 20_000, ...options, clientId }),
  );
}

/** Every worker's marked gradient, exchanged. */
export function exchangeAll(workers: NatsWorker[], length: number, round: number): Promise<ExchangeResult[]> {
  return Promise.all(workers.map((worker, i) => worker.exchange(marked(length, i, round), { round })));
}
