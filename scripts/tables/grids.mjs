#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Trains the grids of the codec `vq` and writes lib/codec/grid-points.ts. Everything is seeded: a second run writes the
// same file. `--compare` instead prints what other starts of the 8x256 grid reach.
//
// A grid is a fixed point of Lloyd's algorithm: every codeword is the mean of its cell. Such points are many, so the
// starts matter. Random starts with a rotation symmetry of order k did better than plain ones (2x16: as well), as the
// search space is k times smaller and each sample counts k times:
//
//   2x16   0 and 5 orbits of the rotations by 1/3 turn
//   2x256  0 and 85 orbits of 1/3 turn, or 51 of 1/5 turn; cells are integrated, not sampled
//   4x256  0 and 51 orbits of the rotations by 1/5 turn in one plane and 2/5 in the other
//   8x256  the 240 roots of E8 and 16 points within, +-r e_i. Its symmetry leaves three lengths to train. Free k-means
//          from this start stays there, and comes back to it when points are taken out.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TARGET = fileURLToPath(new URL('../../lib/codec/grid-points.ts', import.meta.url));

/** sfc32 (Doty-Humphrey, PractRand), and normal numbers from it in pairs (Box and Muller). */
function generator(seed) {
  let [a, b, c, counter] = [seed, 0x9e3779b9, 0x243f6a88, 1];
  const word = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 20; i++) word();
  const fill = (out) => {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((word() + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * word()) / 2 ** 32;
      out[i] = radius * Math.cos(angle);
      out[i + 1] = radius * Math.sin(angle);
    }
    return out;
  };
  return { fill };
}

const random = generator(2411_17525);

/** Mean and its standard error of y, given that the mean of x is 0: the part of y that x explains is taken out. */
class Mean {
  constructor() {
    Object.assign(this, { n: 0, y: 0, x: 0, yy: 0, xx: 0, xy: 0 });
  }
  add(y, x) {
    this.n++;
    this.y += y;
    this.x += x;
    this.yy += y * y;
    this.xx += x * x;
    this.xy += x * y;
  }
  get result() {
    const { n, y, x, yy, xx, xy } = this;
    const slope = (xy - (x * y) / n) / (xx - (x * x) / n);
    const variance = (yy - (y * y) / n - slope * (xy - (x * y) / n)) / n;
    return { error: (y - slope * x) / n, standardError: Math.sqrt(variance / n) };
  }
}

// ---- one step of Lloyd's algorithm: of every cell its mass and its first moment; and the mean squared error ----

/** By `samples` normal vectors. Blocks of 4 coordinates or more. */
function sampledStep(points, block, samples, source = random) {
  const size = points.length / block;
  const half = Float64Array.from({ length: size }, (_, i) => {
    let square = 0;
    for (let j = 0; j < block; j++) square += points[i * block + j] ** 2;
    return square / 2;
  });
  const mass = new Float64Array(size);
  const moment = new Float64Array(points.length);
  const error = new Mean();
  const batch = new Float64Array(1024 * block);
  for (let done = 0; done < samples; done += 1024) {
    source.fill(batch);
    for (let s = 0; s < batch.length; s += block) {
      // four coordinates by name: most of the time goes here
      const [x0, x1, x2, x3] = [batch[s], batch[s + 1], batch[s + 2], batch[s + 3]];
      let best = Number.NEGATIVE_INFINITY;
      let nearest = 0;
      for (let i = 0, p = 0; i < size; i++, p += block) {
        let score = x0 * points[p] + x1 * points[p + 1] + x2 * points[p + 2] + x3 * points[p + 3] - half[i];
        for (let j = 4; j < block; j++) score += batch[s + j] * points[p + j];
        if (score > best) {
          best = score;
          nearest = i;
        }
      }
      let square = 0;
      for (let j = 0; j < block; j++) {
        square += batch[s + j] ** 2;
        moment[nearest * block + j] += batch[s + j];
      }
      mass[nearest]++;
      error.add((square - 2 * best) / block, square - block);
    }
  }
  return { mass, moment, ...error.result };
}

const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** The normal distribution function, near 1e-13: Taylor's series of order 4 about a table that Simpson's rule made. */
const distribution = (() => {
  const [step, end] = [1 / 64, 9];
  const table = [0];
  for (let z = -end; z < end; z += step) {
    table.push(table.at(-1) + (step / 6) * (density(z) + 4 * density(z + step / 2) + density(z + step)));
  }
  return (z) => {
    if (z <= -end) return 0;
    if (z >= end) return 1;
    const i = Math.round((z + end) / step);
    const a = i * step - end;
    const t = z - a;
    const slopes = 1 + t * (-a / 2 + t * ((a * a - 1) / 6 - (t * (a * a * a - 3 * a)) / 24));
    return table[i] + density(a) * t * slopes;
  };
})();

