// SPDX-License-Identifier: Apache-2.0
/** The child's side of a crew member: hears what is to be done, says when it is ready, done, or why it failed. */

/**
 * @param {(settings: object) => Promise<(run: object) => Promise<{ work?: () => Promise<unknown>, stop?: () => Promise<unknown> }>>} setUp
 *   `settings` are those of the whole crew; the function that it gives makes ready for a run: what a worker then does by itself,
 *   what an aggregator does when the workers are done
 */
export function serve(setUp) {
  let prepare;
  let current;
  const done = async (result) => process.send({ kind: 'done', result: await result });
  const handlers = {
    settings: ({ settings }) => {
      prepare = setUp(settings);
      // whoever prepares is told
      prepare.catch(() => undefined);
    },
    prepare: async ({ run }) => {
      current = await (await prepare)(run);
      process.send({ kind: 'ready' });
    },
    go: () => done(current.work()),
    stop: () => done(current.stop()),
  };
  process.on('message', async (message) => {
    try {
      await handlers[message.kind](message);
    } catch (error) {
      process.send({ kind: 'failed', message: process.env['DEBUG'] ? error.stack : error.message });
    }
  });
  // without the parent there is nothing to do
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal reaches the children too: the parent stops them
  process.on('SIGINT', () => undefined);
}
