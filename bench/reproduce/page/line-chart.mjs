// SPDX-License-Identifier: Apache-2.0
/** Series over a number: lines, points, error bars, reference lines and slopes. */
import { formatNumber } from './format.mjs';
import { element, escapeText } from './html.mjs';
import { legend, look, marker, round } from './marks.mjs';
import { makeScale } from './scale.mjs';

const WIDTH = 440;
const HEIGHT = 300;
const BOX = { left: 54, right: WIDTH - 12, top: 26, bottom: HEIGHT - 40 };

function grid(x, y, plot) {
  const rows = y.ticks.map(({ value, label }) => {
    const at = round(y.at(value));
    return (
      element('path', { class: 'grid', d: `M${BOX.left} ${at}H${BOX.right}` }) +
      element('text', { x: BOX.left - 6, y: at + 4, 'text-anchor': 'end' }, escapeText(label))
    );
  });
  const columns = x.ticks.map(({ value, label }) => {
    const at = round(x.at(value));
    return (
      element('path', { class: 'axis', d: `M${at} ${BOX.bottom}v4` }) +
      element('text', { x: at, y: BOX.bottom + 17, 'text-anchor': 'middle' }, escapeText(label))
    );
  });
  return [
    ...rows,
    ...columns,
    element('path', { class: 'axis', d: `M${BOX.left} ${BOX.bottom}H${BOX.right}` }),
    element('text', { class: 'label', x: 0, y: 12 }, escapeText(plot.y.label)),
    element(
      'text',
      { class: 'label', x: (BOX.left + BOX.right) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' },
      escapeText(plot.x.label),
    ),
  ].join('');
}

/** The piece of a reference inside the box, and the point where its name goes. */
function referencePath({ x: rx, y: ry, slope }, x, y) {
  if (slope === undefined || slope === null) {
    if (ry === undefined || ry === null) {
      const at = round(x.at(rx));
      return { d: `M${at} ${BOX.top}V${BOX.bottom}`, label: { x: at - 4, y: BOX.top + 11, anchor: 'end' } };
    }
    const at = round(y.at(ry));
    return { d: `M${BOX.left} ${at}H${BOX.right}`, label: { x: BOX.right, y: at - 5, anchor: 'end' } };
  }
  // y = ry (x / rx)^slope: a straight line where both axes are logarithmic
  const value = (at) => ry * (at / rx) ** slope;
  const [low, high] = x.domain;
  const start = [round(x.at(low)), round(y.at(value(low)))];
  const end = [round(x.at(high)), round(y.at(value(high)))];
  // name the end that is inside the box
  const inside = end[1] < BOX.bottom - 4 && end[1] > BOX.top + 12;
  const label = inside
    ? { x: end[0], y: end[1] - 8, anchor: 'end' }
    : { x: start[0] + 6, y: Math.max(BOX.top + 10, start[1] - 6), anchor: 'start' };
  return { d: `M${start.join(' ')}L${end.join(' ')}`, label };
}

/** Lines are clipped to the box; names are not. */
function references(plot, x, y) {
  const drawn = plot.references.map((reference) => ({ name: reference.name, ...referencePath(reference, x, y) }));
  return {
    lines: drawn.map(({ d }) => element('path', { class: 'reference', d })).join(''),
    names: drawn
      .map(({ name, label }) =>
        element('text', { class: 'reference', x: label.x, y: label.y, 'text-anchor': label.anchor }, escapeText(name)),
      )
      .join(''),
  };
}

function linePath(points, x, y) {
  let pen = 'M';
  let d = '';
  for (const point of points) {
    if (point.y === null) {
      pen = 'M';
      continue;
    }
    d += `${pen}${round(x.at(point.x))} ${round(y.at(point.y))}`;
    pen = 'L';
  }
  return d;
}

function drawSeries(series, seen, plot, x, y) {
  const points = series.points.filter((point) => point.y !== null);
  const parts = [];
  if (seen.line) {
    const kind = seen.strong ? 'line strong' : 'line';
    parts.push(element('path', { class: kind, d: linePath(series.points, x, y), 'stroke-dasharray': seen.dash }));
  }
  const bars = points.filter((point) => point.low !== undefined && point.high !== undefined);
  if (bars.length) {
    const d = bars.map((p) => `M${round(x.at(p.x))} ${round(y.at(p.low))}V${round(y.at(p.high))}`).join('');
    parts.push(element('path', { class: 'error', d }));
  }
  if (seen.marker) {
    const titles = points.map(
      (p) => `${series.name}, ${formatNumber(p.x, plot.x.format ?? 's3')}: ${formatNumber(p.y, plot.y.format ?? 's3')}`,
    );
    parts.push(element('g', { class: 'mark' }, ...points.map((p, i) => marker(seen, x.at(p.x), y.at(p.y), titles[i]))));
  }
  return element('g', { class: seen.colour }, ...parts);
}

/** @returns {{ svg: string, legend: string }} @param {string} id unique on the page */
export function lineChart(plot, id) {
  const points = plot.series.flatMap((series) => series.points).filter((point) => point.y !== null);
  // on a log axis an error bar may reach down to nothing: it is cut off at the box
  const low = (p) => (plot.y.scale === 'log' ? p.y : (p.low ?? p.y));
  const ys = points.flatMap((p) => [p.y, low(p), p.high ?? p.y]);
  // a slope is only a direction; a level must be on the paper
  const levels = plot.references.filter((r) => r.slope === undefined || r.slope === null);
  const xValues = [...points.map((p) => p.x), ...levels.flatMap((r) => r.x ?? [])];
  const x = makeScale(plot.x, xValues, [BOX.left, BOX.right]);
  const y = makeScale(plot.y, [...ys, ...levels.flatMap((r) => r.y ?? [])], [BOX.bottom, BOX.top]);
  const looks = plot.series.map(look);
  const { lines, names } = references(plot, x, y);
  // muted series lie below the others
  const order = plot.series.map((_, i) => i).sort((a, b) => rank(plot.series[a]) - rank(plot.series[b]) || a - b);
  const clip = `${id}-box`;
  const frame = { x: BOX.left, y: BOX.top - 4, width: BOX.right - BOX.left + 4, height: BOX.bottom - BOX.top + 8 };
  const svg = element(
    'svg',
    { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${plot.title}. ${plot.caption}` },
    element('clipPath', { id: clip }, element('rect', frame)),
    grid(x, y, plot),
    element(
      'g',
      { 'clip-path': `url(#${clip})` },
      lines,
      ...order.map((i) => drawSeries(plot.series[i], looks[i], plot, x, y)),
    ),
    names,
  );
  return { svg, legend: legend(plot.series, looks) };
}

function rank({ tone }) {
  return { muted: 0, strong: 2 }[tone] ?? 1;
}
