// SPDX-License-Identifier: Apache-2.0
/**
 * What vectors are compared by: 'cosine', cosine similarity; 'ip', inner product (both: larger is better); 'l2', Euclidean
 * distance (smaller is better).
 */
export type Metric = 'cosine' | 'ip' | 'l2';
export const METRICS: readonly Metric[] = ['cosine', 'ip', 'l2'];
