// SPDX-License-Identifier: Apache-2.0
/** The page: what was run, the table, and for each share of dropped packets four charts. */
import { readFileSync } from 'node:fs';
import { BASELINE, MODES } from '../modes.mjs';
import { percent, resultRows, TABLE_HEAD, tableCells } from '../table.mjs';
import { bytes } from '../view.mjs';
import { legend, lineChart } from './chart.mjs';
import { element, escapeText } from './html.mjs';

const TITLE = 'Federated MNIST with compressed gradients';
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

const X_AXES = {
  rounds: { name: 'rounds', from: 0, of: (point) => point.round, text: String },
  bytes: {
    name: 'bytes sent by a worker so far (logarithmic)',
    log: true,
    of: (p, workers) => p.up / workers,
    text: bytes,
  },
};
const Y_AXES = {
  accuracy: {
    name: 'accuracy on the test digits (share of errors logarithmic)',
    log: true,
    down: true,
    // the share of errors: near 100 % what is left to gain is what counts; 0 has no place on the axis
    of: (p) => Math.max(1 - p.accuracy, 1e-4),
    text: (errors) => `${Number((100 * (1 - errors)).toFixed(2))} %`,
  },
  loss: {
    name: 'loss on the test digits (logarithmic)',
    log: true,
    of: (p) => p.testLoss,
    text: (v) => `${Number(v.toPrecision(3))}`,
  },
};

/** The mean over the seeds at each test, with the lowest and the highest of them. */
function seriesOf(row, x, y, workers) {
  const points = row.runs[0].curve.map((_, i) => {
    const at = row.runs.map(({ curve }) => curve[i]);
    const ys = at.map(y.of);
    return { x: mean(at.map((p) => x.of(p, workers))), y: mean(ys), low: Math.min(...ys), high: Math.max(...ys) };
  });
  return { name: MODES[row.mode].title, look: Object.keys(MODES).indexOf(row.mode), points };
}

function figure(rows, xName, yName, workers) {
  const [x, y] = [X_AXES[xName], Y_AXES[yName]];
  const series = rows.map((row) => seriesOf(row, x, y, workers));
  const title = `${yName === 'loss' ? 'Loss' : 'Accuracy'} over ${xName}`;
  const ends = series.map(({ name, points }) => `${name}: ${y.text(points.at(-1).y)}`).join('; ');
  const description = `${y.name} over ${x.name}. At the end ${ends}.`;
  return element(
    'figure',
    {},
    element('figcaption', {}, element('h3', {}, escapeText(title))),
    lineChart({ title, description, x, y, series }),
  );
}

function section(rows, drop, workers) {
  const shown = rows.filter((row) => row.drop === drop);
  const id = `dropped-${Math.round(100 * drop)}`;
  const heading = drop === 0 ? 'All packets arrive' : `${percent(drop, 0)} of the packets are dropped`;
  const looks = shown.map(({ mode }) => ({ name: MODES[mode].title, look: Object.keys(MODES).indexOf(mode) }));
  const figures = ['accuracy', 'loss'].flatMap((y) => ['rounds', 'bytes'].map((x) => figure(shown, x, y, workers)));
  return element(
    'section',
    { 'aria-labelledby': id },
    element('h2', { id }, escapeText(heading)),
    legend(looks),
    element('div', { class: 'figures' }, ...figures),
  );
}

function table(rows) {
  const cell = (text, i) => element(i === 0 ? 'th' : 'td', i === 0 ? { scope: 'row' } : {}, escapeText(text));
  const head = TABLE_HEAD.map((name) => element('th', { scope: 'col' }, escapeText(name)));
  const body = rows.map((row) => element('tr', {}, ...tableCells(row).map(cell)));
  const all = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Results' }, all);
}

/** @param {object} results the contents of results.json */
export function renderPage({ settings, crew, node, cpu, backend, runs }) {
  const rows = resultRows(runs);
  const { rounds, workers, batch, rate, momentum, coordinates } = settings;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const style = readFileSync(new URL('page.css', import.meta.url), 'utf8');
  const intro =
    `${workers} workers train a perceptron with ${coordinates.toLocaleString('en')} weights on MNIST: ${rounds} rounds, batches of ` +
    `${batch} digits a worker, learning rate ${rate}, momentum ${momentum}. Each round every worker sends its gradient, ` +
    'compressed, and receives the mean in float32. All modes start from the same weights and see the same digits.';
  const reading =
    `Lines are means over ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}` +
    `${seeds.length === 1 ? '' : '; the tinted areas reach from the lowest to the highest'}. Accuracies and losses are of the ` +
    'test digits, after every few rounds; axes span what was measured and do not start at zero. Bytes are of one worker and ' +
    `round, packets with their headers; those of dropped packets count as sent. "to f32" is against ${MODES[BASELINE].title} ` +
    'with the fewest packets dropped, in points.';
  const made = `${crew}; ${backend.name} backend (${backend.isa}), Node ${node}, ${cpu}.`;
  const drops = [...new Set(rows.map(({ drop }) => drop))];
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
<header>
<h1>${TITLE}</h1>
<p>${escapeText(intro)}</p>
</header>
<main>
${table(rows)}
<p class="note">${escapeText(reading)}</p>
${drops.map((drop) => section(rows, drop, workers)).join('\n')}
</main>
<footer>
<p class="note">${escapeText(made)}</p>
</footer>
</body>
</html>
`;
}
