// SPDX-License-Identifier: Apache-2.0
/** Runs the built command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  process: ChildProcess;
  outcome: Promise<Outcome>;
}

/** @param env added to the environment of the tests, less what forces a backend */
export function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const { HADAQUANT_BACKEND: _backend, HADAQUANT_ISA: _isa, HADAQUANT_DEBUG: _debug, ...rest } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, outcome };
}

export function run(args: readonly string[], env?: Record<string, string>): Promise<Outcome> {
  return start(args, env).outcome;
}
