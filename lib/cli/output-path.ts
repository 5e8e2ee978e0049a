// SPDX-License-Identifier: Apache-2.0
import { realpath, stat } from 'node:fs/promises';
import { UsageError } from './failure.ts';

/**
 * Where to write the file `path`: the file itself if it is a link. It will be replaced by a rename, so it must be a
 * regular file (to replace /dev/null would harm the system) and none of the inputs.
 */
export async function outputPath(path: string, inputs: readonly string[]): Promise<string> {
  const there = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!there) return path;
  if (!there.isFile()) throw new Error(`${path}: not a regular file, so it cannot be replaced`);
  for (const input of inputs) {
    const { dev, ino } = await stat(input, { bigint: true });
    if (dev === there.dev && ino === there.ino)
      throw new UsageError(`${path} is an input: the output needs another name`);
  }
  return realpath(path);
}
