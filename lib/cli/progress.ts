// SPDX-License-Identifier: Apache-2.0
/** A progress bar of one line on a terminal: how far, how fast, how long still. */
import { formatDuration, formatShort } from './report.ts';

export interface Progress {
  /** @param done so far, of the total it was made with */
  update(done: number): void;
  /** Takes the bar away. */
  finish(): void;
}

/** What a bar needs of stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Milliseconds between two pictures. */
const REDRAW = 100;
/** Nothing is shown before: short work needs no bar. */
const DELAY = 300;
/** So that a line fits 80 columns. */
const BAR_WIDTH = 16;
const DEFAULT_COLUMNS = 80;

const NO_PROGRESS: Progress = { update: () => undefined, finish: () => undefined };

/**
 * A bar, if the stream is a terminal that can redraw a line; otherwise one that does nothing.
 * @param unit of `total`: 'rows', 'bytes'
 * @param now milliseconds
 */
export function showProgress(
  stream: ProgressStream,
  label: string,
  total: number,
  unit: string,
  now: () => number = () => performance.now(),
): Progress {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return NO_PROGRESS;
  const began = now();
  let next = began + DELAY;
  let drawn = false;
  return {
    update(done) {
      const time = now();
      if (time < next) return;
      next = time + REDRAW;
      drawn = true;
      const line = progressLine(label, done, total, unit, (time - began) / 1000);
      // one column stays free: some terminals wrap when the last is filled
      stream.write(`\r${line.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1)}\x1b[K`);
    },
    finish() {
      if (drawn) stream.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** @param seconds since the beginning */
export function progressLine(label: string, done: number, total: number, unit: string, seconds: number): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.round(part * BAR_WIDTH);
  const bar = '#'.repeat(full) + '-'.repeat(BAR_WIDTH - full);
  const percent = `${Math.floor(part * 100)}`.padStart(3);
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? formatDuration((total - done) / rate) : '--';
  return `${label} ${percent}% [${bar}] ${formatShort(done)} / ${formatShort(total)} ${unit}, ${formatShort(rate)}/s, ${left} left`;
}
