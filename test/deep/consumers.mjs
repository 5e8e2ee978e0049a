// SPDX-License-Identifier: Apache-2.0
// What others build on the packed package: TypeScript in strict mode, bundles of esbuild, Vite and webpack; and what publint and
// "Are the types wrong?" say about its package.json.
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './commands.mjs';
import { environment, expectUse, npmProject } from './installs.mjs';
import { tarball } from './prebuilds.mjs';
import { NODES, tool, toolScript } from './toolbox.mjs';

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false, // so that our declarations are checked too
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
};

const CONSUMER = `import { backend, type BackendInfo, FlatIndex, Quantizer } from 'hadaquant';
import { GradientAggregator, GradientCompressor } from 'hadaquant/gradient';

const info: BackendInfo = backend;
const index: FlatIndex = new FlatIndex({ dim: 8, bits: 4, metric: 'cosine' });
index.add(Float32Array.from({ length: 16 }, (_, i) => i - 4));
const found: { ids: ArrayLike<number | bigint>; scores: Float32Array } = index.search(new Float32Array(8).fill(1), { k: 1 });
const codes: Uint8Array = new Quantizer({ dim: 8, bits: 2 }).encode(new Float32Array(8).fill(1));
const packets: Uint8Array[] = new GradientCompressor({ length: 8, bits: 2, clientId: 1 }).compress(new Float32Array(8), { round: 1 });
const aggregator = new GradientAggregator({ length: 8, round: 1 });
for (const packet of packets) aggregator.add(packet);
// @ts-expect-error: bits is a number
export const wrong = () => new Quantizer({ dim: 8, bits: 'four' });
console.log(info.name, codes.length + found.scores.length + aggregator.mean().length);
`;

/** Compiles a program and runs it. */
function typeScript(moduleResolution, module) {
  const place = npmProject(`TypeScript ${moduleResolution}`, { type: 'module' });
  const compilerOptions = { ...STRICT, module, moduleResolution, outDir: 'out', rootDir: '.' };
  // the declarations of Node's own modules are the reader's
  symlinkSync(tool('@types'), path.join(place, 'node_modules', '@types'));
  writeFileSync(path.join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  writeFileSync(path.join(place, 'use.ts'), CONSUMER);
  const env = environment();
  run(process.execPath, [toolScript('typescript', 'tsc'), '-p', '.'], { cwd: place, env });
  const { stdout } = run(process.execPath, [path.join('out', 'use.js')], { cwd: place, env });
  if (!stdout.startsWith('native ')) throw new Error(`expected the native backend, got ${stdout}`);
  return `strict, declarations checked; runs ${stdout.trim()}`;
}

function esbuild() {
  const place = npmProject('esbuild');
  const env = environment();
  const program = [toolScript('esbuild'), 'use.mjs', '--bundle', '--platform=node'];
  const ran = [
    ['bundled, ESM', ['--format=esm', '--outfile=out/use.mjs'], 'out/use.mjs', 'wasm'],
    ['external, ESM', ['--format=esm', '--external:hadaquant', '--outfile=external.mjs'], 'external.mjs', 'native'],
  ].map(([name, args, file, wanted]) => {
    run(program[0], [...program.slice(1), ...args], { cwd: place, env });
    return `${name} ${expectUse(place, [process.execPath, file], wanted, env)}`;
  });
  return ran.join('; ');
}

/** Vite leaves packages out of bundles for servers, or takes them in when told to. */
function vite() {
  const place = npmProject('Vite', { type: 'module' });
  const env = environment(NODES[24]);
  const program = [NODES[24], toolScript('vite'), 'build', '--ssr', 'use.mjs', '--logLevel', 'error'];
  const ran = [
    ['external', '', 'native'],
    ['bundled', 'ssr: { noExternal: true }', 'wasm'],
  ].map(([name, settings, wanted]) => {
    writeFileSync(path.join(place, 'vite.config.mjs'), `export default { ${settings} };\n`);
    run(program[0], [...program.slice(1), '--outDir', name], { cwd: place, env });
    return `${name} ${expectUse(place, [process.execPath, path.join(name, 'use.js')], wanted, env)}`;
  });
  return ran.join('; ');
}

/** webpack takes the package into bundles for Node, or leaves it out when told to. */
function webpack() {
  const place = npmProject('webpack');
  const env = environment();
  const program = [process.execPath, toolScript('webpack-cli'), '--mode', 'production', '--target', 'node20'];
  const ran = [
    ['bundled', [], 'wasm'],
    ['external', ['--externals-type', 'node-commonjs', '--externals', 'hadaquant'], 'native'],
  ].map(([name, settings, wanted]) => {
    const args = ['--entry', './use.mjs', '--output-path', path.join(place, name), ...settings];
    run(program[0], [...program.slice(1), ...args, '--fail-on-warnings'], { cwd: place, env });
    return `${name} ${expectUse(place, [process.execPath, path.join(name, 'main.js')], wanted, env)}`;
  });
  return ran.join('; ');
}

function publint() {
  const { stdout } = run(process.execPath, [toolScript('publint'), '--strict', tarball()]);
  return stdout.trim().split('\n').at(-1);
}

function typesAreRight() {
  // for ES modules alone: require() of one works in every Node that package.json allows
  const { stdout } = run(process.execPath, [
    toolScript('@arethetypeswrong/cli', 'attw'),
    tarball(),
    ...['--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color'],
    // what an import of that file gives is for the one who bundles it to say
    ...['--exclude-entrypoints', 'hadaquant.wasm'],
  ]);
  return [...stdout.matchAll(/^"(.*)"$/gm)].map(([, entry]) => entry).join(', ');
}

export const checks = [
  { name: 'consumers: TypeScript, moduleResolution node16', run: () => typeScript('node16', 'node16') },
  { name: 'consumers: TypeScript, moduleResolution bundler', run: () => typeScript('bundler', 'esnext') },
  { name: 'consumers: esbuild', run: esbuild },
  { name: 'consumers: Vite for Node', run: vite },
  { name: 'consumers: webpack for Node', run: webpack },
  { name: 'consumers: publint', run: publint },
  { name: 'consumers: are the types wrong', run: typesAreRight },
];
