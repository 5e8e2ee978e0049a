// SPDX-License-Identifier: Apache-2.0
/** What is known of one run: puts the reports of its workers together, round by round. */

/**
 * @typedef {object} Point after a test
 * @property {number} round
 * @property {number} trainLoss mean over the rounds since the last test, and over workers
 * @property {number} testLoss
 * @property {number} accuracy 0 to 1
 * @property {number} up bytes that all workers have sent so far
 * @property {number} down bytes that they have received so far
 */
export class RunLog {
  /** @param {{ mode: string, drop: number, seed: number }} run @param {{ rounds: number, workers: number }} settings */
  constructor(run, { rounds, workers }) {
    Object.assign(this, run, { rounds, workers });
    this.round = 0;
    this.loss = null;
    this.accuracy = null;
    this.up = 0;
    this.down = 0;
    this.lost = 0;
    this.late = 0;
    this.seconds = 0;
    /** @type {Point[]} */
    this.curve = [];
    this.began = null;
    this.open = new Map();
    this.tests = new Map();
    this.losses = [];
  }

  /** @param {object} report what trainWorker reports @returns {boolean} whether there is a new point of the curve */
  add(report) {
    // the first reports come after a few milliseconds of work; processes may have taken longer to start
    this.began ??= performance.now();
    return report.kind === 'round' ? this.#addRound(report) : this.#addTest(report);
  }

  #addRound({ round, loss, up, down, lost, late }) {
    const sums = this.open.get(round) ?? { reports: 0, loss: 0, up: 0, down: 0 };
    this.open.set(round, sums);
    sums.reports++;
    sums.loss += loss;
    sums.up += up;
    sums.down += down;
    this.lost += lost;
    this.late += late;
    if (sums.reports < this.workers) return false;
    this.open.delete(round);
    this.round = round;
    this.up += sums.up;
    this.down += sums.down;
    this.loss = sums.loss / this.workers;
    this.losses.push(this.loss);
    this.seconds = (performance.now() - this.began) / 1000;
    return false;
  }

  #addTest({ round, right, loss, count }) {
    const sums = this.tests.get(round) ?? { reports: 0, right: 0, loss: 0, count: 0 };
    this.tests.set(round, sums);
    sums.reports++;
    sums.right += right;
    sums.loss += loss;
    sums.count += count;
    if (sums.reports < this.workers) return false;
    this.tests.delete(round);
    const trainLoss = this.losses.reduce((a, b) => a + b, 0) / this.losses.length;
    this.losses = [];
    this.accuracy = sums.right / sums.count;
    this.curve.push({
      round,
      trainLoss,
      testLoss: sums.loss / sums.count,
      accuracy: this.accuracy,
      up: this.up,
      down: this.down,
    });
    this.seconds = (performance.now() - this.began) / 1000;
    return true;
  }

  /** @param {number[]} fingerprints of the workers' models */
  result(fingerprints) {
    const { mode, drop, seed, accuracy, up, down, lost, late, rounds, workers, seconds, curve } = this;
    return {
      mode,
      drop,
      seed,
      accuracy,
      testLoss: curve.at(-1).testLoss,
      upPerWorkerAndRound: up / rounds / workers,
      downPerWorkerAndRound: down / rounds / workers,
      packetsDropped: lost,
      packetsLate: late,
      modelsEqual: new Set(fingerprints).size === 1,
      seconds: Math.round(seconds * 10) / 10,
      curve,
    };
  }
}
