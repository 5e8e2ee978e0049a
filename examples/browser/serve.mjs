#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Builds the page and serves it on this machine alone. `npm start`, or with another port `npm start -- 9000` (0: any).
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { buildSite } from './build.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.txt': 'text/plain; charset=utf-8',
};
// nothing but this server, and of code only its files and WebAssembly
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:";

const port = Number(process.argv[2] ?? 8080);
const site = await buildSite();
/** What there is, by its address: nothing else can be asked for. */
const files = new Map(
  readdirSync(site, { recursive: true }).map((name) => [`/${name.replaceAll(path.sep, '/')}`, path.join(site, name)]),
);
files.set('/', path.join(site, 'index.html'));

const server = createServer(async ({ url }, response) => {
  const file = files.get(new URL(url, 'http://localhost').pathname) ?? '';
  try {
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    const body = await readFile(file);
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  }
});
server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE' ? `port ${port} is taken: npm start -- 0 takes any other` : error.message);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
