// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open, stat } from 'node:fs/promises';
import { HadaquantFormatError } from '../check.ts';
import { naming } from './failure.ts';

/** Bytes asked of the system at once: above this nothing gets faster, and a read must stay below 2^31. */
const LARGEST_READ = 1 << 24;

/** A regular file read by position; messages begin with its path. */
export class InputFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(path: string, size: number, file: FileHandle) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  static async open(path: string): Promise<InputFile> {
    // before opening: to open a named pipe would wait for its other end
    if (!(await stat(path)).isFile()) throw new HadaquantFormatError(`${path}: not a regular file`);
    const file = await open(path, 'r');
    try {
      return new InputFile(path, (await file.stat()).size, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Fills `target` with the bytes from `position` on. */
  async read(target: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < target.length; ) {
      const count = Math.min(target.length - done, LARGEST_READ);
      const { bytesRead } = await naming(this.path, this.#file.read(target, done, count, position + done));
      if (bytesRead === 0) this.damaged('it became shorter while it was read');
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** @throws HadaquantFormatError `path: what` */
  damaged(what: string): never {
    throw new HadaquantFormatError(`${this.path}: ${what}`);
  }
}