/**
 * By integration in the plane: on each of `lines` vertical lines the cells are intervals, the pieces of the upper
 * envelope of the scores y c_y - |c - (x, 0)|^2 / 2, and their integrals have closed forms.
 */
function integratedStep(points, lines) {
  const size = points.length / 2;
  const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => points[2 * a + 1] - points[2 * b + 1]);
  const mass = new Float64Array(size);
  const moment = new Float64Array(2 * size);
  const [envelope, starts] = [new Int32Array(size), new Float64Array(size)];
  const intercept = new Float64Array(size);
  const end = 7.5;
  let error = 0;
  for (let k = 0; k < lines; k++) {
    const x = -end + ((k + 0.5) * 2 * end) / lines;
    const weight = ((2 * end) / lines) * density(x);
    let pieces = 0;
    for (const i of order) {
      const [dx, y] = [x - points[2 * i], points[2 * i + 1]];
      intercept[i] = -(dx * dx + y * y) / 2;
      let start = Number.NEGATIVE_INFINITY;
      while (pieces) {
        const top = envelope[pieces - 1];
        // equal slopes give an infinity, or for one and the same point NaN, which drops the later one
        start = (intercept[top] - intercept[i]) / (y - points[2 * top + 1]);
        if (!(start <= starts[pieces - 1])) break;
        pieces--;
        start = Number.NEGATIVE_INFINITY;
      }
      if (!(start < Number.POSITIVE_INFINITY)) continue;
      envelope[pieces] = i;
      starts[pieces++] = start;
    }
    let [low, densityLow, below] = [-end, 0, 0];
    for (let t = 0; t < pieces; t++) {
      const high = Math.max(-end, t + 1 < pieces ? Math.min(end, starts[t + 1]) : end);
      const [densityHigh, belowHigh] = high === end ? [0, 1] : [density(high), distribution(high)];
      // integrals of 1, y and y^2 times the density over the interval
      const m0 = belowHigh - below;
      const m1 = densityLow - densityHigh;
      const m2 = m0 + low * densityLow - high * densityHigh;
      const i = envelope[t];
      const [dx, y] = [x - points[2 * i], points[2 * i + 1]];
      mass[i] += weight * m0;
      moment[2 * i] += weight * m0 * x;
      moment[2 * i + 1] += weight * m1;
      error += (weight * (dx * dx * m0 + m2 - 2 * y * m1 + y * y * m0)) / 2;
      [low, densityLow, below] = [high, densityHigh, belowHigh];
    }
  }
  return { mass, moment, error };
}

// ---- grids of 0 and orbits of a rotation by 1/order turn (times turns[p] in plane p) ----

/** The rotation by `times` / order turns, of the vector at `from` of `source`, added to the one at `to` of `target`. */
function addRotated({ order, turns }, times, source, from, target, to) {
  turns.forEach((turn, plane) => {
    const angle = (2 * Math.PI * times * turn) / order;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = [source[from + 2 * plane], source[from + 2 * plane + 1]];
    target[to + 2 * plane] += c * x - s * y;
    target[to + 2 * plane + 1] += s * x + c * y;
  });
}

/** 0, then the orbits of the leaders one after the other. */
function expand(symmetry, leaders) {
  const block = 2 * symmetry.turns.length;
  const points = new Float64Array(block + leaders.length * symmetry.order);
  for (let l = 0, to = block; l < leaders.length; l += block) {
    for (let times = 0; times < symmetry.order; times++, to += block) {
      addRotated(symmetry, times, leaders, l, points, to);
    }
  }
  return points;
}

/** Moves the leaders to (over = 1) or beyond (over > 1, which converges faster) the means of their orbits' cells. */
function move(symmetry, leaders, { mass, moment }, over) {
  const block = 2 * symmetry.turns.length;
  const moved = new Float64Array(leaders.length);
  for (let l = 0, i = 1; l < leaders.length; l += block) {
    let weight = 0;
    for (let times = 0; times < symmetry.order; times++, i++) {
      weight += mass[i];
      addRotated(symmetry, -times, moment, i * block, moved, l);
    }
    for (let j = l; j < l + block; j++) {
      const mean = weight > 0 ? moved[j] / weight : leaders[j];
      moved[j] = leaders[j] + over * (mean - leaders[j]);
    }
  }
  return moved;
}

/**
 * Many starts, of which the better ones go on to the next stage. A stage is
 * [starts that take part, steps, effort of a step, over]; the effort is samples or lines. `judge` gives the
 * error by which they are compared.
 */
