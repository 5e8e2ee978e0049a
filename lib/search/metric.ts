// SPDX-License-Identifier: Apache-2.0
/** 'cosine': cosine similarity. 'ip': inner product. 'l2': Euclidean distance. */
export type Metric = 'cosine' | 'ip' | 'l2';
export const METRICS: readonly Metric[] = ['cosine', 'ip', 'l2'];
