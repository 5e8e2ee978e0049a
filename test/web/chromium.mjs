#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs a page in headless Chromium, served on loopback, and prints what it calls `told` with: JSON of a `value` or an
// `error`. Usage: chromium.mjs FOLDER FILE [--no-wasm]: FOLDER has playwright-core; FILE is the page, or a module for one;
// its folder is served. --no-wasm: the content security policy denies WebAssembly.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromiumPath } from './chromium-path.mjs';

const [place, file, ...flags] = process.argv.slice(2);
/** For what takes seconds: something has gone wrong where nobody sees it. */
const LIMIT = 300_000;
const { chromium } = createRequire(path.resolve(place, 'package.json'))('playwright-core');
const root = path.dirname(path.resolve(file));
const policy = `default-src 'self'; script-src 'self'${flags.includes('--no-wasm') ? '' : " 'wasm-unsafe-eval'"}`;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const start = file.endsWith('.html') ? `/${path.basename(file)}` : '/';
const page = `<!doctype html><meta charset="utf-8"><title>A module</title><script type="module" src="/${path.basename(file)}"></script>`;

const server = createServer(async ({ url }, response) => {
  const name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  try {
    const body = name === '/' ? page : await readFile(path.join(root, path.normalize(name)));
    const type = TYPES[path.extname(name) || '.html'] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
try {
  const tab = await browser.newPage();
  let tell;
  const told = new Promise((resolve, reject) => {
    tell = resolve;
    tab.on('pageerror', reject);
    tab.on('crash', () => reject(new Error('the page crashed')));
    tab.on('requestfailed', (request) => reject(new Error(`${request.url()}: ${request.failure()?.errorText}`)));
    tab.on('response', (response) => response.ok() || reject(new Error(`${response.url()}: ${response.status()}`)));
    setTimeout(() => reject(new Error('the page says nothing')), LIMIT).unref();
  });
  await tab.exposeFunction('told', tell); // to be there before the page is
  const [text] = await Promise.all([told, tab.goto(`http://127.0.0.1:${server.address().port}${start}`)]);
  const { value, error } = JSON.parse(text);
  if (error) throw new Error(error);
  console.log(JSON.stringify({ runtime: `Chromium ${browser.version()}`, ...value }));
} finally {
  await browser.close();
  server.close();
}
