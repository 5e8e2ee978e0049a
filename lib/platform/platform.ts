// SPDX-License-Identifier: Apache-2.0
/**
 * What the library takes from where it runs. `#platform` is node.ts or web.ts, by the conditions in package.json's
 * `imports`: nothing else in the main entry or in `hadaquant/gradient` may use a module or a global of one runtime alone.
 */
import type { NativeBackend } from '../native.ts';

/** A file that appears whole when it is committed, or not at all. */
export interface OutputFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface InputFile {
  /** Bytes of the file. */
  readonly size: number;
  /** Reads bytes from `position` on into `target`. @returns how many; 0 at the end of the file */
  read(target: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface Platform {
  /** An environment variable, where there are any. */
  setting(name: string): string | undefined;
  /** How many threads can work at once. */
  readonly parallelism: number;
  /** Lets the event loop turn. */
  turn(): Promise<void>;
  /** The addon as a backend, or why it cannot be had. */
  loadNative(): { backend: NativeBackend; reason?: never } | { backend?: never; reason: string };
  createFile(path: string): Promise<OutputFile>;
  /** Opens a regular file; null for a folder, a pipe, and whatever else there is. */
  openFile(path: string): Promise<InputFile | null>;
}
