// SPDX-License-Identifier: Apache-2.0
/** The golden files: blocks of `key = value`, and whether arrays are what they say. For any runtime. */
import { fnv1a, words } from './reference/kat.mjs';

/** What a case should give: an array by its bits, or a text as it is. */
export type Answer = readonly [key: string, value: ArrayBufferView | string];

export class GoldenCase {
  readonly #fields: Map<string, string>;
  /** The block's parameters, for a test's name. */
  readonly title: string;

  constructor(block: string) {
    const fields = block.split('\n').map((line) => line.split(' = ') as [string, string]);
    this.#fields = new Map(fields);
    const answers = new Set(fields.filter(([key]) => key.endsWith('.hash')).map(([key]) => key.slice(0, -5)));
    this.title = fields
      .filter(([key]) => !answers.has(key.replace('.hash', '')))
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
  }

  text(key: string): string {
    const value = this.#fields.get(key);
    if (value === undefined) throw new Error(`the golden case has no ${key}: ${this.title}`);
    return value;
  }

  number(key: string): number {
    const value = Number(this.text(key));
    if (Number.isNaN(value)) throw new Error(`${key} is no number in golden case ${this.title}`);
    return value;
  }

  /** What the file says and what came instead: the first words by themselves, to be read in a failure, all by hash. */
  compared([key, value]: Answer): { where: string; wanted: string; got: string }[] {
    const where = `${this.title}: ${key}`;
    if (typeof value === 'string') return [{ where, wanted: this.text(key), got: value }];
    return [
      { where, wanted: this.text(key), got: words(value) },
      { where: `${where}, hash of all bytes`, wanted: this.text(`${key}.hash`), got: fnv1a(value) },
    ];
  }
}

export function parseGolden(text: string): GoldenCase[] {
  const blocks = text
    .split('\n\n')
    .map((block) => block.trim())
    .filter((block) => block && !block.startsWith('#'));
  return blocks.map((block) => new GoldenCase(block));
}
