// SPDX-License-Identifier: Apache-2.0
/** Browsers, edge workers, and whatever else has no more than the interfaces that the web has. */
import { HadaquantUnsupportedError } from '../check.ts';
import type { Platform } from './platform.ts';

/** What is used of a port; the types of Node have another interface. */
interface Port {
  onmessage: () => void;
  postMessage(message: null): void;
  close(): void;
}

const noFiles = async (): Promise<never> => {
  throw new HadaquantUnsupportedError('there are no files on this platform: use toBytes and fromBytes');
};

/** A message and not a timer, which browsers hold back for 4 ms. Both ports are closed, or they would keep a process alive. */
function turn(): Promise<void> {
  if (typeof MessageChannel === 'undefined') return new Promise((resolve) => void setTimeout(resolve, 0));
  const { port1, port2 } = new MessageChannel() as unknown as { port1: Port; port2: Port };
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export const platform: Platform = {
  setting: () => undefined,
  parallelism: 1, // no backend here has threads
  turn,
  loadNative: () => ({ reason: 'no native addon on this platform' }),
  createFile: noFiles,
  openFile: noFiles,
};
