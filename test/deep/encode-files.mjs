// SPDX-License-Identifier: Apache-2.0
// Prints one line for each case of workload.mjs: the sha256 of its bytes and what it is. Every backend, instruction set and
// machine must print the same lines. The first line (on stderr) says which one ran.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as gradient from '../../dist/gradient/index.js';
import * as hadaquant from '../../dist/index.js';
import { workload } from './workload.mjs';

console.error(`${hadaquant.backend.name} ${hadaquant.backend.isa}`);

function print(name, ...views) {
  const hash = createHash('sha256');
  for (const view of views) hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  console.log(`${hash.digest('hex')}  ${name}`);
}

const folder = mkdtempSync(join(tmpdir(), 'hadaquant-files-'));
try {
  await workload({ ...hadaquant, ...gradient }, print, async (index) => {
    const path = join(folder, 'index.hq');
    await index.save(path);
    return readFileSync(path);
  });
} finally {
  rmSync(folder, { recursive: true });
}
