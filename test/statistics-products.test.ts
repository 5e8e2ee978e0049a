// SPDX-License-Identifier: Apache-2.0
/**
 * Estimated inner products: unbiased, with the spread of theory, within errorBounds as often as they should be; and EDEN
 * against TurboQuant. Theory, for x^ - x across x in a random direction: Var <x^, q> = |q|^2 |x|^2 NMSE (1 - cos^2) / d
 * (RaBitQ, arXiv 2405.12497, whose estimate is that of EDEN's scale), NMSE = D / (1 - D).
 */
import { describe, expect, it } from 'vitest';
import { LLOYD_MAX_ERROR } from '../lib/codec/lloyd-max.ts';
import { type CodecName, Quantizer, type QuantizerOptions } from '../lib/index.ts';
import { random } from './random-inputs.ts';
import { deep, dot, figure, type Mean, meanOf, once, relativeError } from './statistics.ts';

const limit = (bits: number) => LLOYD_MAX_ERROR[bits] / (1 - LLOYD_MAX_ERROR[bits]);
const DIM = 768;
const rowOf = (rows: Float32Array, i: number) => rows.subarray(i * DIM, (i + 1) * DIM);

/** Rows with a common mean (cosines around 0.26) and norms that vary by a factor of three, ten queries, and the truth. */
const batches = once(() => {
  const rows = 40;
  const r = random(5);
  const mean = Float32Array.from({ length: DIM }, () => 0.6 * r.gaussian());
  const sample = () => {
    const size = 0.5 + r.uniform();
    return mean.map((m) => size * (m + r.gaussian()));
  };
  return Array.from({ length: deep ? 100 : 50 }, () => {
    const x = new Float32Array(rows * DIM);
    for (let i = 0; i < rows; i++) x.set(sample(), i * DIM);
    const queries = Array.from({ length: 10 }, () => {
      const query = sample();
      const truth = Array.from({ length: rows }, (_, i) => {
        const row = x.subarray(i * DIM, (i + 1) * DIM);
        const ip = dot(query, row);
        const size = Math.sqrt(dot(query, query) * dot(row, row));
        return { ip, unit: size * Math.sqrt((1 - (ip / size) ** 2) / DIM) };
      });
      return { query, truth };
    });
    return { x, queries };
  });
});

interface Estimates {
  /** Mean error in units of |q| |x| sqrt((1 - cos^2) / d). */
  readonly bias: Mean;
  /** Root of the mean squared error in these units. */
  readonly spread: number;
  readonly error: Mean;
}

/**
 * Estimates under one rotation for each batch. Errors under one rotation go together where rows share a direction, so the
 * standard error of the bias comes from the spread of the rotations' means.
 */
function estimates(options: QuantizerOptions<CodecName>): Estimates {
  const biases: number[] = [];
  const errors: number[] = [];
  let [squares, count] = [0, 0];
  batches().forEach(({ x, queries }, seed) => {
    const quantizer = new Quantizer({ ...options, seed });
    const codes = quantizer.encode(x);
    let [sum, here] = [0, 0];
    for (const { query, truth } of queries) {
      const got = quantizer.innerProducts(query, codes);
      truth.forEach(({ ip, unit }, i) => {
        const error = (got[i] - ip) / unit;
        sum += error;
        squares += error * error;
        here++;
      });
    }
    count += here;
    biases.push(sum / here);
    const decoded = quantizer.decode(codes);
    for (let i = 0; i * DIM < x.length; i++) errors.push(relativeError(rowOf(x, i), rowOf(decoded, i)));
  });
  return { bias: meanOf(biases), spread: Math.sqrt(squares / count), error: meanOf(errors) };
}

describe('inner products, d = 768', () => {
  // NMSE of uniform codes with the best of 17 steps for each row: our simulation (numpy, 4000 rows), to the digits listed
  const uniformError = [Number.NaN, 0.57, 0.1343, 0.03845, 0.01135, 0.00328, 0.000894, 0.000232, 0.00006];

  for (const codec of ['eden', 'uniform'] as const) {
    it.each([1, 2, 3, 4, 5, 6, 7, 8])(`${codec}, %i bits: unbiased, with the spread of theory`, (bits) => {
      const { bias, spread, error } = estimates({ dim: DIM, bits, codec });
      const expected = codec === 'eden' ? limit(bits) : uniformError[bits];
      figure(`${codec} b=${bits} NMSE`, error, expected);
      figure(`${codec} b=${bits} ip mean`, bias, 0);
      figure(`${codec} b=${bits} ip spread`, spread, Math.sqrt(expected));
      expect(Math.abs(bias.mean)).toBeLessThan(3 * bias.standardError);
      // 20,000 errors, nearly independent: a standard error of 0.5 %
      expect(Math.abs(spread / Math.sqrt(expected) - 1)).toBeLessThan(0.03);
      // 2000 rows: a standard error of 0.1 to 0.3 %
      expect(Math.abs(error.mean / expected - 1)).toBeLessThan(0.03);
    });
  }
});

const PARTS = deep ? 50 : 30;
const PART = 200;

