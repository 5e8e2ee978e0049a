// SPDX-License-Identifier: Apache-2.0
/**
 * A truly uniform random rotation (Haar measure): Q of the Householder QR of a matrix of independent Gaussians, columns
 * signed so that R has a positive diagonal. A reflection leaves the columns that follow independent Gaussians, so new
 * ones are as good and the matrix is never formed (Stewart 1980): d^2 / 2 numbers make it, 2 d^2 operations apply it.
 */
export class UniformRotation {
  #dim;
  /** Row k holds the reflection of coordinates k and up, scaled to length sqrt(2): x -= v <v, x>. */
  #reflections;
  #signs;

  /** @param {import('./random.mjs').Random} random */
  constructor(dim, random) {
    this.#dim = dim;
    this.#signs = new Float64Array(dim);
    this.#reflections = Array.from({ length: dim }, (_, k) => {
      const v = new Float64Array(dim - k);
      let square = 0;
      for (let i = 0; i < v.length; i++) {
        v[i] = random.normal();
        square += v[i] * v[i];
      }
      // v is sent to -sign(v_0) |v| e_k: the diagonal of R
      const sign = v[0] < 0 ? -1 : 1;
      this.#signs[k] = -sign;
      const head = v[0];
      v[0] += sign * Math.sqrt(square);
      const scale = Math.sqrt(2 / (square - head * head + v[0] * v[0]));
      for (let i = 0; i < v.length; i++) v[i] *= scale;
      return v;
    });
  }

  #reflect(x, k) {
    const v = this.#reflections[k];
    let product = 0;
    for (let i = 0; i < v.length; i++) product += v[i] * x[k + i];
    for (let i = 0; i < v.length; i++) x[k + i] -= product * v[i];
  }

  /** x := Q x. @param {Float64Array} x */
  apply(x) {
    for (let k = 0; k < this.#dim; k++) x[k] *= this.#signs[k];
    for (let k = this.#dim - 1; k >= 0; k--) this.#reflect(x, k);
    return x;
  }

  /** x := Q^T x. */
  invert(x) {
    for (let k = 0; k < this.#dim; k++) this.#reflect(x, k);
    for (let k = 0; k < this.#dim; k++) x[k] *= this.#signs[k];
    return x;
  }
}
