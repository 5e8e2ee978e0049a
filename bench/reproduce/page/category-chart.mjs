// SPDX-License-Identifier: Apache-2.0
/** One row for each category: dots (with error bars) or bars that start at zero. */
import { formatNumber } from './format.mjs';
import { element, escapeText } from './html.mjs';
import { legend, look, marker, round } from './marks.mjs';
import { makeScale } from './scale.mjs';

const WIDTH = 440;
const TOP = 22;
const BELOW = 44;
/** Width of a letter at the size that phones get. */
const CHARACTER = 7.6;
const LABEL_MOST = 180;
const BAR = 7;
const DOT_ROW = 20;

/** Height of a row, and how far from its middle each series lies: bars side by side, dots a little apart. */
function rowLayout(type, count) {
  if (type === 'bars') return { row: count * BAR + 9, offset: (i) => (i - (count - 1) / 2) * BAR };
  const apart = count > 1 ? 3.4 : 0;
  return { row: DOT_ROW + apart * (count - 1), offset: (i) => (i - (count - 1) / 2) * apart };
}

function axisParts(scale, plot, left, bottom) {
  const ticks = scale.ticks.map(({ value, label }) => {
    const at = round(scale.at(value));
    return (
      element('path', { class: 'grid', d: `M${at} ${TOP}V${bottom}` }) +
      element('text', { x: at, y: bottom + 16, 'text-anchor': 'middle' }, escapeText(label))
    );
  });
  const middle = (left + WIDTH - 12) / 2;
  const name = element(
    'text',
    { class: 'label', x: middle, y: bottom + 36, 'text-anchor': 'middle' },
    escapeText(plot.value.label),
  );
  return ticks.join('') + name;
}

/** Names above the chart, on the side of the line that has more room. */
function referenceParts(scale, references, left, bottom) {
  return references
    .map(({ name, value }) => {
      const at = round(scale.at(value));
      const anchor = at > (left + WIDTH) / 2 ? 'end' : 'start';
      return (
        element('path', { class: 'reference', d: `M${at} ${TOP - 6}V${bottom}` }) +
        element('text', { class: 'reference', x: at, y: TOP - 10, 'text-anchor': anchor }, escapeText(name))
      );
    })
    .join('');
}

function drawSeries(series, seen, plot, scale, middle, zero) {
  const format = plot.value.format ?? 's3';
  const parts = series.values.map((value, c) => {
    if (value === null) return '';
    const title = `${series.name}, ${plot.categories[c]}: ${formatNumber(value, format)}`;
    const y = middle(c);
    if (plot.type === 'bars') {
      const [from, to] = [zero, scale.at(value)].sort((a, b) => a - b);
      const bar = {
        class: 'bar',
        x: round(from),
        y: round(y - BAR / 2 + 0.5),
        width: round(to - from),
        height: BAR - 1,
      };
      return element('rect', bar, element('title', {}, escapeText(title)));
    }
    const error = series.errors?.[c] ?? 0;
    const reach = error
      ? element('path', {
          class: 'error',
          d: `M${round(scale.at(value - error))} ${round(y)}H${round(scale.at(value + error))}`,
        })
      : '';
    return reach + element('g', { class: 'mark' }, marker(seen, scale.at(value), y, title));
  });
  return element('g', { class: seen.colour }, ...parts);
}

/** @returns {{ svg: string, legend: string }} */
export function categoryChart(plot) {
  const longest = Math.max(...plot.categories.map((name) => name.length));
  const left = Math.min(LABEL_MOST, Math.ceil(longest * CHARACTER)) + 10;
  const { row, offset } = rowLayout(plot.type, plot.series.length);
  const bottom = TOP + row * plot.categories.length;
  const values = plot.series.flatMap((s) =>
    s.values.flatMap((value, c) => {
      if (value === null) return [];
      const error = s.errors?.[c] ?? 0;
      return [value - error, value + error];
    }),
  );
  const base = plot.type === 'bars' && plot.value.scale === 'linear' ? [0] : [];
  const wanted = [...values, ...plot.references.map(({ value }) => value), ...base];
  const scale = makeScale(plot.value, wanted, [left, WIDTH - 12]);
  const zero = plot.value.scale === 'log' ? left : scale.at(0);
  const looks = plot.series.map((series, i) => ({ ...look(series, i, plot.type), line: false, marker: true }));
  const centre = (c) => TOP + row * (c + 0.5);
  const names = plot.categories.map((name, c) =>
    element('text', { x: left - 8, y: centre(c) + 4, 'text-anchor': 'end' }, escapeText(name)),
  );
  const svg = element(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${WIDTH} ${bottom + BELOW}`,
      role: 'img',
      'aria-label': `${plot.title}. ${plot.caption}`,
    },
    axisParts(scale, plot, left, bottom),
    ...names,
    referenceParts(scale, plot.references, left, bottom),
    ...plot.series.map((series, i) => drawSeries(series, looks[i], plot, scale, (c) => centre(c) + offset(i), zero)),
  );
  return { svg, legend: plot.series.length > 1 ? legend(plot.series, looks) : '' };
}
