// SPDX-License-Identifier: Apache-2.0
/** Numbers and small tables as people read them. */

/** 1234567 -> 1,234,567 */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Three digits and a decimal prefix: 1234567 -> 1.23 M */
function scaled(value: number): string {
  let power = 0;
  let rest = value;
  // 999.5 would be shown as 1000
  while (rest >= 999.5 && power < PREFIXES.length - 1) {
    rest /= 1000;
    power++;
  }
  const digits = rest >= 99.95 || (power === 0 && Number.isInteger(rest)) ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${PREFIXES[power]}`;
}

/** 1234567 -> 1.23 MB */
export function formatBytes(bytes: number): string {
  return `${scaled(bytes)}B`;
}

/** 1234567 -> 1.23 M */
export function formatShort(value: number): string {
  return scaled(value).trimEnd();
}

/** Seconds: 0.12 s, 9.5 s, 2:05, 1:02:05 */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A title and aligned `name  value` lines. */
export function formatFields(title: string, fields: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  const lines = Object.entries(fields).map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`);
  return `${title}\n${lines.join('')}`;
}

/** The shortest decimal number that is this float32: 0.1, not 0.10000000149011612. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** At most `digits` decimals: 12.345678 -> 12.35 */
export function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
