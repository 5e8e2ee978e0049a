// SPDX-License-Identifier: Apache-2.0
// A new user's path: `npm install` of the packed package in an empty folder, and the first example of README.md pasted;
// and what it costs: bytes, seconds to install, milliseconds to import.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run, Skip } from './commands.mjs';
import { environment, npmProject } from './installs.mjs';
import { tarball } from './prebuilds.mjs';
import { arm64Node, QEMU_ARM64 } from './tiers.mjs';
import { NODES } from './toolbox.mjs';

/** What the example speaks of and does not define. */
const BEFORE = `
const rows = (count, seed) => Float32Array.from({ length: 512 * count }, (_, i) => Math.sin((i + 1) * seed) ** 3);
const [embeddings, more, query, queries] = [rows(200, 1.7), rows(50, 2.3), rows(1, 1.7), rows(4, 1.9)];
const { signal } = new AbortController();
`;
const AFTER = `
import { backend } from 'hadaquant';
if (again.size !== 249) throw new Error(\`\${again.size} rows were saved\`);
console.log(backend.name, [...ids].join(' '), new Uint32Array(scores.buffer, scores.byteOffset, scores.length).join(' '), certain[0]);
`;

function program() {
  const example = /^```js\n(.*?)^```/ms.exec(readFileSync(path.join(ROOT, 'README.md'), 'utf8'))?.[1];
  if (!example) throw new Error('README.md has no example');
  return `${BEFORE}${example}${AFTER}`; // imports may stand anywhere in a module
}

let project;
function installed() {
  if (!project) {
    project = npmProject('first steps');
    writeFileSync(path.join(project, 'example.mjs'), program());
  }
  return project;
}

/** What every run must print after the name of its backend. */
let results;
function tryExample(command, wanted) {
  const place = installed();
  const env = { ...environment(), HADAQUANT_BACKEND: wanted };
  const { stdout } = run(command[0], [...command.slice(1), 'example.mjs'], { cwd: place, env });
  const [backend, ...rest] = stdout.trim().split(' ');
  if (backend !== wanted) throw new Error(`expected the ${wanted} backend, but ${backend} ran`);
  results ??= rest.join(' ');
  if (rest.join(' ') !== results) throw new Error(`${rest.join(' ')}, but another run gave ${results}`);
  return `${run(command[0], [...command.slice(1), '-p', "process.version + ' ' + process.arch"]).stdout.trim()}: found ${rest.slice(0, 3).join(' ')} ...`;
}

const MACHINES = {
  x64: (version) => [NODES[version]],
  'arm64 (qemu)': (version) => {
    if (process.arch === 'arm64') throw new Skip('this is arm64 already');
    const qemu = run('sh', ['-c', `command -v ${QEMU_ARM64[0]} || true`]).stdout.trim(); // PATH has no emulator below
    if (!qemu) throw new Skip(`${QEMU_ARM64[0]} is not installed`);
    const { stdout } = run(NODES[version], ['-p', 'process.versions.node']);
    return [qemu, ...QEMU_ARM64.slice(1), '-cpu', 'max', arm64Node(stdout.trim())];
  },
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

function milliseconds(work) {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** Prints; nothing here is asserted, for it depends on the machine and what else it does. */
function figures() {
  const install = milliseconds(() => npmProject('install time'));
  const place = installed();
  const env = environment();
  writeFileSync(path.join(place, 'empty.mjs'), '');
  writeFileSync(path.join(place, 'import.mjs'), "import 'hadaquant';\n");
  const start = (file, backend) =>
    milliseconds(() => run(process.execPath, [file], { cwd: place, env: { ...env, HADAQUANT_BACKEND: backend } }));
  const imports = ['native', 'wasm', 'js'].map((backend) => {
    const extra = Array.from({ length: 41 }, () => start('import.mjs', backend) - start('empty.mjs', backend));
    return `${backend} ${median(extra).toFixed(1)}`;
  });
  const { size } = statSync(tarball());
  return `tarball ${size} bytes; npm install ${(install / 1000).toFixed(1)} s; import, ms more than an empty program: ${imports.join(', ')}`;
}

export const checks = [
  ...[20, 24].flatMap((version) =>
    Object.keys(MACHINES).flatMap((machine) =>
      ['native', 'wasm'].map((backend) => ({
        name: `first steps: Node ${version}, ${machine}, ${backend}`,
        run: () => tryExample(MACHINES[machine](version), backend),
      })),
    ),
  ),
  { name: 'first steps: figures', run: figures },
];
