// SPDX-License-Identifier: Apache-2.0
/** What the terminal shows: a line a run, which moves while the run goes on; plain lines where there is no terminal. */
import { MODES } from './modes.mjs';

const REDRAW = 100;
const BETWEEN_LINES = 5000;
const DEFAULT_COLUMNS = 80;

/** Bytes as people read them. */
export function bytes(count) {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ]) {
    if (count >= size) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return `${Math.round(count)} B`;
}

const percent = (share, digits) => (share === null ? '' : `${(100 * share).toFixed(digits)} %`);

/** Name, width (negative: flush left), text of a RunLog. */
const COLUMNS = [
  ['mode', -10, ({ mode }) => mode],
  ['dropped', 7, ({ drop }) => percent(drop, 0)],
  ['seed', 4, ({ seed }) => String(seed)],
  ['round', 9, ({ round, rounds }) => `${round}/${rounds}`],
  ['loss', 6, ({ loss }) => (loss === null ? '' : loss.toFixed(4))],
  ['accuracy', 8, ({ accuracy }) => percent(accuracy, 2)],
  ['sent', 7, ({ up }) => bytes(up)],
  ['received', 8, ({ down }) => bytes(down)],
  ['time', 5, ({ seconds }) => `${seconds.toFixed(0)} s`],
];

const row = (cells) =>
  cells.map((text, i) => (COLUMNS[i][1] < 0 ? text.padEnd(-COLUMNS[i][1]) : text.padStart(COLUMNS[i][1]))).join('  ');
const headLine = () => row(COLUMNS.map(([name]) => name));
const runLine = (log) => row(COLUMNS.map(([, , text]) => text(log)));

export class View {
  #stream;
  #live;
  #next = 0;
  #shown = false;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream;
    this.#live = Boolean(stream.isTTY) && process.env['TERM'] !== 'dumb';
  }

  begin(intro) {
    this.#stream.write(`${intro}\n\n${headLine()}\n`);
  }

  /** The run has come further. */
  progress(log) {
    if (log.round === 0) return;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + (this.#live ? REDRAW : BETWEEN_LINES);
    if (!this.#live) {
      this.#stream.write(`${runLine(log)}\n`);
      return;
    }
    // one column stays free: some terminals wrap when the last is filled
    const columns = (this.#stream.columns || DEFAULT_COLUMNS) - 1;
    this.#stream.write(`\r${runLine(log).slice(0, columns)}\x1b[K`);
    this.#shown = true;
  }

  /** The run is over. */
  finish(log) {
    this.clear();
    const name = MODES[log.mode].title;
    this.#stream.write(`${runLine(log)}${this.#live ? '' : `  done (${name})`}\n`);
    this.#next = this.#live ? 0 : performance.now() + BETWEEN_LINES;
  }

  /** Takes an unfinished line away, before something else is written. */
  clear() {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}
