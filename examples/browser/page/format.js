// SPDX-License-Identifier: Apache-2.0
/** Numbers as people read them. */

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const count = (n) => plain.format(n);

export function bytes(n) {
  if (n < 1024) return `${plain.format(n)} B`;
  if (n < 1024 ** 2) return `${(n / 1024).toFixed(1)} KiB`;
  return `${(n / 1024 ** 2).toFixed(2)} MiB`;
}

/** Three digits that count. */
export const digits = (x) => three.format(x);

export const percent = (x) => `${(100 * x).toFixed(1)} %`;
