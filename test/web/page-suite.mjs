// SPDX-License-Identifier: Apache-2.0
/** The suite in a page; chromium.mjs is told the result. */
import { runSuite } from './suite.mjs';

runSuite().then(
  (value) => globalThis.told(JSON.stringify({ value })),
  (error) => globalThis.told(JSON.stringify({ error: String(error?.stack ?? error) })),
);
