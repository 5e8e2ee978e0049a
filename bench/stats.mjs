// SPDX-License-Identifier: Apache-2.0
/** The same method as measure.h, for what is measured in JavaScript, and the numbers made from samples. */

/** @param {number[]} sorted ascending @param {number} part 0 to 1 */
function quantile(sorted, part) {
  const at = (sorted.length - 1) * part;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function median(values) {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Lower and upper quartile. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [quantile(sorted, 0.25), quantile(sorted, 0.75)];
}

const WARM_SECONDS = 0.05;
/** Short, and many of them: most fall between the moments at which the system runs somebody else. */
const STRETCH_SECONDS = 5e-4;
const ROUNDS_FACTOR = 4;

/** Seconds by the clock on the wall: fine enough for short stretches. */
export function wallClock() {
  return Number(process.hrtime.bigint()) / 1e9;
}

/**
 * Seconds of processor time of this process: for work of milliseconds on one thread, in which other programs may take
 * the core away. To the microsecond, but not on Windows.
 */
export function processorClock() {
  if (process.platform === 'win32') return wallClock();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** 0 .. n - 1 in random order. */
function shuffled(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Seconds of `calls` calls. */
function seconds(run, calls, clock) {
  const start = clock();
  run(calls);
  return clock() - start;
}

/**
 * Times competitors in rounds, each once a round, in random order, after a short untimed run of itself.
 * @param {((calls: number) => void)[]} competitors each does its work `calls` times
 * @param {() => number} clock seconds
 * @returns {number[][]} nanoseconds a call: a list of samples for each, 4 * rounds of them
 */
export function measure(competitors, rounds, clock = wallClock) {
  const calls = competitors.map((run) => {
    let many = 1;
    let spent = 0;
    // long enough for the optimising compiler to finish with it
    for (let total = 0; total < WARM_SECONDS; total += spent) {
      spent = seconds(run, many, clock);
      if (spent < STRETCH_SECONDS) many *= 2;
    }
    return many;
  });
  const samples = competitors.map(() => []);
  for (let round = 0; round < rounds * ROUNDS_FACTOR; round++) {
    for (const i of shuffled(competitors.length)) {
      competitors[i](Math.ceil(calls[i] / 4));
      samples[i].push((seconds(competitors[i], calls[i], clock) / calls[i]) * 1e9);
    }
  }
  return samples;
}

/**
 * Times long asynchronous work in rounds, each piece once a round, in random order, after an untimed run of each.
 * @param {(() => Promise<unknown>)[]} competitors
 * @returns {Promise<number[][]>} nanoseconds on the wall: a list of `rounds` samples for each
 */
export async function measureAsync(competitors, rounds) {
  const samples = competitors.map(() => []);
  for (const run of competitors) await run();
  for (let round = 0; round < rounds; round++) {
    for (const i of shuffled(competitors.length)) {
      const start = wallClock();
      await competitors[i]();
      samples[i].push((wallClock() - start) * 1e9);
    }
  }
  return samples;
}
