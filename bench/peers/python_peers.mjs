// SPDX-License-Identifier: Apache-2.0
/** The peers in Python: a process that waits for its turns. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('python_peers.py', import.meta.url));

/** The interpreter: of the option, of the environment, or of the path. */
export function pythonCommand(option) {
  return option ?? process.env['HADAQUANT_PYTHON'] ?? (process.platform === 'win32' ? 'python' : 'python3');
}

/** Every library's own word for the number of threads. */
function threadVariables(threads) {
  const names = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'RAYON_NUM_THREADS'];
  return Object.fromEntries(names.map((name) => [name, String(threads)]));
}

export class PythonPeers {
  #child;
  #answers;
  #closed;
  /** What the process has said on standard error, for the message if it ends. */
  #said = '';

  constructor(command, threads) {
    this.#child = spawn(command, [SCRIPT, String(threads)], { env: { ...process.env, ...threadVariables(threads) } });
    this.#child.stderr.on('data', (text) => {
      this.#said += text;
    });
    // the answer that does not come tells; a write to a process that is gone must not end this one
    this.#child.on('error', (error) => {
      this.#said += error.message;
    });
    this.#child.stdin.on('error', () => {});
    this.#closed = new Promise((resolve) => this.#child.on('close', resolve));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** One turn. @throws Error that says what went wrong over there */
  async ask(what, ...given) {
    this.#child.stdin.write(`${JSON.stringify({ do: what, with: given })}\n`);
    const { value: line } = await this.#answers.next();
    if (line === undefined) {
      await this.#closed;
      throw new Error(this.#said.trim().split('\n').at(-1) || 'the interpreter has ended');
    }
    const { value, error } = JSON.parse(line);
    if (error) throw new Error(error);
    return value;
  }

  close() {
    this.#child.stdin.end();
  }
}
