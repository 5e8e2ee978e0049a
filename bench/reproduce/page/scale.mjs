// SPDX-License-Identifier: Apache-2.0
/** Axes: where a value lies on the paper, and which values get a tick. */
import { formatNumber, powerOfTen } from './format.mjs';

const TICKS = 5;

/** The largest of 1, 2, 5 times a power of ten that gives about `count` steps over `span`. */
function niceStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((m) => m * power >= rough * 0.999) ?? 10);
}

const LINEAR_MARGIN = 0.04;

/** A little room beyond the values, but none beyond a zero they start from. */
function linearDomain(values, axis) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low || Math.abs(high) || 1) * LINEAR_MARGIN;
  return [axis.min ?? (low === 0 ? 0 : low - room), axis.max ?? (high === 0 ? 0 : high + room)];
}

function linearTicks([low, high]) {
  const step = niceStep(high - low, TICKS);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // whole multiples, so that 0.3 is not 0.30000000000000004
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const LOG_MARGIN = 1.25;

function logDomain(values, axis) {
  const positive = values.filter((value) => value > 0);
  return [axis.min ?? Math.min(...positive) / LOG_MARGIN, axis.max ?? Math.max(...positive) * LOG_MARGIN];
}

/** Powers of ten; where there are fewer than three of them, 2 and 5 times them too. */
function logTicks([low, high]) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const m of [1, 2, 5]) ticks.push(Number((m * 10 ** power).toPrecision(3)));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  const powers = inside.filter((tick) => Number.isInteger(Math.log10(tick)));
  return powers.length < 3 ? inside : powers;
}

function logLabel(value) {
  const power = Math.log10(value);
  const small = value < 1e-3 || value >= 1e5;
  if (!small) return String(value);
  return Number.isInteger(power) ? powerOfTen(power) : formatNumber(value, 'e0');
}

/**
 * How ticks are written: in the axis's format where they were given with it. Ticks found here are round numbers and
 * need no more decimals than they have.
 */
function tickLabel({ scale, format, ticks: given }, ticks) {
  if (format !== undefined && given) return (tick) => formatNumber(tick, format);
  if (scale === 'log') return logLabel;
  const kind = format?.[0];
  const unit = kind === 'p' ? 100 : 1;
  const decimals = ticks.map((tick) => (String(Number((tick * unit).toPrecision(9))).split('.')[1] ?? '').length);
  const most = Math.min(9, Math.max(0, ...decimals));
  if (kind === 'p' || kind === 'x') return (tick) => formatNumber(tick, kind + most);
  return (tick) => formatNumber(tick, Math.abs(tick) >= 1000 ? 'd' : `f${most}`);
}

/**
 * @param {object} axis label, scale, format, ticks, min, max (README.md)
 * @param {number[]} values everything that has to be on it
 * @param {[number, number]} range its ends on the paper
 */
export function makeScale(axis, values, [start, end]) {
  const log = axis.scale === 'log';
  const wanted = [...values, ...(axis.ticks ?? [])];
  const domain = log ? logDomain(wanted, axis) : linearDomain(wanted, axis);
  const to = log ? Math.log : (value) => value;
  const [low, high] = domain.map(to);
  const ticks = axis.ticks ?? (log ? logTicks(domain) : linearTicks(domain));
  const label = tickLabel(axis, ticks);
  return {
    domain,
    /** A log axis has no place for 0 and less: they sit on its lower end. */
    at: (value) => {
      if (log && value <= 0) return start;
      return start + ((to(value) - low) / (high - low || 1)) * (end - start);
    },
    ticks: ticks.map((value) => ({ value, label: label(value) })),
  };
}
