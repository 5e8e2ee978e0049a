// SPDX-License-Identifier: Apache-2.0
/**
 * A file that appears whole or not at all: written under a temporary name in the same folder, flushed to the disk, then
 * renamed over the target, and the folder flushed, so that a crash at any moment leaves the old file or the new one.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomSeed } from '../random.ts';
import type { OutputFile } from './platform.ts';

export class AtomicFile implements OutputFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async create(path: string): Promise<AtomicFile> {
    // the target's name may fill what the file system allows: keep only its beginning
    const start = [...basename(path)].slice(0, 40).join('');
    const name = `.${start}.${process.pid}.${randomSeed().toString(16).padStart(16, '0').slice(4)}.tmp`;
    const temporary = join(dirname(path), name);
    return new AtomicFile(path, temporary, await open(temporary, 'wx'));
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  /** Puts the file in its place. */
  async commit(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#temporary, this.path);
    } catch (error) {
      await this.abort();
      throw error;
    }
    await syncFolder(dirname(this.path));
  }

  /** Removes what was written; the target stays as it was. */
  async abort(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and flushes the entry with the file
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
