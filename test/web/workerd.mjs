#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs a worker in workerd, on loopback, and prints what it answers to one request. Usage: workerd.mjs FOLDER WORKER DATE
// [MODULE.wasm]: FOLDER has workerd; WORKER is one file, which may import the module by the file's name; DATE says which
// behaviour of the runtime it was made for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

const [date, ...files] = [process.argv[4], ...process.argv.slice(2, 4), ...process.argv.slice(5)];
const [place, worker, module] = files.map((name) => path.resolve(name));
const { default: workerd, version } = createRequire(path.join(place, 'package.json'))('workerd');
const embed = (file) => JSON.stringify(path.relative(path.dirname(worker), file));
const modules = [
  `(name = "worker.mjs", esModule = embed ${embed(worker)})`,
  ...(module ? [`(name = "./${path.basename(module)}", wasm = embed ${embed(module)})`] : []),
];
const config = path.join(path.dirname(worker), `${path.basename(worker, '.mjs')}.capnp`);
writeFileSync(
  config,
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${modules.join(', ')}], compatibilityDate = "${date}"))],
  sockets = [(name = "main", address = "127.0.0.1:0", http = (), service = "main")]
);
`,
);

const child = spawn(workerd, ['serve', '--control-fd=3', config], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
try {
  const listening = (async () => {
    for await (const line of createInterface(child.stdio[3])) {
      const event = JSON.parse(line);
      if (event.event === 'listen') return event.port;
    }
    throw new Error('workerd does not listen');
  })();
  const port = await Promise.race([
    listening,
    once(child, 'exit').then(() => Promise.reject(new Error('workerd ended'))),
  ]);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  console.log(JSON.stringify({ ...JSON.parse(text), runtime: `workerd ${version}` }));
} finally {
  child.kill();
}
