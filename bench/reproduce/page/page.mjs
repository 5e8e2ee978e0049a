// SPDX-License-Identifier: Apache-2.0
/** The page: one HTML file made from the results alone, without scripts or anything to load. */
import { readFile } from 'node:fs/promises';
import { tally } from '../claims.mjs';
import { figure } from './chart.mjs';
import { element, escapeText, prose } from './html.mjs';
import { claimTable, dataTable } from './table.mjs';

const TITLE = 'hadaquant: the claims, reproduced';

const PAPERS = [
  'Ben-Basat, Kuszmaul, Mitzenmacher, Portnoy, Vargaftik: Quantizing With Randomized Hadamard Transforms: Efficient Heuristic Now Proven. arXiv 2605.06014',
  'Feng, Indyk, Kapralov, Krachun, Prokhorov: Provable Quantization with Randomized Hadamard Transform. arXiv 2605.13810',
];

function score(section) {
  if (section.error !== undefined) return 'broke off';
  const { claims, hold } = tally([section]);
  return `${hold === claims ? '✓' : '✗'} ${hold} of ${claims}`;
}

function summary({ made, sections }) {
  const { claims, hold, broken } = tally(sections);
  const backend = made.isa && made.isa !== made.backend ? `${made.backend} (${made.isa})` : made.backend;
  const links = sections.map((section) =>
    element(
      'li',
      {},
      element('a', { href: `#${section.id}` }, `${escapeText(section.id)}. ${escapeText(section.title)}`),
      ' ',
      element('span', { class: 'score' }, score(section)),
    ),
  );
  const facts = [
    ['Version', `hadaquant ${made.version}`],
    ['Backend', backend],
    ['Processor', made.cpu],
    ['Node', made.node],
    ['Run', made.mode],
    ['Day', made.date],
  ].map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, escapeText(value))));
  return element(
    'header',
    {},
    element('h1', {}, TITLE),
    element(
      'p',
      { class: 'total' },
      element('strong', {}, `${hold} of ${claims}`),
      ` claims hold${broken ? `; ${broken} of ${sections.length} sections broke off` : ''}.`,
    ),
    element(
      'p',
      {},
      'What two papers promise of quantization with randomized Hadamard transforms (RHTs), measured with this library. ',
      `Made by <code>npm run reproduce${made.mode === 'quick' ? ' -- --quick' : ''}</code> with fixed seeds: `,
      'the same version gives the same numbers on every machine. A claim holds if our number is within the stated ',
      'tolerance of what is expected; why the tolerance is what it is stands beside it.',
    ),
    element('ul', { class: 'papers' }, ...PAPERS.map((paper) => element('li', {}, prose(paper)))),
    element('dl', {}, ...facts),
    element('nav', { 'aria-label': 'Sections' }, element('ol', {}, ...links)),
  );
}

function sectionBody(section) {
  const { id } = section;
  const plots = section.plots.map((plot, i) => figure(plot, `${id}-figure-${i + 1}`));
  const tables = section.tables.map((table) =>
    element(
      'details',
      {},
      element('summary', {}, escapeText(table.title)),
      table.caption === undefined ? '' : element('p', { class: 'caption' }, prose(table.caption)),
      dataTable(table, table.title),
    ),
  );
  const notes = section.notes.map((note) => element('li', {}, prose(note)));
  return [
    ...section.intro.map((text) => element('p', {}, prose(text))),
    section.claims.length ? claimTable(section.claims, `Claims of section ${id}`) : '',
    plots.length ? element('div', { class: 'figures' }, ...plots) : '',
    ...tables,
    notes.length ? element('h3', {}, 'Notes') + element('ul', { class: 'notes' }, ...notes) : '',
  ];
}

function article(section) {
  const body =
    section.error === undefined
      ? sectionBody(section)
      : [element('p', { class: 'broken' }, `This section broke off: ${escapeText(section.error)}`)];
  return element(
    'section',
    { id: section.id, 'aria-labelledby': `${section.id}-title` },
    element('h2', { id: `${section.id}-title` }, `${escapeText(section.id)}. ${escapeText(section.title)}`),
    ...body,
  );
}

/** @param results the contents of reproduction.json */
export async function renderPage(results) {
  const style = await readFile(new URL('page.css', import.meta.url), 'utf8');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${TITLE}</title>
<style>
${style}</style>
</head>
<body>
${summary(results)}
<main>
${results.sections.map(article).join('\n')}
</main>
</body>
</html>
`;
}
