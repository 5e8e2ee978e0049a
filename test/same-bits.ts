// SPDX-License-Identifier: Apache-2.0
/** Comparison of arrays bit by bit (0 and -0 differ, a NaN equals itself), with a short message for long arrays. */
import { expect } from 'vitest';
import { onEveryBackend } from './backends.ts';

type Typed = ArrayBufferView & ArrayLike<number> & { readonly BYTES_PER_ELEMENT: number };

const bytesOf = (a: ArrayBufferView) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

/** Where two arrays first differ, in words; '' if they are the same bits. */
export function firstDifference(actual: Typed, expected: Typed): string {
  if (actual.length !== expected.length) return `length ${actual.length}, expected ${expected.length}`;
  const [a, e] = [bytesOf(actual), bytesOf(expected)];
  if (a.equals(e)) return '';
  const width = actual.BYTES_PER_ELEMENT;
  const at = Math.floor(a.findIndex((byte, i) => byte !== e[i]) / width);
  const hex = (b: Buffer) =>
    Buffer.from(b.subarray(at * width, (at + 1) * width))
      .reverse()
      .toString('hex');
  return `element ${at} is ${actual[at]} (${hex(a)}), expected ${expected[at]} (${hex(e)})`;
}

export function expectSameBits(actual: Typed, expected: Typed, what = 'array'): void {
  const difference = firstDifference(actual, expected);
  expect(difference && `${what}: ${difference}`).toBe('');
}

/** `fn` gives the same bits on every backend; returns what the first gave. */
export function expectSameEverywhere<T extends Typed | readonly Typed[]>(fn: () => T, what = 'array'): T {
  const [first, ...others] = onEveryBackend(() => fn());
  const list = (value: T) => (Array.isArray(value) ? value : [value]) as readonly Typed[];
  for (const { name, value } of others) {
    list(value).forEach((array, i) => {
      expectSameBits(array, list(first.value)[i], `${what}[${i}] of ${name} against ${first.name}`);
    });
  }
  return first.value;
}
