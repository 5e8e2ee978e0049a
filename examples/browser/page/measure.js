// SPDX-License-Identifier: Apache-2.0
/** Truth to measure against: exact search over the vectors themselves, recall, and the error of decoded vectors. */

/** Milliseconds of work between two turns of the event loop. */
const TURN = 30;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function normsOf({ rows, dim, data }) {
  return Float64Array.from({ length: rows }, (_, r) => {
    let sum = 0;
    for (let i = r * dim; i < (r + 1) * dim; i++) sum += data[i] * data[i];
    return Math.sqrt(sum);
  });
}

/**
 * The k nearest rows to each query by cosine; ties go to the smaller row.
 * @returns {Promise<{ ids: Float64Array, scores: Float32Array }>} queries x k
 */
export async function exactNearest(corpus, queries, k, { signal, onProgress }) {
  const { rows, dim, data } = corpus;
  const norms = normsOf(corpus);
  const lengths = normsOf(queries);
  const ids = new Float64Array(queries.rows * k);
  const scores = new Float32Array(queries.rows * k);
  const cosines = new Float64Array(rows);
  let began = performance.now();
  for (let q = 0; q < queries.rows; q++) {
    const query = queries.data.subarray(q * dim, (q + 1) * dim);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let i = 0, at = r * dim; i < dim; i++, at++) sum += query[i] * data[at];
      cosines[r] = sum / (norms[r] * lengths[q] || 1);
    }
    const order = Array.from(cosines.keys()).sort((a, b) => cosines[b] - cosines[a] || a - b);
    for (let i = 0; i < k; i++) {
      ids[q * k + i] = order[i];
      scores[q * k + i] = cosines[order[i]];
    }
    if (performance.now() - began < TURN) continue;
    onProgress(q + 1, queries.rows);
    await turn();
    signal.throwIfAborted();
    began = performance.now();
  }
  return { ids, scores };
}

/** The share of the k exactly nearest that were found, over all queries. */
export function recallOf(found, exact, k) {
  const queries = exact.length / k;
  let hits = 0;
  for (let q = 0; q < queries; q++) {
    const ids = new Set(found.subarray(q * k, (q + 1) * k));
    for (let i = q * k; i < (q + 1) * k; i++) if (ids.has(exact[i])) hits++;
  }
  return hits / (queries * k);
}

/** Mean of |x - decoded|^2 / |x|^2 over rows that are not zero. */
export function errorOf(x, decoded, dim) {
  let total = 0;
  let rows = 0;
  for (let r = 0; r < x.length; r += dim) {
    let error = 0;
    let norm = 0;
    for (let i = r; i < r + dim; i++) {
      error += (x[i] - decoded[i]) ** 2;
      norm += x[i] ** 2;
    }
    if (norm === 0) continue;
    total += error / norm;
    rows++;
  }
  return rows ? total / rows : 0;
}
