// SPDX-License-Identifier: Apache-2.0
/** A nats-server of a test's own: loopback, a free port, its files in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';

/** The program, or null. Debian's is in /usr/sbin, which is not on everybody's PATH. */
export const program: string | null =
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'))
    .find((path) => existsSync(path)) ?? null;

if (!program && process.env['HADAQUANT_REQUIRE_NATS'] === '1') throw new Error('no nats-server is installed');
if (!program) console.warn('tests of hadaquant/nats skipped: no nats-server (Debian: apt-get install nats-server)');

export class TestServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hadaquant-nats-'));
  readonly #settings: string[];
  readonly #connections: NatsConnection[] = [];
  #process: ChildProcess | null = null;
  port = -1;

  private constructor(settings: string[]) {
    this.#settings = settings;
  }

  /** `settings`: arguments of the program. */
  static async start(settings: string[] = ['-js']): Promise<TestServer> {
    const server = new TestServer(settings);
    await server.run();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts the program: the first time on any free port, then on the same. */
  async run(): Promise<void> {
    for (const name of readdirSync(this.#folder)) if (name.endsWith('.ports')) rmSync(join(this.#folder, name));
    const child = spawn(
      program as string,
      ['-a', '127.0.0.1', '-p', String(this.port), '-sd', join(this.#folder, 'js')].concat(
        ['--ports_file_dir', this.#folder, '-l', join(this.#folder, 'log')],
        this.#settings,
      ),
      { stdio: 'ignore' },
    );
    this.#process = child;
    for (let i = 0; i < 1000; i++) {
      if (child.exitCode !== null) throw new Error(`nats-server: ${readFileSync(join(this.#folder, 'log'), 'utf8')}`);
      const file = readdirSync(this.#folder).find((name) => name.endsWith('.ports'));
      const text = file && readFileSync(join(this.#folder, file), 'utf8');
      if (text) {
        try {
          this.port = Number(new URL(JSON.parse(text).nats[0]).port);
          return;
        } catch {
          // half written
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('nats-server did not say its port');
  }

  /** Ends it with this signal, at once. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  /** A connection that comes back as soon as the server does; `stop` closes it. */
  async connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
