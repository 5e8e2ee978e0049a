// SPDX-License-Identifier: Apache-2.0
// Browsers and edge workers: the packed package, bundled, gives in each the golden answers and the files that it gives here;
// bundlers take it as it is. test/web has the suite and the tools, a package of its own that is installed on first use.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chromiumPath } from '../web/chromium-path.mjs';
import { expectSameFiles, pack, ROOT, run, Skip, WORK } from './commands.mjs';

const TOOLS = path.join(ROOT, 'test', 'web');
const PLACE = path.join(WORK, 'web');
const OUT = path.join(PLACE, 'out');
const PACKAGE = path.join(PLACE, 'node_modules', 'hadaquant');
const WASM = path.join(OUT, 'hadaquant.wasm');
const bin = (name) => path.join(PLACE, 'node_modules', '.bin', name);

let installed = false;
/** The tools of test/web and, as npm would unpack it, the package. */
function install() {
  if (installed) return;
  mkdirSync(OUT, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(path.join(TOOLS, file), path.join(PLACE, file));
  run('npm', ['ci', '--silent', '--no-audit'], { cwd: PLACE });
  mkdirSync(PACKAGE);
  run('tar', ['xzf', pack(PLACE), '--strip-components=1', '-C', PACKAGE]);
  copyFileSync(path.join(PACKAGE, 'dist', 'wasm', 'hadaquant.wasm'), WASM);
  installed = true;
}

const script = (name, ...args) => run(process.execPath, [path.join(TOOLS, name), ...args]).stdout;

/** A bundle of an entry of test/web. */
function bundled(entry, name, settings) {
  install();
  const file = path.join(OUT, name);
  script('bundle.mjs', PLACE, entry, file, JSON.stringify(settings));
  return file;
}

function inChromium(file, ...flags) {
  if (!chromiumPath()) throw new Skip('needs Chromium (Debian: chromium)');
  return JSON.parse(script('chromium.mjs', PLACE, file, ...flags));
}

const NO_FILES = 'HadaquantUnsupportedError: there are no files on this platform: use toBytes and fromBytes';

/** @param report of suite.mjs */
function expectSuite({ runtime, backend, golden, lines, fileErrors, asyncEqual }, wanted) {
  if (golden.failures.length) throw new Error(`${golden.failures.length} golden answers differ: ${golden.failures[0]}`);
  if (golden.answers < 4000) throw new Error(`only ${golden.answers} golden answers`);
  if (!asyncEqual) throw new Error('an asynchronous form gives something else');
  if (fileErrors.some((text) => text !== NO_FILES)) throw new Error(`save and open: ${fileErrors.join(', ')}`);
  const same = expectSameFiles({ lines, ran: `${backend.name} ${backend.isa}` }, wanted);
  return `${runtime}: ${golden.answers} golden answers, ${same}`;
}

function chromium(wanted, ...flags) {
  return expectSuite(inChromium(bundled('page-suite.mjs', 'page.js', { platform: 'browser' }), ...flags), wanted);
}

/** As the tools of edge workers bundle: they take .wasm files as modules of their own. */
const EDGE = { conditions: ['workerd', 'worker', 'browser'], external: ['*.wasm'] };

function workerd(wanted, settings, date, ...module) {
  const worker = bundled('worker-suite.mjs', `worker-${wanted.split(' ')[0]}.mjs`, settings);
  return expectSuite(JSON.parse(script('workerd.mjs', PLACE, worker, date, ...module)), wanted);
}

let consumer;
/** The consumer's folder, and what it says when it is run here. */
function consumerHere() {
  if (consumer) return consumer;
  install();
  const folder = path.join(PLACE, 'consumer');
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(TOOLS, 'consumer'), folder, { recursive: true });
  const file = path.join(folder, 'node.mjs');
  esbuild(folder, file, '--platform=node');
  const { value } = JSON.parse(run(process.execPath, [file], { env: { HADAQUANT_BACKEND: 'js' } }).stdout);
  if (value.backend !== 'js' || !value.refused) throw new Error(`in Node: ${JSON.stringify(value)}`);
  return (consumer = { folder, value });
}

