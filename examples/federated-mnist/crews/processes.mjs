// SPDX-License-Identifier: Apache-2.0
/** A crew of processes: a NATS server, an aggregator and the workers. Gradients go over NATS, reports over Node's IPC. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startServer } from '../server.mjs';

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/** One child process that works on one run after the other. */
class Member {
  #child;
  #name;
  #run = null;

  constructor(name, file, settings) {
    this.#name = name;
    this.#child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => this.#hear(message));
    this.#child.on('exit', (code, signal) => this.#fail(`ended (${signal ?? `exit code ${code}`})`));
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.send({ kind: 'settings', settings });
  }

  /** Makes the member ready; `finished` settles when its run is over. */
  prepare(run, report) {
    let markReady;
    const ready = new Promise((resolve) => {
      markReady = resolve;
    });
    const finished = new Promise((resolve, reject) => {
      this.#run = { markReady, report, resolve, reject };
    });
    // whoever waits for `ready` waits for failures too
    finished.catch(() => undefined);
    this.#child.send({ kind: 'prepare', run });
    return { ready: Promise.race([ready, finished]), finished };
  }

  send(message) {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(message) {
    if (message.kind === 'ready') this.#run?.markReady();
    else if (message.kind === 'done') this.#run?.resolve(message.result);
    else if (message.kind === 'failed') this.#fail(message.message);
    else this.#run?.report(message);
  }

  #fail(what) {
    this.#run?.reject(new Error(`${this.#name}: ${what}`));
  }

  async close() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.#run = null;
    child.kill();
    await gone;
  }
}

/** @returns {Promise<import('../train.mjs').Crew>} */
export async function processCrew(settings) {
  const { workers } = settings;
  const server =
    settings.server === undefined ? await startServer() : { url: settings.server, close: async () => undefined };
  const shared = { ...settings, url: server.url };
  const aggregator = new Member('aggregator', script('aggregator-process.mjs'), shared);
  const crew = Array.from(
    { length: workers },
    (_, worker) => new Member(`worker ${worker}`, script('worker-process.mjs'), { ...shared, worker }),
  );
  let number = 0;
  return {
    what: `${workers} worker processes and an aggregator over NATS at ${server.url}`,
    run: async (run, report) => {
      const job = `mnist-${process.pid}-${number++}`;
      const receiver = aggregator.prepare({ ...run, job }, report);
      await receiver.ready;
      const senders = crew.map((member) => member.prepare({ ...run, job }, report));
      await Promise.all(senders.map(({ ready }) => ready));
      for (const member of crew) member.send({ kind: 'go' });
      const all = Promise.all(senders.map(({ finished }) => finished));
      // the aggregator only ends early if something is wrong
      const fingerprints = await Promise.race([all, receiver.finished.then(() => all)]);
      aggregator.send({ kind: 'stop' });
      await receiver.finished;
      return fingerprints;
    },
    close: async () => {
      await Promise.all([aggregator, ...crew].map((member) => member.close()));
      await server.close();
    },
  };
}