function search(symmetry, size, stages, step, judge) {
  const block = 2 * symmetry.turns.length;
  const orbits = (size - 1) / symmetry.order;
  // the density of an optimal grid of many points is that of a normal law this much wider (Zador 1982)
  const spread = Math.sqrt((block + 2) / block);
  let field = Array.from({ length: stages[0][0] }, () => ({
    leaders: random.fill(new Float64Array(orbits * block)).map((z) => spread * z),
    error: 1,
  }));
  for (const [count, steps, effort, over] of stages) {
    field = field.slice(0, count).map(({ leaders }) => {
      for (let s = 0; s < steps; s++) {
        leaders = move(symmetry, leaders, step(expand(symmetry, leaders), effort), over);
      }
      return { leaders, error: judge(expand(symmetry, leaders)) };
    });
    field.sort((a, b) => a.error - b.error);
  }
  return { symmetry, ...field[0] };
}

/** Orbits by norm, rounded: what the file holds. */
function rounded({ symmetry, leaders }) {
  const block = 2 * symmetry.turns.length;
  const each = Array.from({ length: leaders.length / block }, (_, i) => leaders.slice(i * block, (i + 1) * block));
  each.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
  return expand(
    symmetry,
    each.flatMap((leader) => [...leader]),
  ).map(round4);
}

// + 0 makes zero of minus zero
const round4 = (value) => Math.round(value * 1e4) / 1e4 + 0;

// ---- 8x256: three lengths ----

/**
 * The step for the grid of +-inner e_i (16), +-pair e_i +-pair e_j (112) and half (+-1, ..., +-1) with minus signs even
 * in number (128): moves the three lengths. The nearest of each kind is known from the absolute values.
 */
function rootsStep({ inner, pair, half }, samples) {
  const [count, sum] = [new Float64Array(3), new Float64Array(3)];
  const error = new Mean();
  const batch = new Float64Array(1024 * 8);
  for (let done = 0; done < samples; done += 1024) {
    random.fill(batch);
    for (let s = 0; s < batch.length; s += 8) {
      let [first, second, least, total, square, minus] = [0, 0, Number.POSITIVE_INFINITY, 0, 0, 0];
      for (let j = s; j < s + 8; j++) {
        const x = Math.abs(batch[j]);
        if (batch[j] < 0) minus ^= 1;
        total += x;
        square += x * x;
        if (x < least) least = x;
        if (x > first) [first, second] = [x, first];
        else if (x > second) second = x;
      }
      const signed = minus ? total - 2 * least : total;
      const byInner = inner * first - inner ** 2 / 2;
      const byPair = pair * (first + second) - pair ** 2;
      const byHalf = half * signed - 4 * half ** 2;
      const best = Math.max(byInner, byPair, byHalf);
      const kind = best === byInner ? 0 : best === byPair ? 1 : 2;
      count[kind]++;
      sum[kind] += kind === 0 ? first : kind === 1 ? (first + second) / 2 : signed / 8;
      error.add((square - 2 * best) / 8, square - 8);
    }
  }
  const lengths = { inner: sum[0] / count[0], pair: sum[1] / count[1], half: sum[2] / count[2] };
  return { lengths, ...error.result };
}

function trainRoots() {
  let lengths = { inner: 1.16, pair: 1.68, half: 0.84 };
  for (const samples of [...Array(20).fill(1e6), ...Array(4).fill(3e7)]) lengths = rootsStep(lengths, samples).lengths;
  return Object.fromEntries(Object.entries(lengths).map(([name, value]) => [name, round4(value)]));
}

/** The vectors of E8 of squared norm `norm`, up to 4. */
function shell(norm) {
  const found = [];
  const extend = (v, left, offset) => {
    if (left < 0) return;
    if (v.length === 8) {
      if (left === 0 && v.reduce((a, b) => a + b) % 2 === 0) found.push(v);
      return;
    }
    for (let k = -2; k <= 2; k++) extend([...v, k + offset], left - (k + offset) ** 2, offset);
  };
  extend([], norm, 0);
  extend([], norm, 0.5);
  return found;
}

