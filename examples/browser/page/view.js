// SPDX-License-Identifier: Apache-2.0
/** What the page shows of results. Text from files goes in as text, never as markup. */
import { bytes, count, digits, percent } from './format.js';

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function showFigures(result, k) {
  const ratio = result.originalBytes / result.bytes;
  const entries = [
    [
      'Size',
      `${ratio.toFixed(1)}\u00d7`,
      `smaller: ${bytes(result.originalBytes)} as float32, ${bytes(result.bytes)} now`,
    ],
    [`Recall@${k}`, percent(result.recall), `of the ${k} exactly nearest are among the ${k} found`],
    [
      'Reconstruction error',
      digits(result.error),
      `of the squared length is lost; ${digits(result.expectedError)} in theory`,
    ],
    [
      'Speed here',
      `${digits(result.millisecondsPerQuery)} ms`,
      `for a query; compressed in ${count(result.encodeTime)} ms`,
    ],
  ];
  byId('figures').replaceChildren(
    ...entries.map(([name, value, about]) =>
      element(
        'div',
        { className: 'figure' },
        element('dt', { textContent: name }),
        element('dd', { className: 'value', textContent: value }),
        element('dd', { className: 'note', textContent: about }),
      ),
    ),
  );
}

export function showQueries(labels) {
  byId('query').replaceChildren(...labels.map((text, i) => element('option', { value: String(i), textContent: text })));
  byId('query').disabled = false;
}

/** One list of results: the hits of query `q`, marked where the other list has them too. */
function hitList(list, { ids, scores }, other, labels, q, k) {
  const others = new Set(other.ids.subarray(q * k, (q + 1) * k));
  const items = Array.from({ length: k }, (_, i) => {
    const id = ids[q * k + i];
    const shared = others.has(id);
    const item = element('li', { className: shared ? 'shared' : 'alone' });
    item.append(
      element('span', { className: 'score', textContent: scores[q * k + i].toFixed(3) }),
      element('span', { className: 'text', textContent: labels[id] }),
    );
    if (!shared)
      item.append(element('span', { className: 'mark', textContent: list.id === 'found' ? 'extra' : 'missed' }));
    return item;
  });
  list.replaceChildren(...items);
}

export function showHits(found, exact, labels, q, k) {
  hitList(byId('found'), found, exact, labels, q, k);
  hitList(byId('exact'), exact, found, labels, q, k);
}

/** @param tried results, each a row; `current` is marked */
export function showTried(tried, current) {
  const rows = tried.map((result) =>
    element(
      'tr',
      result === current ? { className: 'current', ariaCurrent: 'true' } : {},
      element('th', { scope: 'row', textContent: `${result.codec}, ${result.bits}` }),
      ...[
        result.bytesPerVector.toFixed(1),
        `${(result.originalBytes / result.bytes).toFixed(1)}\u00d7`,
        result.recall.toFixed(3),
        digits(result.error),
        `${count(result.encodeTime)} ms`,
        digits(result.millisecondsPerQuery),
      ].map((textContent) => element('td', { textContent })),
    ),
  );
  byId('tried').replaceChildren(...rows);
}

export function showData({ name, rows, dim, queries, rowsLeftOut }) {
  const left = rowsLeftOut ? ` The last ${count(rowsLeftOut)} rows were left out: the page takes 128 MiB.` : '';
  const own = name === undefined;
  byId('data-about').textContent = own
    ? `${count(rows)} dictionary definitions as sentence embeddings of ${dim} numbers, and ${queries} queries.`
    : `${name}: ${count(rows)} vectors of ${count(dim)} numbers. ${queries} more rows became the queries.${left}`;
  byId('sentences').hidden = own;
}

export function showBackend({ name, isa, reason }) {
  byId('backend').textContent =
    `hadaquant runs as ${name === 'wasm' ? `WebAssembly (${isa})` : 'plain JavaScript'}: ${reason}.`;
}

export function showProgress(phase, done, total) {
  byId('status').textContent = phase;
  byId('progress').hidden = false;
  byId('progress').value = total ? done / total : 0;
  byId('results').ariaBusy = 'true';
}

export function showIdle(text) {
  byId('status').textContent = text;
  byId('progress').hidden = true;
  byId('results').ariaBusy = 'false';
}

export function showProblem(text) {
  byId('problem').textContent = text;
}
