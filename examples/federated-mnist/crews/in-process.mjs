// SPDX-License-Identifier: Apache-2.0
/** A crew that trains in this process: the workers take turns. */
import { InProcessRoom } from '../links/in-process.mjs';
import { parameterCount } from '../mlp.mjs';
import { digitCount, readShard } from '../mnist.mjs';
import { recorder } from '../record.mjs';
import { SHAPE, trainWorker } from '../trainer.mjs';

/** @returns {import('../train.mjs').Crew} */
export function inProcessCrew(settings) {
  const { workers, record } = settings;
  const length = parameterCount(SHAPE);
  const shards = Array.from({ length: workers }, (_, worker) => ({
    train: readShard('train', worker, workers),
    test: readShard('test', worker, workers),
  }));
  return {
    what: `${workers} workers in one process, ${digitCount('train')} digits`,
    run: async (run, report) => {
      const room = new InProcessRoom({ length, workers });
      const jobs = shards.map((shard, worker) =>
        trainWorker({
          ...settings,
          ...shard,
          worker,
          shape: SHAPE,
          seed: run.seed,
          link: room.link({ ...run, length, worker }),
          report,
          record: recorder(record, { ...run, worker }),
        }),
      );
      return Promise.all(jobs);
    },
    close: async () => undefined,
  };
}
