// SPDX-License-Identifier: Apache-2.0
/**
 * Plots as SVG files that stand alone: shown as an image they follow the viewer's light or dark scheme, and paint their own
 * paper, so that they can be read on any page. Charts, legends and colours are those of the reproduction page.
 */
import { readFileSync } from 'node:fs';
import { categoryChart } from '../reproduce/page/category-chart.mjs';
import { element, escapeText } from '../reproduce/page/html.mjs';
import { lineChart } from '../reproduce/page/line-chart.mjs';
import { checkResult } from '../reproduce/result.mjs';

const CHART_WIDTH = 440;
const MARGIN = 14;
const WIDTH = CHART_WIDTH + 2 * MARGIN;
/** Width of the picture where there is room: a quarter larger than its units. */
const SHOWN = 1.25;
const TITLE_HEIGHT = 26;
const LEGEND_ROW = 20;
const LEGEND_ABOVE = 8;
const SWATCH = 32;
/** Width of a letter at the size that phones get. */
const CHARACTER = 8.2;

/** The rules of page.css that charts need. */
const CHART_RULE = /^(:root|\.chart text|\.grid|\.axis|path\.reference|\.line|\.muted|\.error|\.mark|\.bar|\.c\d)/;
const CHART_MEDIA = /prefers-color-scheme|max-width: 30rem/;
const OWN_RULES = `svg { overflow: visible; }
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.paper { fill: var(--paper); stroke: var(--line); }
.chart text.title { fill: var(--ink); font-weight: 600; }
.chart text.legend { fill: var(--ink); }
@media (max-width: 26rem) { .chart text { font-size: 15px; } .chart text.reference { font-size: 14px; } }`;

/** The blocks of a style sheet: what stands before the brace, and the whole. */
function blocks(css) {
  const found = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i < css.length; i++) {
    if (css[i] === '{') depth++;
    if (css[i] !== '}' || --depth > 0) continue;
    const text = css.slice(start, i + 1).trim();
    found.push({ name: text.slice(0, text.indexOf('{')).trim(), text });
    start = i + 1;
  }
  return found;
}

function chartStyle() {
  const css = readFileSync(new URL('../reproduce/page/page.css', import.meta.url), 'utf8');
  const rules = blocks(css.replace(/\/\*.*?\*\//gs, ''))
    .filter(({ name }) => (name.startsWith('@media') ? CHART_MEDIA : CHART_RULE).test(name))
    .map(({ text }) => text.replace(/\s+/g, ' '));
  return [...rules, OWN_RULES].join('\n');
}

/** Places an element made for a page: nested svg elements take a position. */
function place(svg, position) {
  const text = Object.entries(position).map(([key, value]) => ` ${key}="${value}"`);
  return svg.replace('<svg', `<svg${text.join('')}`);
}

/** The entries of a legend, side by side as far as there is room. */
function legendRows(html, top) {
  const entries = [...html.matchAll(/<li>(<svg.*?<\/svg>)(.*?)<\/li>/gs)];
  let x = 0;
  let row = 0;
  const drawn = entries.map(([, swatch, name]) => {
    const width = SWATCH + CHARACTER * name.replace(/&\w+;|&#\d+;/g, '.').length;
    if (x > 0 && x + width > CHART_WIDTH) {
      x = 0;
      row++;
    }
    const at = { x: MARGIN + x, y: top + row * LEGEND_ROW };
    x += width + 10;
    return place(swatch, at) + element('text', { class: 'legend', x: at.x + SWATCH, y: at.y + 10 }, name);
  });
  return { svg: drawn.join(''), height: entries.length ? (row + 1) * LEGEND_ROW : 0 };
}

/**
 * @param {{ name: string, title: string, plots: object[] }} figure plots one above the other, as in
 *   bench/reproduce/README.md; they share the legend of the first
 */
export function standaloneSvg({ name, title, plots }) {
  const checked = checkResult({ intro: [], claims: [], plots }, name).plots;
  const parts = [];
  let y = MARGIN;
  const heading = (text) => {
    parts.push(element('text', { class: 'title', x: MARGIN, y: y + 12 }, escapeText(text)));
    y += TITLE_HEIGHT;
  };
  if (title !== undefined && checked.length > 1) heading(title);
  let legend = '';
  checked.forEach((plot, i) => {
    heading(plot.title);
    const chart = plot.type === 'line' ? lineChart(plot, `${name}-${i}`) : categoryChart(plot);
    const height = Number(/viewBox="0 0 \d+ ([\d.]+)"/.exec(chart.svg)[1]);
    parts.push(place(chart.svg, { x: MARGIN, y, width: CHART_WIDTH, height }));
    y += height + (i + 1 < checked.length ? MARGIN : LEGEND_ABOVE);
    legend ||= chart.legend;
  });
  const rows = legendRows(legend, y);
  parts.push(rows.svg);
  const height = Math.ceil(y + rows.height + MARGIN - 6);
  const size = { width: WIDTH * SHOWN, height: height * SHOWN, viewBox: `0 0 ${WIDTH} ${height}` };
  const paper = { class: 'paper', x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6 };
  const description = checked.map((plot) => `${plot.title}. ${plot.caption}`).join(' ');
  return `${element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img' },
    element('title', {}, escapeText(description)),
    element('style', {}, `\n${chartStyle()}\n`),
    element('rect', paper),
    element('g', { class: 'chart' }, ...parts),
  )}\n`;
}
