// SPDX-License-Identifier: Apache-2.0
/** Number tables of lib/codec, read as text: nothing of lib/ is run. */
import { readFileSync } from 'node:fs';

export const textOf = (name) => readFileSync(new URL(`../../../lib/codec/${name}`, import.meta.url), 'utf8');

export const numbers = (text) => (text.match(/-?[\d.]+(e[-+]?\d+)?/g) ?? []).map(Number);

/** { bits, draws, limit, levels } by width: ascending float64 levels of a file of tables with `bits:` .. `positive: [..]`. */
export function unbiasedTables(name, widths) {
  const tables = [];
  for (const [, fields, list] of textOf(name).matchAll(/\{\s*(bits: [^[]*)positive: \[([^\]]*)\]/g)) {
    const field = (key) => Number(fields.match(new RegExp(`${key}: ([^,]*),`))[1]);
    const half = numbers(list);
    const bits = field('bits');
    const draws = field('draws');
    if (half.length !== draws * 2 ** (bits - 1))
      throw new Error(`${name}, ${bits} bits: ${half.length} positive levels`);
    tables[bits] = { bits, draws, limit: field('limit'), levels: [...half.map((v) => -v).reverse(), ...half] };
  }
  if (tables.length !== widths + 1) throw new Error(`${name}: found ${tables.length - 1} tables`);
  return tables;
}
