// SPDX-License-Identifier: Apache-2.0
/** Processes to be killed, and waiting for what they do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (condition()) return;
    await wait(5);
  }
  throw new Error('it did not come about within 20 s');
}

const children = new Set<ChildProcess>();

/** A script of processes/ (with the built package), its lines, and its end by SIGKILL. */
export function start(script: string, ...args: string[]): { lines: string[]; kill(): Promise<void> } {
  const path = fileURLToPath(new URL(`processes/${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      children.delete(child);
      resolve();
    });
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { lines, kill };
}

export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