/** What the 8x256 grid is compared with: the ball of E8 as it is, and free k-means from this and other starts. */
function compare() {
  const report = (name, { error, standardError }) =>
    console.log(`${name.padEnd(50)} ${error.toFixed(6)} +- ${standardError.toFixed(6)}`);
  const free = (points) => {
    for (const samples of [...Array(30).fill(2e5), ...Array(10).fill(1e6), ...Array(4).fill(4e6)]) {
      const { mass, moment } = sampledStep(points, 8, samples);
      points = points.map((value, i) => (mass[i >> 3] ? moment[i] / mass[i >> 3] : value));
    }
    return points;
  };
  const measure = (name, points) => report(name, sampledStep(points, 8, 4e6));
  const roots = shell(2);
  const within = Array.from({ length: 16 }, (_, i) => {
    const point = Array(8).fill(0);
    point[i >> 1] = i & 1 ? -0.7 : 0.7;
    return point;
  });
  const scaled = (vectors, scale) => Float64Array.from(vectors.flat(), (value) => scale * value);
  const ball = [...roots, Array(8).fill(0), ...shell(4).slice(0, 15)];
  for (const scale of [1.6, 1.65, 1.7]) measure(`ball of E8, scale ${scale}`, scaled(ball, scale));
  measure('ball of E8, then k-means', free(scaled(ball, 1.65)));
  measure('240 roots of E8, 16 beyond them, then k-means', free(scaled([...roots, ...shell(4).slice(-16)], 1.65)));
  measure('random, then k-means', free(random.fill(new Float64Array(2048))));
  measure('240 roots of E8, 16 within, then k-means', free(scaled([...roots, ...within], 1.65)));
  const lengths = trainRoots();
  report('240 roots of E8, 16 within, three lengths', rootsStep(lengths, 4e6));
}

// ---- the file ----

/** Numbers in lines of at most 120 columns, as the formatter has them. */
function wrapped(numbers) {
  const lines = [' '];
  for (const value of numbers) {
    const text = ` ${value},`;
    if (lines.at(-1).length + text.length > 120) lines.push(' ');
    lines[lines.length - 1] += text;
  }
  return lines.join('\n');
}

const PLANAR = { step: integratedStep, judge: (points) => integratedStep(points, 1500).error, final: 40_000 };
const RECIPES = {
  '2x16': {
    ...PLANAR,
    size: 16,
    symmetries: [{ order: 3, turns: [1] }],
    // [starts that take part, steps, lines, over]
    stages: [
      [60, 200, 400, 1.5],
      [10, 1000, 1000, 1.8],
      [1, 1000, 10_000, 1],
    ],
  },
  '2x256': {
    ...PLANAR,
    size: 256,
    symmetries: [
      { order: 3, turns: [1] },
      { order: 5, turns: [1] },
    ],
    stages: [
      [80, 150, 300, 1.8],
      [20, 300, 500, 1.8],
      [6, 1000, 800, 1.8],
      [2, 500, 2000, 1.8],
      [1, 100, 10_000, 1],
    ],
  },
  '4x256': {
    size: 256,
    step: (points, samples) => sampledStep(points, 4, samples),
    // the same samples for all, or chance would decide
    judge: (points) => sampledStep(points, 4, 4e5, generator(1)).error,
    final: 1e8,
    symmetries: [{ order: 5, turns: [1, 2] }],
    // [starts that take part, steps, samples, over]
    stages: [
      [60, 40, 4e4, 1.6],
      [12, 60, 1e5, 1.6],
      [3, 60, 4e5, 1.6],
      [1, 60, 5e5, 1.3],
      [1, 10, 4e6, 1],
    ],
  },
};

function train() {
  const errors = {};
  const arrays = [];
  const report = (name, { error, standardError = 0 }, started) => {
    errors[name] = standardError ? error.toFixed(6) : error.toPrecision(8);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${name}: ${error.toPrecision(8)} +- ${standardError.toPrecision(2)} (${seconds} s)`);
  };
  for (const [name, { size, symmetries, stages, step, judge, final }] of Object.entries(RECIPES)) {
    const started = performance.now();
    const found = symmetries.map((symmetry) => search(symmetry, size, stages, step, judge));
    const best = found.reduce((a, b) => (b.error < a.error ? b : a));
    console.log(`${name}: ${found.map((f) => `order ${f.symmetry.order} ${f.error.toPrecision(8)}`).join(', ')}`);
    const points = rounded(best);
    report(name, step(points, final), started);
    arrays.push(`export const POINTS_${name.toUpperCase()}: readonly number[] = [\n${wrapped(points)}\n];\n`);
  }
  const started = performance.now();
  const lengths = trainRoots();
  report('8x256', rootsStep(lengths, 2e8), started);
  const list = Object.entries(errors).map(([name, error]) => `  '${name}': ${Number(error)},\n`);
  writeFileSync(
    TARGET,
    `// SPDX-License-Identifier: Apache-2.0
/** The numbers of lib/codec/grids.ts, which says what they mean. Written by scripts/tables/grids.mjs. */

/** Mean squared error of a coordinate. */
export const ERRORS = {
${list.join('')}} as const;

/** The three lengths of the 8x256 grid. */
export const LENGTHS_8X256 = { ${Object.entries(lengths)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} } as const;

${arrays.join('\n')}`,
  );
}

if (process.argv.includes('--compare')) compare();
else train();
