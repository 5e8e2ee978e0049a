// SPDX-License-Identifier: Apache-2.0
// What a target makes of an input, on every backend, and whether that is allowed.
import { createHash } from 'node:crypto';
import { variants } from './variants.mjs';

/** Memory that an input may make a reader take, in all and for each of its bytes. */
const MEMORY = { least: 48 << 20, perByte: 1 << 10 };

/** Something that must not happen. */
export class Finding extends Error {}

/** A digest of arrays and of anything else that JSON can show. */
export function digest(...values) {
  const hash = createHash('sha1');
  for (const value of values) {
    if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else hash.update(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'undefined');
  }
  return hash.digest('hex').slice(0, 16);
}

/** Fails with a finding; for the properties that a target checks. */
export function must(condition, what) {
  if (!condition) throw new Finding(what);
}

async function outcomeOn(variant, target, bytes, place) {
  variant.use();
  const before = process.memoryUsage();
  let outcome;
  try {
    outcome = `ok ${await target.run(bytes, place)}`;
  } catch (error) {
    if (error instanceof Finding) throw new Finding(`${variant.name}: ${error.message}`);
    if (!target.allows(error)) throw new Finding(`${variant.name}: ${error?.stack ?? error}`);
    outcome = `${error.name}: ${error.message}`;
  }
  const after = process.memoryUsage();
  const taken = Math.max(after.arrayBuffers - before.arrayBuffers, after.heapUsed - before.heapUsed);
  if (taken > MEMORY.least + MEMORY.perByte * bytes.length) {
    throw new Finding(`${variant.name}: ${bytes.length} bytes took ${(taken / 2 ** 20).toFixed(0)} MiB (${outcome})`);
  }
  return outcome;
}

/**
 * The outcome of an input, the same on the variants asked for.
 * @param place where the input lies as a file
 * @param turn which other variant sees an input that is refused; 'all' for all of them. One that is read goes to all.
 * @throws Finding
 */
export async function outcomeOf(target, bytes, place, turn = 'all') {
  const [reference, ...others] = target.kernels ? variants : variants.slice(0, 1);
  const expected = await outcomeOn(reference, target, bytes, place);
  const one = others.length && turn !== 'all' && !expected.startsWith('ok');
  for (const variant of one ? [others[turn % others.length]] : others) {
    const actual = await outcomeOn(variant, target, bytes, place);
    if (actual !== expected) {
      throw new Finding(`${variant.name} says «${actual}», ${reference.name} «${expected}»`);
    }
  }
  return expected;
}
