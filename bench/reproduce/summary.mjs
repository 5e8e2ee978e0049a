// SPDX-License-Identifier: Apache-2.0
/** The claims as a plain text table. */
import { tally } from './claims.mjs';
import { formatNumber, formatTarget, formatTolerance } from './page/format.mjs';

const CLAIM_WIDTH = 78;

/** Lines of at most `width` characters. */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

export function claimsTable({ sections }) {
  const head = ['', 'claim', 'ours', 'expected', 'tolerance', 'holds'];
  const rows = [head, head.map(() => '')];
  for (const section of sections) {
    for (const c of section.claims) {
      const [first, ...more] = wrap(c.claim, CLAIM_WIDTH);
      const numbers = [formatNumber(c.ours, c.format), formatTarget(c), formatTolerance(c), c.pass ? 'yes' : 'NO'];
      rows.push([section.id, first, ...numbers], ...more.map((line) => ['', line, '', '', '', '']));
    }
    if (section.error !== undefined) rows.push([section.id, `broke off: ${section.error}`, '', '', '', 'NO']);
  }
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  rows[1] = widths.map((width) => '-'.repeat(width));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  const { claims, hold } = tally(sections);
  return `${lines.join('\n')}\n\n${hold} of ${claims} claims hold`;
}
