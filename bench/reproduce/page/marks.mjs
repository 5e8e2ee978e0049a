// SPDX-License-Identifier: Apache-2.0
/** Markers and legends. Series differ in shape and dash as well as in colour. */
import { element, escapeText } from './html.mjs';

const COLOURS = 8;

const SQUARE = (x, y) => element('rect', { x: round(x - 2.7), y: round(y - 2.7), width: 5.4, height: 5.4 });

const SHAPES = [
  (x, y) => element('circle', { cx: x, cy: y, r: 3 }),
  SQUARE,
  (x, y) => element('path', { d: `M${x} ${round(y - 3.8)}l3.6 6.4h-7.2z` }),
  (x, y) => element('path', { d: `M${x} ${round(y - 4)}l4 4-4 4-4-4z` }),
  (x, y) => element('path', { d: `M${x} ${round(y + 3.8)}l3.6-6.4h-7.2z` }),
];

const DASHES = [undefined, '6 3', '2 2.5'];

/** Coordinates to a tenth of a unit: finer than a screen shows. */
export function round(value) {
  return Math.round(value * 10) / 10;
}

const DOT = (x, y) => element('circle', { cx: x, cy: y, r: 1.6 });

/** How series i looks: class for the colour, marker, dash. Muted series are all alike, so that the few others stand out. */
export function look(series, i, type) {
  const muted = series.tone === 'muted';
  return {
    colour: muted ? 'muted' : `c${(i % COLOURS) + 1}`,
    shape: type === 'bars' ? SQUARE : muted ? DOT : SHAPES[i % SHAPES.length],
    dash: series.draw === 'dashed' ? DASHES[1] : DASHES[muted ? 0 : Math.floor(i / COLOURS) % DASHES.length],
    line: series.draw !== 'points',
    marker: series.draw !== 'dashed',
    strong: series.tone === 'strong',
  };
}

/** A marker that says its value when pointed at. */
export function marker({ shape }, x, y, title) {
  const drawn = shape(round(x), round(y));
  return drawn.replace('></', `><title>${escapeText(title)}</title></`);
}

function swatch(seen) {
  const line = seen.line
    ? element('path', { class: seen.strong ? 'line strong' : 'line', d: 'M1 6h24', 'stroke-dasharray': seen.dash })
    : '';
  const mark = seen.marker ? element('g', { class: 'mark' }, seen.shape(13, 6)) : '';
  return element(
    'svg',
    { class: seen.colour, width: 26, height: 12, viewBox: '0 0 26 12', 'aria-hidden': 'true' },
    line,
    mark,
  );
}

/** @param {{ name: string, tone?: string, draw?: string }[]} series @param looks one for each */
export function legend(series, looks) {
  const all = series.map((s, i) => ({
    name: s.name,
    seen: looks[i],
    context: s.tone === 'muted' && s.draw !== 'dashed',
  }));
  const context = all.filter((item) => item.context);
  // they look alike, so one entry stands for all of them
  const shared = context.length > 1 ? [{ name: `${context.length} others`, seen: context[0].seen }] : context;
  const items = [...all.filter((item) => !item.context), ...shared];
  return element(
    'ul',
    { class: 'legend' },
    ...items.map(({ name, seen }) => element('li', {}, swatch(seen), escapeText(name))),
  );
}
