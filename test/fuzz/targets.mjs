// SPDX-License-Identifier: Apache-2.0
/** Readers that main.mjs can fuzz: the files of targets/. */
export const TARGETS = ['records', 'index-file', 'index-bytes', 'packet', 'npy', 'fvecs', 'messages', 'json'];