function esbuild(folder, file, ...flags) {
  run(bin('esbuild'), ['main.ts', '--bundle', '--format=esm', `--outfile=${file}`, '--log-level=warning', ...flags], {
    cwd: folder,
  });
}

/** A bundle for browsers holds nothing of Node, and gives in one what Node gives. */
function expectConsumer(file, bundle) {
  const { value: here } = consumerHere();
  const text = readFileSync(bundle, 'utf8');
  const foreign = /["']node:\w+["']|\bBuffer\.|\bsetImmediate\b|\bprocess\.env\b|node-gyp-build/.exec(text);
  if (foreign) throw new Error(`the bundle has ${foreign[0]}`);
  const value = inChromium(file);
  if (value.backend !== 'wasm') throw new Error(`expected WebAssembly, but ${value.backend} ran`);
  if (value.sha256.join() !== here.sha256.join() || !value.refused) {
    throw new Error(`${JSON.stringify(value)} in the browser, ${JSON.stringify(here)} in Node`);
  }
  return `${(text.length / 1024).toFixed(0)} KiB, ${value.sha256.length} results equal Node's in ${value.runtime}`;
}

function withEsbuild(platform) {
  const { folder } = consumerHere();
  const file = path.join(folder, `${platform}.js`);
  esbuild(folder, file, '--minify', `--platform=${platform}`);
  return expectConsumer(file, file);
}

function withVite() {
  const { folder } = consumerHere();
  run(bin('tsc'), ['-p', folder]);
  run(bin('vite'), ['build', '--logLevel', 'warn'], { cwd: folder });
  const page = path.join(folder, 'dist', 'index.html');
  const [, bundle] = /src="\/(assets\/[^"]+\.js)"/.exec(readFileSync(page, 'utf8')) ?? [];
  if (!bundle) throw new Error('the built page has no script');
  return expectConsumer(page, path.join(folder, 'dist', bundle));
}

/** Without a file of settings. webpack strips no types, so TypeScript does; hints on the size are not about the package. */
function withWebpack() {
  const { folder } = consumerHere();
  const out = path.join(folder, 'webpack');
  run(bin('tsc'), ['-p', folder, '--noEmit', 'false', '--outDir', out]);
  const args = ['--mode', 'production', '--entry', './webpack/main.js', '--output-path', path.join(out, 'dist')];
  run(bin('webpack'), [...args, '--no-performance', '--fail-on-warnings'], { cwd: folder });
  const file = path.join(out, 'dist', 'main.js');
  return expectConsumer(file, file);
}

/** examples/browser with its own tools, used as a person would. */
function examplePage() {
  install();
  if (!chromiumPath()) throw new Skip('needs Chromium (Debian: chromium)');
  run('npm', ['ci', '--silent', '--no-audit'], { cwd: path.join(ROOT, 'examples', 'browser') });
  const screens = path.join(PLACE, 'screens');
  mkdirSync(screens, { recursive: true });
  return script('example-page.mjs', PLACE, screens).trim();
}

export const checks = [
  { name: 'web: the suite in Chromium', run: () => chromium('wasm simd128') },
  { name: 'web: the suite in Chromium, WebAssembly denied', run: () => chromium('js js', '--no-wasm') },
  { name: 'web: the suite in workerd', run: () => workerd('wasm simd128', EDGE, '2025-10-01', WASM) },
  {
    // before this date workerd compiles no bytes at all
    name: 'web: the suite in workerd, without the module',
    run: () => workerd('js js', { platform: 'browser' }, '2025-01-01'),
  },
  { name: 'web: esbuild for browsers', run: () => withEsbuild('browser') },
  { name: 'web: esbuild for no platform', run: () => withEsbuild('neutral') },
  { name: 'web: Vite and strict TypeScript', run: withVite },
  { name: 'web: webpack and strict TypeScript', run: withWebpack },
  { name: 'web: the page of examples/browser', run: examplePage },
];
