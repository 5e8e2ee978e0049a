// SPDX-License-Identifier: Apache-2.0
/** A connection on which what this package sends is lost, doubled, held back or damaged, by seeded chance. */
import type { NatsConnection } from 'nats';
import { random } from '../random-inputs.ts';

export interface Faults {
  /** Chances, 0 to 1. */
  loss?: number;
  duplicate?: number;
  corrupt?: number;
  /** Milliseconds that a message may be held back: others overtake it. */
  delay?: number;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function faulty(connection: NatsConnection, faults: Faults, seed: number): NatsConnection {
  const r = random(seed);
  const { loss = 0, duplicate = 0, corrupt = 0, delay = 0 } = faults;
  const damaged = (payload: Uint8Array) => {
    if (payload.length === 0 || r.uniform() >= corrupt) return payload;
    const copy = Uint8Array.from(payload);
    copy[r.below(copy.length)] ^= 1 << r.below(8);
    return copy;
  };
  const send = (subject: string, payload: Uint8Array) => {
    if (!connection.isClosed()) connection.publish(subject, payload);
  };
  const publish = (subject: string, payload: Uint8Array) => {
    if (r.uniform() < loss) return;
    // answers are a word or JSON: without a checksum, as TCP and the server have theirs
    const sent = subject.includes('.mean.') ? damaged(payload) : payload;
    const copies = r.uniform() < duplicate ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (delay > 0) setTimeout(() => send(subject, sent), r.uniform() * delay);
      else send(subject, sent);
    }
  };
  const request = async (subject: string, payload: Uint8Array, options: { timeout: number }) => {
    if (r.uniform() < loss) {
      await wait(options.timeout);
      throw Object.assign(new Error('lost'), { code: 'TIMEOUT' });
    }
    const sent = subject.includes('.packet.') ? damaged(payload) : payload;
    if (r.uniform() < duplicate) send(subject, sent);
    if (delay > 0) await wait(r.uniform() * delay);
    return await connection.request(subject, sent, options);
  };
  return new Proxy(connection, {
    get(target, key) {
      if (key === 'publish') return publish;
      if (key === 'request') return request;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
