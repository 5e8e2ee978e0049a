// SPDX-License-Identifier: Apache-2.0
/** The runs of a results file put together: one row for each mode and share of dropped packets, over the seeds. */
import { BASELINE, MODES } from './modes.mjs';

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * @typedef {object} Row
 * @property {string} mode @property {number} drop
 * @property {object[]} runs by seed
 * @property {number} accuracy mean, 0 to 1
 * @property {number} up @property {number} down bytes a worker and round
 * @property {number | null} ratio `up` of the baseline over `up`
 * @property {number | null} gap accuracy less the baseline's without dropped packets, over the same seeds
 */

/** @returns {Row[]} by drop, then in the order of MODES */
export function resultRows(runs) {
  const drops = [...new Set(runs.map(({ drop }) => drop))].sort((a, b) => a - b);
  const rows = drops.flatMap((drop) =>
    Object.keys(MODES).flatMap((mode) => {
      const own = runs.filter((run) => run.mode === mode && run.drop === drop).sort((a, b) => a.seed - b.seed);
      if (own.length === 0) return [];
      return {
        mode,
        drop,
        runs: own,
        accuracy: mean(own.map((run) => run.accuracy)),
        up: mean(own.map((run) => run.upPerWorkerAndRound)),
        down: mean(own.map((run) => run.downPerWorkerAndRound)),
      };
    }),
  );
  return rows.map((row) => {
    const base = rows.find((other) => other.mode === BASELINE && other.drop === drops[0]);
    const sameSeeds = base && base.runs.map(({ seed }) => seed).join() === row.runs.map(({ seed }) => seed).join();
    return { ...row, ratio: base ? base.up / row.up : null, gap: sameSeeds ? row.accuracy - base.accuracy : null };
  });
}

export const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)} %`;

/** Points of accuracy, with their sign. */
function points(gap) {
  if (gap === null) return '–';
  const text = (100 * gap).toFixed(2);
  return text.startsWith('-') ? `−${text.slice(1)}` : `+${text}`;
}

export const TABLE_HEAD = [
  'mode',
  'dropped',
  'accuracy',
  'to f32',
  'each seed',
  'bytes up',
  'f32 / this',
  'bytes down',
];

/** The cells of a row as text. */
export function tableCells({ mode, drop, accuracy, gap, runs, up, ratio, down }) {
  return [
    MODES[mode].title,
    percent(drop, 0),
    percent(accuracy),
    points(gap),
    runs.map((run) => (100 * run.accuracy).toFixed(2)).join(', '),
    grouped(up),
    ratio === null ? '–' : ratio.toFixed(1),
    grouped(down),
  ];
}

function grouped(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Lines of cells that are padded to columns: the first flush left, the others flush right. */
function padded(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const pad = (cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]));
  return { rows: rows.map((row) => row.map(pad)), widths };
}

export function markdownTable(runs) {
  const { rows, widths } = padded([TABLE_HEAD, ...resultRows(runs).map(tableCells)]);
  const rule = widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [rows[0], rule, ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** For a terminal: fits 80 columns with three seeds. */
export function plainTable(runs) {
  const shown = [0, 1, 2, 3, 5, 6, 4];
  const lines = resultRows(runs).map((row) => [row.mode, ...tableCells(row).slice(1)]);
  const { rows } = padded([TABLE_HEAD, ...lines].map((cells) => shown.map((c) => cells[c])));
  return rows.map((cells) => `${cells.join('  ')}\n`).join('');
}
