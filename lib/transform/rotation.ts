// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';
import { checkChoice, checkDim, checkOptions, checkOut, checkRows, checkSeed } from '../check.ts';
import type { Seed } from '../random.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { type RotationPlan, rotationPlan } from './rotation-plan.ts';

/** What a `Rotation` is made of. */
export interface RotationOptions {
  /** Coordinates a row, 1 to 2^30. Any number: sizes m * 2^j (m = 1, 12, 20, 28) take the fastest path. */
  dim: number;
  /** Randomized Hadamard transforms one after the other. Default 2: near Gaussian coordinates for every input. */
  rounds?: 1 | 2 | 3;
  /** Default 0. Rotations of equal dim and seed are equal on every machine. */
  seed?: Seed;
}

/** Options of `Rotation.apply` and `Rotation.invert`. */
export interface RotateOptions {
  /** Where the result goes; may be the input itself. Default: a new array. */
  out?: Float32Array;
  /** Rounds of this call. Default: those of the rotation. */
  rounds?: 1 | 2 | 3;
}

const ROUND_CHOICES = [1, 2, 3] as const;

/**
 * A random rotation of R^dim: k rounds of "flip random signs, then Hadamard transform" (arXiv 2605.06014).
 *
 * It keeps norms and inner products, takes O(dim log dim) time and stores dim bits a round. Rounds nest: the signs of
 * round 1 are the same whatever the number of rounds. A dim that is no m * 2^j (m = 1, 12, 20, 28) is covered by two
 * overlapping transforms a round; use at least two rounds there.
 */
export class Rotation {
  /** Coordinates of a row. */
  readonly dim: number;
  /** Rounds of `apply` and `invert` unless a call asks for others. */
  readonly rounds: 1 | 2 | 3;
  /** Of the signs. */
  readonly seed: Seed;
  readonly #plan: RotationPlan;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: RotationOptions) {
    const given = checkOptions(options);
    this.dim = checkDim(given.dim);
    this.rounds = given.rounds === undefined ? 2 : checkChoice('rounds', given.rounds, ROUND_CHOICES);
    this.seed = given.seed === undefined ? 0 : checkSeed(given.seed);
    this.#plan = rotationPlan(this.dim, this.seed);
  }

  /**
   * Rotates rows.
   * @param x rows x dim float32. Not changed unless it is `out`.
   * @returns rows x dim float32: `out` or a new array
   * @throws TypeError for a wrong type; RangeError if x is not a whole number of rows, a row holds a NaN or an infinity or is
   *   longer than float32, or `out` is too short or overlaps part of x. Nothing is written then.
   */
  apply(x: Float32Array, options?: RotateOptions): Float32Array {
    return this.#run('x', x, options, true);
  }

  /**
   * Undoes `apply` of as many rounds, but for rounding.
   * @param y rows x dim float32. Not changed unless it is `out`.
   * @returns rows x dim float32: `out` or a new array
   * @throws as `apply`
   */
  invert(y: Float32Array, options?: RotateOptions): Float32Array {
    return this.#run('y', y, options, false);
  }

  #run(name: string, x: Float32Array, options: RotateOptions | undefined, forward: boolean): Float32Array {
    const given = checkOptions(options);
    const rows = checkRows(name, x, this.dim);
    const rounds = given.rounds === undefined ? this.rounds : checkChoice('rounds', given.rounds, ROUND_CHOICES);
    const out = checkOut(given.out, Float32Array, rows * this.dim, { [name]: x }, true);
    requireUsableRows(name, x, this.dim);
    if (forward) kernels().rotate(this.#plan, x, out, 0, rounds);
    else kernels().unrotate(this.#plan, x, out, 0, rounds);
    return out;
  }
}