/** Rows of independent directions for each part. */
const directions = once(() => {
  const r = random(11);
  return Array.from({ length: PARTS }, () => {
    const rows = Float32Array.from({ length: PART * DIM }, () => r.gaussian());
    for (let i = 0; i < PART; i++) {
      const row = rowOf(rows, i);
      const norm = Math.sqrt(dot(row, row));
      for (let j = 0; j < DIM; j++) row[j] /= norm;
    }
    return rows;
  });
});

/** Rows of another part: their cosines with those of this one are 0 but for 0.036. */
const across = (part: number) => directions()[(part + 1) % PARTS];

function share(inside: number, count: number): Mean {
  // with one more inside and one more outside, a standard error of 0 cannot come of all being inside
  const p = (inside + 1) / (count + 2);
  return { mean: inside / count, standardError: Math.sqrt((p * (1 - p)) / count) };
}

/** A quantizer with a rotation (and a projection) of its own for each part. */
function quantizerOf(options: QuantizerOptions<CodecName>, part: number): Quantizer<CodecName> {
  return new Quantizer({ ...options, seed: part, ...(options.codec === 'quicfl' ? { privateSeed: part } : {}) });
}

/**
 * Share of estimates within errorBounds for one query across the rows of each part. Rows have independent directions, and
 * so, as good as, have their errors.
 */
function coverageAcross(options: QuantizerOptions<CodecName>, sigmas: number, parts: number): Mean {
  let inside = 0;
  for (let part = 0; part < parts; part++) {
    const quantizer = quantizerOf(options, part);
    const x = directions()[part];
    const query = rowOf(across(part), 0);
    const codes = quantizer.encode(x);
    const got = quantizer.innerProducts(query, codes);
    const bounds = quantizer.errorBounds(query, codes, { sigmas });
    for (let i = 0; i < PART; i++) {
      if (Math.abs(got[i] - dot(query, rowOf(x, i))) <= bounds[i]) inside++;
    }
  }
  return share(inside, parts * PART);
}

/** The same with a query for each row, of these cosines with it. */
function coverageAlong(
  options: QuantizerOptions<CodecName>,
  sigmas: number,
  cosines: readonly number[],
  parts: number,
): Mean[] {
  const inside = cosines.map(() => 0);
  const query = new Float32Array(DIM);
  for (let part = 0; part < parts; part++) {
    const quantizer = quantizerOf(options, part);
    for (let i = 0; i < PART; i++) {
      const [row, other] = [rowOf(directions()[part], i), rowOf(across(part), i)];
      const codes = quantizer.encode(row, { firstIndex: i });
      cosines.forEach((cosine, c) => {
        const sine = Math.sqrt(1 - cosine ** 2);
        for (let j = 0; j < DIM; j++) query[j] = cosine * row[j] + sine * other[j];
        const [got] = quantizer.innerProducts(query, codes);
        const [bound] = quantizer.errorBounds(query, codes, { sigmas });
        if (Math.abs(got - dot(query, row)) <= bound) inside[c]++;
      });
    }
  }
  return inside.map((n) => share(n, parts * PART));
}

describe('errorBounds at 1.9 sigmas, d = 768, queries across their rows: hold for 94.3 % of estimates', () => {
  for (const codec of ['eden', 'uniform'] as const) {
    it.each([1, 2, 3, 4, 5, 6, 7, 8])(`${codec}, %i bits`, (bits) => {
      const covered = coverageAcross({ dim: DIM, bits, codec }, 1.9, deep || codec === 'eden' ? PARTS : 20);
      figure(`${codec} b=${bits} within 1.9 sigmas`, covered, 0.9426);
      // the normal law, two-sided, at 1.9: 94.26 %; 4000 estimates have a standard error of 0.37 %
      expect(Math.abs(covered.mean - 0.943)).toBeLessThan(0.01);
    });
  }
});

describe('errorBounds at 2 sigmas, d = 768: hold for 95 % of estimates at least', () => {
  const whole = deep ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2, 4];
  const of = (codec: CodecName, bits: readonly number[], more: object = {}) =>
    bits.map((b) => ({ codec, bits: b, ...more }));
  const cases: { codec: CodecName; bits: number; scale?: 'mse'; grid?: '2x16' }[] = [
    ...of('eden', whole),
    ...of('eden', [0.5, 1.5]),
    ...of('eden', [0.5, ...whole], { scale: 'mse' }),
    ...of('drive', [1]),
    ...of('drive', [1], { scale: 'mse' }),
    ...of('quicfl', deep ? [1, 2, 3, 4, 5, 6] : whole),
    ...of('dithered', whole),
    ...of('turboquant-mse', whole),
    ...of('turboquant-prod', deep ? whole.slice(1) : [2, 4]),
    ...of('uniform', whole),
    ...of('uniform', whole, { scale: 'mse' }),
    ...of('vq', [1, 2, 4]),
    ...of('vq', [2], { grid: '2x16' }),
    ...of('vq', [1, 2, 4], { scale: 'mse' }),
  ];
  // the projection of turboquant-prod takes long where JavaScript does the work
  const partsOf = (codec: CodecName) => {
    if (deep) return { across: PARTS, along: 15 };
    return codec === 'turboquant-prod' ? { across: 5, along: 4 } : { across: 15, along: 8 };
  };
  const cosines = deep ? [0.5, 0.9, 1] : [0.9];

  /** 95.45 % by the normal law; a bound that is too narrow by a tenth would hold for 92.8 %. */
  function expectCovered(what: string, covered: Mean): void {
    figure(`${what}, within 2 sigmas`, covered, 0.9545);
    expect(covered.mean).toBeGreaterThan(0.95 - 3 * covered.standardError);
    expect(covered.standardError).toBeLessThan(0.01);
  }

  for (const options of cases) {
    const name = JSON.stringify(options);
    const parts = partsOf(options.codec);
    it(`${name}, queries across their rows`, () => {
      expectCovered(`${name} across`, coverageAcross({ dim: DIM, ...options }, 2, parts.across));
    });

    const along = once(() => coverageAlong({ dim: DIM, ...options }, 2, cosines, parts.along));
    it.each(cosines)(`${name}, queries of cosine %d with their rows`, (cosine) => {
      expectCovered(`${name} cosine ${cosine}`, along()[cosines.indexOf(cosine)]);
    });
  }
});

