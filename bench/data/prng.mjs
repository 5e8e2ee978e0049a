// SPDX-License-Identifier: Apache-2.0
// mulberry32: a 32-bit state, one addition and two multiply-xorshift rounds a
// draw. Integer arithmetic only, so it gives the same numbers on every engine.
export function mulberry32(seed) {
  let state = seed >>> 0;
  return function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

// Fisher-Yates from the end, in place. `draw % n` is biased by at most n / 2^32,
// which is nothing here.
export function shuffle(items, seed) {
  const next = mulberry32(seed);
  for (let i = items.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
