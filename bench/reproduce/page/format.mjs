// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers as text. A format is a letter and a number of digits: f3 fixed, s3 significant, e1 scientific, p1 percent,
 * x2 times; d is a whole number.
 */

const STYLES = {
  f: (value, digits) => value.toFixed(digits),
  s: (value, digits) => significant(value, digits),
  e: (value, digits) => scientific(value, digits),
  p: (value, digits) => `${(100 * value).toFixed(digits)} %`,
  x: (value, digits) => `${value.toFixed(digits)}×`,
  d: (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f'),
};

const SUPERSCRIPTS = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

export function isFormat(format) {
  return typeof format === 'string' && /^(d|[fsepx]\d)$/.test(format);
}

/** 10 to the power of a whole number. */
export function powerOfTen(exponent) {
  return `10${[...String(exponent)].map((c) => SUPERSCRIPTS[c]).join('')}`;
}

function scientific(value, digits) {
  if (value === 0) return '0';
  const [mantissa, exponent] = value.toExponential(digits).split('e');
  return `${mantissa}·${powerOfTen(Number(exponent))}`;
}

function significant(value, digits) {
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  return size < -4 || size > 5 ? scientific(value, digits - 1) : value.toFixed(Math.max(0, digits - 1 - size));
}

/** A number, or a dash where there is none. */
export function formatNumber(value, format = 's3') {
  if (value === null || value === undefined) return '–';
  const text = STYLES[format[0]](value, Number(format[1] ?? 0));
  // "-0.000" is no news
  return (/^-[0.]+([ ×·]|$)/.test(text) ? text.slice(1) : text).replace('-', '−');
}

const SIGNS = { '=': '', '<=': '≤ ', '>=': '≥ ' };

/** The expected value of a claim with its relation. */
export function formatTarget({ expected, relation, format }) {
  return `${SIGNS[relation]}${formatNumber(expected, format)}`;
}

/** The tolerance of a claim, in the claim's format unless it would read as 0 there. */
export function formatTolerance({ tolerance, relation, format }) {
  if (tolerance === 0) return 'none';
  const text = formatNumber(tolerance, format);
  const sign = relation === '=' ? '±' : relation === '<=' ? '+' : '−';
  return `${sign} ${/[1-9]/.test(text.split('·')[0]) ? text : formatNumber(tolerance, 's1')}`;
}
