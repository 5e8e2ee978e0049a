// SPDX-License-Identifier: Apache-2.0
/** The child's side of a crew member: hears what is to be done, says when it is ready, done, or why it failed. */

/**
 * @param {(settings: object) => Promise<(run: object) => Promise<{ work: () => Promise<unknown>, stop?: () => void }>>} setUp
 *   `settings` are those of the whole crew; the function that it gives makes ready for a run
 */
export function serve(setUp) {
  let prepare;
  let current;
  const handlers = {
    settings: ({ settings }) => {
      prepare = setUp(settings);
    },
    prepare: async ({ run }) => {
      current = await (await prepare)(run);
      process.send({ kind: 'ready' });
      if (current.eager) await handlers.go();
    },
    go: async () => {
      process.send({ kind: 'done', result: await current.work() });
    },
    stop: () => current.stop?.(),
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
  // the parent stops everybody; Ctrl-C in a terminal reaches the children too
  process.on('SIGINT', () => undefined);
}