describe('EDEN against TurboQuant at equal bits, d = 512, cosine 1/2', () => {
  const dim = 512;
  const rows = 100;
  const parts = deep ? 200 : 20;
  /** Rows x_i, and y_i with <x_i, y_i> = |x_i|^2 / 2 and |y_i| about |x_i|, so that the cosine is about 1/2. */
  const pairs = once(() =>
    Array.from({ length: parts }, (_, part) => {
      const r = random(100 + part);
      const x = Float32Array.from({ length: rows * dim }, () => r.gaussian());
      const y = x.map((v) => 0.5 * v + Math.sqrt(0.75) * r.gaussian());
      return { x, y };
    }),
  );

  /** NMSE, and means of <x^, y> / <x, y> weighted by |x| |y|: over parts with a rotation and a projection of their own. */
  const compare = (codec: 'eden' | 'turboquant-mse' | 'turboquant-prod', bits: number) => {
    const errors: number[] = [];
    const gains: number[] = [];
    pairs().forEach(({ x, y }, seed) => {
      const quantizer = new Quantizer({ dim, bits, codec, seed });
      const decoded = quantizer.decode(quantizer.encode(x));
      let [got, truth, error] = [0, 0, 0];
      for (let i = 0; i < rows; i++) {
        const [a, b, c] = [x, y, decoded].map((v) => v.subarray(i * dim, (i + 1) * dim));
        got += dot(c, b);
        truth += dot(a, b);
        error += relativeError(a, c) / rows;
      }
      gains.push(got / truth);
      errors.push(error);
    });
    return { error: meanOf(errors), gain: meanOf(gains) };
  };

  it.each([2, 3, 4])('%i bits', (bits) => {
    const eden = compare('eden', bits);
    const mse = compare('turboquant-mse', bits);
    const prod = compare('turboquant-prod', bits);
    const D = LLOYD_MAX_ERROR[bits];
    // The sign code of a residual r in d dimensions misses (pi/2 - 1/d) |r|^2: our derivation, from the mean and the
    // variance of the d products |g_j r|, and their parts across r.
    const prodError = (Math.PI / 2 - 1 / dim) * LLOYD_MAX_ERROR[bits - 1];
    figure(`eden b=${bits} NMSE`, eden.error, limit(bits));
    figure(`turboquant-mse b=${bits} NMSE`, mse.error, D);
    figure(`turboquant-prod b=${bits} NMSE`, prod.error, prodError);
    figure(`prod / eden b=${bits} NMSE`, prod.error.mean / eden.error.mean, prodError / limit(bits));
    figure(`eden b=${bits} <x^,y>/<x,y>`, eden.gain, 1);
    figure(`turboquant-mse b=${bits} <x^,y>/<x,y>`, mse.gain, 1 - D);
    figure(`turboquant-prod b=${bits} <x^,y>/<x,y>`, prod.gain, 1);

    expect(prod.error.mean / eden.error.mean).toBeGreaterThan(4);
    // 2000 rows: standard errors of 0.1 to 0.2 %; at d = 512 rare far coordinates are a little rarer, up to 0.8 % at 4 bits
    expect(Math.abs(eden.error.mean / limit(bits) - 1)).toBeLessThan(0.02);
    expect(Math.abs(mse.error.mean / D - 1)).toBeLessThan(0.02);
    expect(Math.abs(prod.error.mean / prodError - 1)).toBeLessThan(0.02);

    expect(Math.abs(eden.gain.mean - 1)).toBeLessThan(3 * eden.gain.standardError);
    expect(Math.abs(prod.gain.mean - 1)).toBeLessThan(3 * prod.gain.standardError);
    // short by D, which is many standard errors; 0.01 D is for the finite dim
    expect(Math.abs(1 - mse.gain.mean - D)).toBeLessThan(3 * mse.gain.standardError + 0.01 * D);
    expect(D).toBeGreaterThan(15 * mse.gain.standardError);
  });
});
