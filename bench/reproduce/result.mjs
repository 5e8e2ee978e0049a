// SPDX-License-Identifier: Apache-2.0
/**
 * The result of a section, checked field by field, so that a mistake in a section is found where it was made and not as
 * a strange page. README.md describes the fields.
 */
import { judge, RELATIONS } from './claims.mjs';
import { isFormat } from './page/format.mjs';

/** Digits kept of every number: far beyond what any figure means, and the files stay small and comparable. */
const DIGITS = 8;

function fail(where, what, got) {
  throw new Error(`${where} must be ${what}, got ${JSON.stringify(got)}`);
}

function text(value, where) {
  if (typeof value !== 'string' || value === '') fail(where, 'a text', value);
  return value;
}

function number(value, where) {
  if (!Number.isFinite(value)) fail(where, 'a finite number', String(value));
  return Number(value.toPrecision(DIGITS));
}

function optional(value, where, check) {
  return value === undefined || value === null ? undefined : check(value, where);
}

function choice(...values) {
  return (value, where) => (values.includes(value) ? value : fail(where, `one of ${values.join(', ')}`, value));
}

function list(value, where, check) {
  if (!Array.isArray(value)) fail(where, 'a list', value);
  return value.map((item, i) => check(item, `${where}[${i}]`));
}

function format(value, where) {
  return isFormat(value) ? value : fail(where, "a format like 'f3', 's3', 'e1', 'p1', 'x2' or 'd'", value);
}

function claim(c, where) {
  return judge({
    claim: text(c.claim, `${where}.claim`),
    source: text(c.source, `${where}.source`),
    relation: choice(...RELATIONS)(c.relation, `${where}.relation`),
    expected: number(c.expected, `${where}.expected`),
    ours: number(c.ours, `${where}.ours`),
    tolerance:
      c.tolerance >= 0
        ? number(c.tolerance, `${where}.tolerance`)
        : fail(`${where}.tolerance`, '0 or more', c.tolerance),
    because: text(c.because, `${where}.because`),
    format: format(c.format, `${where}.format`),
  });
}

function axis(a, where) {
  return {
    label: text(a.label, `${where}.label`),
    scale: choice('linear', 'log')(a.scale, `${where}.scale`),
    format: optional(a.format, `${where}.format`, format),
    ticks: optional(a.ticks, `${where}.ticks`, (t, w) => list(t, w, number)),
    min: optional(a.min, `${where}.min`, number),
    max: optional(a.max, `${where}.max`, number),
  };
}

function point(p, where) {
  return {
    x: number(p.x, `${where}.x`),
    // a gap in the line
    y: p.y === null ? null : number(p.y, `${where}.y`),
    low: optional(p.low, `${where}.low`, number),
    high: optional(p.high, `${where}.high`, number),
  };
}

const tone = choice('muted', 'strong');

function linePlot(p, where) {
  return {
    x: axis(p.x, `${where}.x`),
    y: axis(p.y, `${where}.y`),
    series: list(p.series, `${where}.series`, (s, w) => ({
      name: text(s.name, `${w}.name`),
      draw: optional(s.draw, `${w}.draw`, choice('line', 'dashed', 'points')),
      tone: optional(s.tone, `${w}.tone`, tone),
      points: list(s.points, `${w}.points`, point),
    })),
    references: list(p.references ?? [], `${where}.references`, (r, w) => ({
      name: text(r.name, `${w}.name`),
      x: optional(r.x, `${w}.x`, number),
      y: optional(r.y, `${w}.y`, number),
      slope: optional(r.slope, `${w}.slope`, number),
    })),
  };
}

function categoryPlot(p, where) {
  const categories = list(p.categories, `${where}.categories`, text);
  const values = (v, w) => {
    if (v.length !== categories.length) fail(w, `a list of ${categories.length}, one for each category`, v);
    return list(v, w, (x, at) => (x === null ? null : number(x, at)));
  };
  return {
    categories,
    value: axis(p.value, `${where}.value`),
    series: list(p.series, `${where}.series`, (s, w) => ({
      name: text(s.name, `${w}.name`),
      tone: optional(s.tone, `${w}.tone`, tone),
      values: values(s.values, `${w}.values`),
      errors: optional(s.errors, `${w}.errors`, values),
    })),
    references: list(p.references ?? [], `${where}.references`, (r, w) => ({
      name: text(r.name, `${w}.name`),
      value: number(r.value, `${w}.value`),
    })),
  };
}

const PLOTS = { line: linePlot, dots: categoryPlot, bars: categoryPlot };

function plot(p, where) {
  const type = choice(...Object.keys(PLOTS))(p.type, `${where}.type`);
  return {
    type,
    title: text(p.title, `${where}.title`),
    caption: text(p.caption, `${where}.caption`),
    ...PLOTS[type](p, where),
  };
}

function table(t, where) {
  const columns = list(t.columns, `${where}.columns`, (c, w) => ({
    name: c.name === '' ? '' : text(c.name, `${w}.name`),
    format: optional(c.format, `${w}.format`, format),
  }));
  return {
    title: text(t.title, `${where}.title`),
    caption: optional(t.caption, `${where}.caption`, text),
    columns,
    rows: list(t.rows, `${where}.rows`, (row, w) => {
      if (row.length !== columns.length) fail(w, `a list of ${columns.length} cells`, row);
      return list(row, w, (cell, at) => (cell === null || typeof cell === 'string' ? cell : number(cell, at)));
    }),
  };
}

/** The result as it goes into the JSON file: known fields only, numbers rounded, claims judged. */
export function checkResult(result, where) {
  return {
    intro: list([result.intro].flat(), `${where}.intro`, text),
    claims: list(result.claims, `${where}.claims`, claim),
    plots: list(result.plots ?? [], `${where}.plots`, plot),
    tables: list(result.tables ?? [], `${where}.tables`, table),
    notes: list(result.notes ?? [], `${where}.notes`, text),
  };
}
