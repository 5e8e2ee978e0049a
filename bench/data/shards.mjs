// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CACHE } from './paths.mjs';
import { USE } from './sizes.mjs';

const SHARD_ROWS = 400;

// One folder a sentence list, so that shards of another list are never reused.
function shardFolder(sentences) {
  const digest = createHash('sha256').update(sentences.join('\n')).digest('hex').slice(0, 12);
  return join(CACHE, `use-shards-${digest}`);
}

function shardPath(folder, shard) {
  return join(folder, `${String(shard).padStart(3, '0')}.f32`);
}

// Written under another name first: an interrupted run leaves no half shard.
// Shards are in the machine's byte order; only .npy files leave the cache.
function saveShard(path, rows) {
  writeFileSync(`${path}.part`, new Uint8Array(rows.buffer));
  renameSync(`${path}.part`, path);
}

function runWorkers(sentences, folder, missing, workers) {
  const started = Date.now();
  const queue = [...missing];
  let done = 0;

  function one() {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./encode-worker.mjs', import.meta.url));
      const give = () => {
        const shard = queue.shift();
        if (shard === undefined) {
          worker.terminate().then(() => resolve(), reject);
          return;
        }
        const at = shard * SHARD_ROWS;
        worker.postMessage({ shard, sentences: sentences.slice(at, at + SHARD_ROWS) });
      };
      worker.on('error', reject);
      worker.on('message', ({ shard, rows }) => {
        saveShard(shardPath(folder, shard), rows);
        done += 1;
        const seconds = (Date.now() - started) / 1000;
        const left = (seconds / done) * (missing.length - done);
        process.stderr.write(
          `use: shard ${done} of ${missing.length}, ${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left\n`,
        );
        give();
      });
      give();
    });
  }

  return Promise.all(Array.from({ length: Math.min(workers, missing.length) }, one));
}

// The first `count` rows of the encoded list; what is not cached yet is encoded.
export async function encodedRows(sentences, count, workers = Math.min(2, availableParallelism())) {
  const folder = shardFolder(sentences);
  mkdirSync(folder, { recursive: true });
  const shards = Array.from({ length: Math.ceil(count / SHARD_ROWS) }, (_, i) => i);
  const missing = shards.filter((shard) => !existsSync(shardPath(folder, shard)));
  await runWorkers(sentences, folder, missing, workers);

  const out = new Float32Array(count * USE.dim);
  for (const shard of shards) {
    const bytes = readFileSync(shardPath(folder, shard));
    const rows = new Float32Array(new Uint8Array(bytes).buffer);
    const at = shard * SHARD_ROWS * USE.dim;
    out.set(rows.subarray(0, out.length - at), at);
  }
  return out;
}
