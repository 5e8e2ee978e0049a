// SPDX-License-Identifier: Apache-2.0
/**
 * Lloyd-Max levels of sqrt(dim) times a coordinate of a random unit vector, in the angle: the coordinate is sin(theta)
 * with weight cos(theta)^(dim - 2) on [-pi/2, pi/2]. A level is the mean of its cell; Newton's method on that.
 */

/** Nodes and weights of Gauss and Legendre on [-1, 1], from the roots of the polynomial. */
function gaussLegendre(n) {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    for (let step = 0; ; step++) {
      let [before, p] = [1, x];
      for (let k = 2; k <= n; k++) [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k];
      const slope = (n * (x * p - before)) / (x * x - 1);
      if (step === 8) return { x, weight: 2 / ((1 - x * x) * slope * slope) };
      x -= p / slope;
    }
  });
}

const NODES = gaussLegendre(16);

/** Weight of the angles from a to b, and the mean of their sines, in panels of at most 0.05. */
function cellOf(dim, a, b) {
  const panels = Math.ceil((b - a) / 0.05);
  const half = (b - a) / (2 * panels);
  let mass = 0;
  let sum = 0;
  for (let p = 0; p < panels; p++) {
    for (const { x, weight } of NODES) {
      const angle = a + half * (2 * p + 1 + x);
      const w = half * weight * Math.cos(angle) ** (dim - 2);
      mass += w;
      sum += w * Math.sin(angle);
    }
  }
  return { mass, mean: sum / mass };
}

/** The larger half of the levels, ascending, in units where the vector has length 1. */
function positiveLevels(dim, count) {
  // begin at the middles of cells of equal weight under cos^(dim - 2) / 3, which is near the best density
  const grid = Array.from({ length: 20001 }, (_, i) => (i * Math.PI) / 40000);
  const density = grid.map((angle) => Math.cos(angle) ** ((dim - 3) / 3 + 1));
  const total = density.reduce((a, b) => a + b);
  const level = [];
  let below = 0;
  density.forEach((w, i) => {
    below += w;
    while (level.length < count && below > (total * (level.length + 0.5)) / count) level.push(Math.sin(grid[i]));
  });
  for (let round = 0; round < 60; round++) {
    const edges = [0, ...level.slice(1).map((v, i) => (level[i] + v) / 2), 1];
    // rows of the tridiagonal system (I - derivative of the means) step = mean - level, solved from both ends
    const rows = level.map((v, i) => {
      const { mass, mean } = cellOf(dim, Math.asin(edges[i]), Math.asin(edges[i + 1]));
      const pull = (t) => (0.5 * (1 - t * t) ** ((dim - 3) / 2) * Math.abs(t - mean)) / mass;
      const left = i === 0 ? 0 : pull(edges[i]);
      const right = i === count - 1 ? 0 : pull(edges[i + 1]);
      return { left, right, middle: 1 - left - right, miss: mean - v };
    });
    for (let i = 1; i < count; i++) {
      const factor = rows[i].left / rows[i - 1].middle;
      rows[i].middle -= factor * rows[i - 1].right;
      rows[i].miss += factor * rows[i - 1].miss;
    }
    const step = new Array(count + 1).fill(0);
    for (let i = count - 1; i >= 0; i--) step[i] = (rows[i].miss + rows[i].right * step[i + 1]) / rows[i].middle;
    // no step crosses half the way to a neighbour
    const room = level.map((v, i) => Math.min(v - (level[i - 1] ?? 0), (level[i + 1] ?? 1) - v));
    const damping = Math.min(1, ...room.map((r, i) => (0.4 * r) / Math.abs(step[i])));
    level.forEach((v, i) => {
      level[i] = v + damping * step[i];
    });
    if (Math.max(...step.map(Math.abs)) < 1e-15) break;
  }
  return level;
}

/** 2^bits levels, ascending. */
export function betaLevels(dim, bits) {
  const count = 2 ** (bits - 1);
  if (dim === 1) return Array.from({ length: 2 * count }, (_, c) => (2 * c + 1 - 2 * count) / (2 * count - 1));
  const half = positiveLevels(dim, count).map((v) => v * Math.sqrt(dim));
  return [...half.map((v) => -v).reverse(), ...half];
}
