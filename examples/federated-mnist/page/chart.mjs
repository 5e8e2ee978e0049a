// SPDX-License-Identifier: Apache-2.0
/** A line chart as SVG. Series differ in dash and marker as well as in colour; the page's table has the numbers. */
import { element, escapeText } from './html.mjs';

const WIDTH = 480;
const HEIGHT = 300;
const BOX = { left: 58, right: WIDTH - 14, top: 28, bottom: HEIGHT - 42 };
const TICKS = 5;
const MARKS = 6;
const DASHES = [undefined, '7 3', '2 2.5', '9 3 2 3', '4 2'];
const SHAPES = [
  (x, y) => `M${x - 3} ${y - 3}h6v6h-6z`,
  (x, y) => `M${x} ${y - 4}l3.8 6.6h-7.6z`,
  (x, y) => `M${x} ${y - 4.2}l4.2 4.2-4.2 4.2-4.2-4.2z`,
  (x, y) => `M${x} ${y + 4}l3.8-6.6h-7.6z`,
  (x, y) => `M${x - 3.4} ${y}a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z`,
];

const round = (value) => Math.round(value * 10) / 10;

function linearTicks(low, high) {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= rough * 0.999) ?? 10);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++)
    ticks.push(Number((i * step).toPrecision(9)));
  return ticks;
}

/** Powers of ten, or as many more as give three ticks. */
function logTicks(low, high) {
  for (const factors of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const m of factors) ticks.push(Number((m * 10 ** power).toPrecision(3)));
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    if (inside.length >= 3 || factors.length === 5) return inside;
  }
  return [];
}

/** @param {Axis} axis @param {number[]} values */
function makeScale({ log = false, from, down = false }, values, ends) {
  const [start, end] = down ? [ends[1], ends[0]] : ends;
  let low = from ?? Math.min(...values);
  let high = Math.max(...values);
  if (log) [low, high] = [low / 1.1, high * 1.1];
  else {
    const room = 0.04 * (high - low || Math.abs(high) || 1);
    [low, high] = [from ?? low - room, high + room];
  }
  const to = log ? Math.log : (value) => value;
  return {
    at: (value) => round(start + ((to(value) - to(low)) / (to(high) - to(low))) * (end - start)),
    ticks: log ? logTicks(low, high) : linearTicks(low, high),
  };
}

function axes(x, y, chart) {
  const rows = y.ticks.map((tick) => {
    const at = y.at(tick);
    return (
      element('path', { class: 'grid', d: `M${BOX.left} ${at}H${BOX.right}` }) +
      element('text', { x: BOX.left - 7, y: at + 4, 'text-anchor': 'end' }, escapeText(chart.y.text(tick)))
    );
  });
  const columns = x.ticks.map((tick) => {
    const at = x.at(tick);
    return (
      element('path', { class: 'axis', d: `M${at} ${BOX.bottom}v4` }) +
      element('text', { x: at, y: BOX.bottom + 18, 'text-anchor': 'middle' }, escapeText(chart.x.text(tick)))
    );
  });
  const middle = (BOX.left + BOX.right) / 2;
  return [
    ...rows,
    ...columns,
    element('path', { class: 'axis', d: `M${BOX.left} ${BOX.bottom}H${BOX.right}` }),
    element('text', { class: 'name', x: 0, y: 13 }, escapeText(chart.y.name)),
    element('text', { class: 'name', x: middle, y: HEIGHT - 4, 'text-anchor': 'middle' }, escapeText(chart.x.name)),
  ].join('');
}

/** Where the seeds differ: an area from the lowest to the highest. */
function band(points, x, y) {
  if (points.every(({ low, high }) => low === high)) return '';
  const top = points.map((p) => `${x.at(p.x)} ${y.at(p.high)}`);
  const back = points.map((p) => `${x.at(p.x)} ${y.at(p.low)}`).reverse();
  return element('path', { class: 'band', d: `M${[...top, ...back].join('L')}z` });
}

function drawSeries({ name, points, look }, x, y, chart) {
  const line = `M${points.map((p) => `${x.at(p.x)} ${y.at(p.y)}`).join('L')}`;
  // a few markers, at other places in every series, and always the end
  const every = Math.max(1, Math.floor(points.length / MARKS));
  const marks = points
    .filter((_, i) => i === points.length - 1 || (i + look) % every === 0)
    .map((p) => {
      const title = element('title', {}, escapeText(`${name}: ${chart.y.text(p.y)} at ${chart.x.text(p.x)}`));
      return element('path', { class: 'mark', d: SHAPES[look % SHAPES.length](x.at(p.x), y.at(p.y)) }, title);
    });
  return element(
    'g',
    { class: `c${look}` },
    band(points, x, y),
    element('path', { class: 'line', d: line, 'stroke-dasharray': DASHES[look % DASHES.length] }),
    ...marks,
  );
}

/**
 * @typedef {object} Axis
 * @property {string} name
 * @property {(value: number) => string} text
 * @property {boolean} [log] logarithmic
 * @property {number} [from] where it starts, unless that is up to the data
 * @property {boolean} [down] small values are at the far end
 *
 * @param {object} chart
 * @param {string} chart.title @param {string} chart.description for those who do not see it
 * @param {Axis} chart.x
 * @param {Axis} chart.y
 * @param {{ name: string, look: number, points: { x: number, y: number, low: number, high: number }[] }[]} chart.series
 */
export function lineChart(chart) {
  const points = chart.series.flatMap((series) => series.points);
  const x = makeScale(
    chart.x,
    points.map((p) => p.x),
    [BOX.left, BOX.right],
  );
  const y = makeScale(
    chart.y,
    points.flatMap((p) => [p.low, p.high]),
    [BOX.bottom, BOX.top],
  );
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${chart.title}. ${chart.description}` },
    axes(x, y, chart),
    ...chart.series.map((series) => drawSeries(series, x, y, chart)),
  );
}

/** @param {{ name: string, look: number }[]} series */
export function legend(series) {
  const items = series.map(({ name, look }) => {
    const swatch = element(
      'svg',
      { class: `c${look}`, width: 34, height: 12, viewBox: '0 0 34 12', 'aria-hidden': 'true' },
      element('path', { class: 'line', d: 'M1 6h32', 'stroke-dasharray': DASHES[look % DASHES.length] }),
      element('path', { class: 'mark', d: SHAPES[look % SHAPES.length](17, 6) }),
    );
    return element('li', {}, swatch, escapeText(name));
  });
  return element('ul', { class: 'legend' }, ...items);
}
