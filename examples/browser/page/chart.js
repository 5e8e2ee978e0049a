// SPDX-License-Identifier: Apache-2.0
/** Recall against size as SVG: a line and marks of its own shape for each codec. The table beside it has the numbers. */

const HEIGHT = 300;
/** Of the drawing, whatever room the page has: letters stay as large as the page's. */
const WIDTHS = { least: 300, most: 900 };
const PAD = { left: 46, right: 18, top: 14, bottom: 40 };
const NS = 'http://www.w3.org/2000/svg';

function svg(name, attributes, ...children) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Marks that differ without colour, within 5 of their place. */
const SHAPES = [
  'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0',
  'M-4-4h8v8h-8z',
  'M0-5 5 4h-10z',
  'M0-5 5 0 0 5-5 0z',
  'M0 5 5-4h-10z',
  'M-5-1.6h3.4v-3.4h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4z',
  'M-5-3 0-5 5-3v6l-5 2-5-2z',
];

/** From a tenth below all that is shown to 1. */
function recallScale(tried) {
  const low = Math.min(0.9, Math.floor(10 * Math.min(...tried.map(({ recall }) => recall))) / 10);
  const step = [0.02, 0.05, 0.1, 0.2].find((size) => (1 - low) / size <= 6);
  const ticks = [];
  for (let i = 0; 1 - i * step >= low - 1e-9; i++) ticks.push(1 - i * step);
  const height = HEIGHT - PAD.top - PAD.bottom;
  return { ticks, y: (recall) => PAD.top + ((1 - recall) / (1 - low)) * height };
}

/** Powers of two around the sizes. */
function sizeScale(tried, full) {
  const logs = tried.map(({ bytesPerVector }) => Math.log2(bytesPerVector));
  const low = Math.floor(Math.min(...logs) - 0.2);
  const high = Math.ceil(Math.max(...logs) + 0.2);
  const width = full - PAD.left - PAD.right;
  const x = (size) => PAD.left + ((Math.log2(size) - low) / (high - low)) * width;
  return { ticks: Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i)), x };
}

function axes({ ticks: sizes, x }, { ticks: recalls, y }, width) {
  const bottom = HEIGHT - PAD.bottom;
  const right = width - PAD.right;
  const size = (n) => (n >= 1024 ? `${n / 1024} KiB` : `${n} B`);
  return [
    ...recalls.flatMap((recall) => [
      svg('line', { class: 'grid', x1: PAD.left, x2: right, y1: y(recall), y2: y(recall) }),
      svg('text', { x: PAD.left - 8, y: y(recall) + 4, 'text-anchor': 'end' }, recall.toFixed(2)),
    ]),
    ...sizes.map((n) => svg('text', { x: x(n), y: bottom + 18, 'text-anchor': 'middle' }, size(n))),
    svg('line', { class: 'axis', x1: PAD.left, x2: right, y1: bottom, y2: bottom }),
    svg('text', { x: right, y: HEIGHT - 4, 'text-anchor': 'end' }, 'size of a vector'),
  ];
}

/** @param codecs names in the order of their colours and shapes */
export function drawChart(place, tried, current, codecs) {
  const width = Math.max(WIDTHS.least, Math.min(WIDTHS.most, place.clientWidth));
  const sizes = sizeScale(tried, width);
  const recalls = recallScale(tried);
  const used = codecs.filter((codec) => tried.some((result) => result.codec === codec));
  const lines = used.map((codec) => {
    const own = tried.filter((result) => result.codec === codec).sort((a, b) => a.bits - b.bits);
    const at = ({ bytesPerVector, recall }) => [sizes.x(bytesPerVector), recalls.y(recall)];
    const number = codecs.indexOf(codec);
    const group = svg('g', { class: `c${number}` });
    group.append(svg('polyline', { class: 'line', points: own.map((result) => at(result).join()).join(' ') }));
    for (const result of own) {
      const [x, y] = at(result);
      if (result === current) group.append(svg('circle', { class: 'ring', cx: x, cy: y, r: 9 }));
      group.append(svg('path', { class: 'mark', d: SHAPES[number], transform: `translate(${x} ${y})` }));
      // below the line, where no other line comes from the left
      group.append(svg('text', { x: x + 7, y: y + 15 }, String(result.bits)));
    }
    return group;
  });
  const label = `Recall against size for ${used.join(', ')}; the table below has the numbers.`;
  const chart = svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label });
  chart.append(...axes(sizes, recalls, width), ...lines);
  const legend = document.createElement('ul');
  legend.className = 'legend';
  for (const codec of used) {
    const number = codecs.indexOf(codec);
    const mark = svg('svg', { viewBox: '-7 -7 14 14', 'aria-hidden': 'true', class: `key c${number}` });
    mark.append(svg('path', { class: 'mark', d: SHAPES[number] }));
    const item = document.createElement('li');
    item.append(mark, codec);
    legend.append(item);
  }
  place.replaceChildren(legend, chart);
}
