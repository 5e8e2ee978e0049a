// SPDX-License-Identifier: Apache-2.0
/** Node, and runtimes that have its modules. */
import { open, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { loadNative } from '../native.ts';
import { AtomicFile } from './atomic-file.ts';
import type { InputFile, Platform } from './platform.ts';

async function openFile(path: string): Promise<InputFile | null> {
  // opening a pipe would wait for a writer
  if (!(await stat(path)).isFile()) return null;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return {
      size,
      read: async (target, position) => (await file.read(target, 0, target.length, position)).bytesRead,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export const platform: Platform = {
  setting: (name) => process.env[name],
  get parallelism() {
    return availableParallelism();
  },
  turn: () => new Promise((resolve) => void setImmediate(resolve)),
  loadNative,
  createFile: (path) => AtomicFile.create(path),
  openFile,
};
