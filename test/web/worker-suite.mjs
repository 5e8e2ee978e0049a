// SPDX-License-Identifier: Apache-2.0
/** The suite as an edge worker: a request runs it. */
import { runSuite } from './suite.mjs';

export default {
  async fetch() {
    try {
      return Response.json({ runtime: 'workerd', ...(await runSuite()) });
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
