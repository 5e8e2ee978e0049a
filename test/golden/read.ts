// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Answer, type GoldenCase, parseGolden } from './golden-case.ts';

export function readGolden(name: string): GoldenCase[] {
  const cases = parseGolden(readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8'));
  if (cases.length === 0) throw new Error(`test/golden/${name}.txt holds no case`);
  return cases;
}

/** Every bit of every answer is as the file says. */
export function expectGolden(golden: GoldenCase, answers: readonly Answer[]): void {
  for (const answer of answers) {
    for (const { where, wanted, got } of golden.compared(answer)) expect(got, where).toBe(wanted);
  }
}
