// SPDX-License-Identifier: Apache-2.0
// An aggregator in a process of its own, to be killed: `node aggregator.mjs URL OPTIONS`. Prints its statistics, a line each.
import { NatsAggregator } from 'hadaquant/nats';
import { connect } from 'nats';

const [url, options] = process.argv.slice(2);
const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
const aggregator = new NatsAggregator(connection, JSON.parse(options));
await aggregator.start();
setInterval(() => console.log(JSON.stringify(aggregator.stats)), 20);
