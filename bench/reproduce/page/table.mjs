// SPDX-License-Identifier: Apache-2.0
/**
 * Tables: of claims, and of data. Each scrolls inside a box of its own, which the keyboard can reach. On a phone a claim
 * is a block of lines with the names of the columns instead (page.css), which is what data-name is for.
 */
import { formatNumber, formatTarget, formatTolerance } from './format.mjs';
import { element, escapeText, prose } from './html.mjs';

function box(name, table) {
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name }, table);
}

/** @param {{ columns: { name, format }[], rows: (number | string | null)[][] }} data */
export function dataTable({ columns, rows }, name) {
  const head = columns.map((column) => element('th', { scope: 'col' }, escapeText(column.name)));
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const text = typeof cell === 'string' ? prose(cell) : formatNumber(cell, columns[i].format);
      if (i === 0) return element('th', { scope: 'row' }, text);
      return element('td', { class: typeof cell === 'string' ? undefined : 'number' }, text);
    });
    return element('tr', {}, ...cells);
  });
  return box(
    name,
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  );
}

function verdict(pass) {
  return pass
    ? '<td class="verdict holds"><span aria-hidden="true">✓</span> holds</td>'
    : '<td class="verdict fails"><span aria-hidden="true">✗</span> fails</td>';
}

/** One child, so that it can stand beside its name. */
function cell(name, kind, html) {
  return element('td', { class: kind, 'data-name': name }, element('span', {}, html));
}

export function claimTable(claims, name) {
  const head = ['', 'Claim', 'Ours', 'Expected', 'Tolerance', 'Source'];
  const rows = claims.map((c) =>
    element(
      'tr',
      {},
      verdict(c.pass),
      element('td', { class: 'claim' }, prose(c.claim)),
      cell('Ours', 'number ours', formatNumber(c.ours, c.format)),
      cell('Expected', 'number', formatTarget(c)),
      cell('Tolerance', 'reason', `${element('b', {}, formatTolerance(c))} ${prose(c.because)}`),
      cell('Source', 'source', prose(c.source)),
    ),
  );
  return box(
    name,
    element(
      'table',
      { class: 'claims' },
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
      element('tbody', {}, ...rows),
    ),
  );
}
