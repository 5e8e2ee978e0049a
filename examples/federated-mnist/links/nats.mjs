// SPDX-License-Identifier: Apache-2.0
/** Workers and an aggregator that reach each other over a NATS server. */
import { packetInfo } from 'hadaquant/gradient';
import { NatsAggregator, NatsWorker } from 'hadaquant/nats';
import { connect } from 'nats';
import { packetLoss } from '../loss.mjs';
import { CHUNK, compressorOptions } from '../modes.mjs';

/** Milliseconds that a round waits for packets. Where all arrive it is there for workers that have died. */
const DEADLINE = 30_000;
/** Rounds whose mean is kept for workers that fall behind: so many that all models stay equal. */
const KEEP = 64;
/** Milliseconds that a worker waits for the mean. */
const PATIENCE = 2 * DEADLINE;

async function open(url, name) {
  try {
    return await connect({ servers: url, name, maxReconnectAttempts: 3 });
  } catch (error) {
    throw new Error(`no NATS server answers at ${url} (${error.message})`, { cause: error });
  }
}

/**
 * The connection as a network that loses packets for good: the sender is told that they arrived. (What NATS itself loses is
 * sent again, so that it would cost time and nothing else.)
 */
function losing(connection, isLost, onLost) {
  const lost = (payload) => {
    try {
      const { round, chunk } = packetInfo(payload);
      return isLost(round, chunk);
    } catch {
      return false; // no gradient packet
    }
  };
  const request = async (subject, payload, options) => {
    if (!lost(payload)) return connection.request(subject, payload, options);
    onLost(payload.length);
    return { data: new TextEncoder().encode('taken') };
  };
  return new Proxy(connection, {
    get: (target, name) => {
      if (name === 'request') return request;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** @returns {Promise<import('../trainer.mjs').Link>} */
export async function natsLink({ url, job, mode, length, seed, worker, drop, deadline }) {
  const connection = await open(url, `${job} worker ${worker}`);
  let lost = 0;
  let lostBytes = 0;
  let [sent, received] = [0, 0];
  const lossy = losing(connection, packetLoss(drop, seed, worker), (count) => {
    lost++;
    lostBytes += count;
  });
  const options = compressorOptions({ mode, length, seed, worker });
  // a worker that came too late asks for the mean after `ackTimeout`: soon enough to catch up with the others
  const ackTimeout = drop > 0 ? Math.ceil(deadline / 2) : DEADLINE;
  const sender = new NatsWorker(drop > 0 ? lossy : connection, { ...options, job, ackTimeout, deadline: PATIENCE });
  return {
    exchange: async (gradient, { round }) => {
      [lost, lostBytes] = [0, 0];
      const { mean, late } = await exchangeOrNothing(sender, gradient, round, drop);
      const { outBytes, inBytes } = connection.stats();
      const [up, down] = [outBytes - sent + lostBytes, inBytes - received];
      [sent, received] = [outBytes, inBytes];
      return { mean, up, down, lost, late: late.length };
    },
    close: async () => {
      await sender.close();
      await connection.close();
    },
  };
}

async function exchangeOrNothing(sender, gradient, round, drop) {
  try {
    return await sender.exchange(gradient, { round });
  } catch (error) {
    // everybody's packet was dropped
    if (drop > 0 && error.code === 'deadline') return { mean: new Float32Array(gradient.length), late: [] };
    throw error;
  }
}

/** @returns {Promise<{ close: () => Promise<void> }>} */
export async function natsAggregator({ url, job, length, workers, drop, deadline }) {
  const connection = await open(url, `${job} aggregator`);
  const aggregator = new NatsAggregator(connection, {
    job,
    length,
    chunk: CHUNK,
    workers,
    deadline: drop > 0 ? deadline : DEADLINE,
    keep: KEEP,
    solo: true,
    onError: (error) => process.stderr.write(`aggregator: ${error.message}\n`),
  });
  await aggregator.start();
  return {
    close: async () => {
      await aggregator.close();
      await connection.close();
    },
  };
}
