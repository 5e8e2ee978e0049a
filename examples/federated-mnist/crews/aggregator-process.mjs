// SPDX-License-Identifier: Apache-2.0
import { natsAggregator } from '../links/nats.mjs';
import { parameterCount } from '../mlp.mjs';
import { SHAPE } from '../trainer.mjs';
import { serve } from './member.mjs';

serve(async (settings) => {
  const length = parameterCount(SHAPE);
  return async (run) => {
    const aggregator = await natsAggregator({ ...settings, ...run, length });
    return { stop: () => aggregator.close() };
  };
});
