// SPDX-License-Identifier: Apache-2.0
import { natsLink } from '../links/nats.mjs';
import { parameterCount } from '../mlp.mjs';
import { readShard } from '../mnist.mjs';
import { recorder } from '../record.mjs';
import { SHAPE, trainWorker } from '../trainer.mjs';
import { serve } from './member.mjs';

serve(async (settings) => {
  const { worker, workers, record } = settings;
  const train = readShard('train', worker, workers);
  const test = readShard('test', worker, workers);
  const length = parameterCount(SHAPE);
  return async (run) => {
    const link = await natsLink({ ...settings, ...run, length });
    return {
      work: async () => {
        try {
          return await trainWorker({
            ...settings,
            seed: run.seed,
            shape: SHAPE,
            train,
            test,
            link,
            report: (report) => process.send(report),
            record: recorder(record, { ...run, worker }),
          });
        } finally {
          await link.close();
        }
      },
    };
  };
});
