// SPDX-License-Identifier: Apache-2.0
// An encoder of a bulk job in a process of its own, to be killed: `node encoder.mjs URL OPTIONS`. Prints its progress, a line each.
import { encodeRows } from 'hadaquant/nats';
import { connect } from 'nats';

const [url, options] = process.argv.slice(2);
const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
await encodeRows(connection, { ...JSON.parse(options), onProgress: (done) => console.log(done) });
await connection.close();
