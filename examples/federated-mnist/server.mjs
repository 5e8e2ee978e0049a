// SPDX-License-Identifier: Apache-2.0
/** A NATS server of our own, on a free port of this machine. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const NOT_THERE = `nats-server is not installed. Install it (Debian, Ubuntu: apt install nats-server; macOS: brew install
nats-server; others: https://github.com/nats-io/nats-server/releases), or name a running one with --server, or train
without it with --in-process.`;

/** @returns {Promise<{ url: string, close: () => Promise<void> }>} */
export async function startServer() {
  const child = spawn('nats-server', ['--addr', '127.0.0.1', '--port', '-1'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stderr });
  const said = [];
  const url = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(error.code === 'ENOENT' ? new Error(NOT_THERE) : error));
    child.once('close', () => reject(new Error(`nats-server ended at once: ${said.join('\n')}`)));
    lines.on('line', (line) => {
      said.push(line);
      const port = /Listening for client connections on .*:(\d+)$/.exec(line)?.[1];
      if (port) resolve(`nats://127.0.0.1:${port}`);
    });
  });
  return {
    url,
    close: async () => {
      child.kill();
      await gone;
    },
  };
}
