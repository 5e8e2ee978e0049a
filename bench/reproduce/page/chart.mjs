// SPDX-License-Identifier: Apache-2.0
/** A plot as a figure: title, chart, legend, caption, and its numbers as a table. */
import { categoryChart } from './category-chart.mjs';
import { element, escapeText, prose } from './html.mjs';
import { lineChart } from './line-chart.mjs';
import { dataTable } from './table.mjs';

const CHARTS = { line: lineChart, dots: categoryChart, bars: categoryChart };

/** The numbers behind a line plot: a row for each x, a column for each series. */
function lineTable(plot) {
  const xs = [...new Set(plot.series.flatMap((series) => series.points.map((point) => point.x)))].sort((a, b) => a - b);
  return {
    columns: [
      { name: plot.x.label, format: plot.x.format },
      ...plot.series.map(({ name }) => ({ name, format: plot.y.format })),
    ],
    rows: xs.map((x) => [x, ...plot.series.map((s) => s.points.find((point) => point.x === x)?.y ?? null)]),
  };
}

function categoryTable(plot) {
  return {
    columns: [{ name: '' }, ...plot.series.map(({ name }) => ({ name, format: plot.value.format }))],
    rows: plot.categories.map((name, c) => [name, ...plot.series.map((series) => series.values[c])]),
  };
}

/** @param {string} id unique on the page */
export function figure(plot, id) {
  const { svg, legend } = CHARTS[plot.type](plot, id);
  const numbers = plot.type === 'line' ? lineTable(plot) : categoryTable(plot);
  return element(
    'figure',
    { id },
    element('figcaption', {}, element('h4', {}, escapeText(plot.title))),
    svg,
    legend,
    element('p', { class: 'caption' }, prose(plot.caption)),
    element('details', {}, element('summary', {}, 'Numbers'), dataTable(numbers, plot.title)),
  );
}
