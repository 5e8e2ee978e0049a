// SPDX-License-Identifier: Apache-2.0
// A worker in a process of its own, to be killed: `node worker.mjs URL OPTIONS PACKETS`. Sends so many packets of ones, prints
// "half", and goes no further.
import { NatsWorker } from 'hadaquant/nats';
import { connect } from 'nats';

const [url, options, packets] = process.argv.slice(2);
const connection = await connect({ servers: url });
let left = Number(packets);
const stuck = new Proxy(connection, {
  get(target, key) {
    const value = Reflect.get(target, key, target);
    if (typeof value !== 'function') return value;
    return (...given) => {
      if (key === 'request' && given[0].includes('.packet.') && --left < 0) {
        if (left === -1) console.log('half');
        return new Promise(() => {});
      }
      return value.apply(target, given);
    };
  },
});
setInterval(() => {}, 1000);
const settings = JSON.parse(options);
const worker = new NatsWorker(stuck, { ...settings, window: 1 });
await worker.exchange(Float32Array.from(settings.grad), { round: settings.round });
