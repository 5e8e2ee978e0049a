// SPDX-License-Identifier: Apache-2.0
/** Reads the golden files (blocks of `key = value`) and compares arrays with the answers in them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fnv1a, words } from './reference/kat.mjs';

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

  /** Every bit of `array` is as the file says: the first words by themselves, to be read in a failure, all by hash. */
  expect(key: string, array: ArrayBufferView): void {
    const where = `${this.title}: ${key}`;
    expect(words(array), where).toBe(this.text(key));
    expect(fnv1a(array), `${where}, hash of all bytes`).toBe(this.text(`${key}.hash`));
  }
}

export function readGolden(name: string): GoldenCase[] {
  const text = readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8');
  const blocks = text
    .split('\n\n')
    .map((block) => block.trim())
    .filter((block) => block && !block.startsWith('#'));
  if (blocks.length === 0) throw new Error(`test/golden/${name}.txt holds no case`);
  return blocks.map((block) => new GoldenCase(block));
}
