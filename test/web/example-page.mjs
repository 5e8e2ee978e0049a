#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Uses the page of examples/browser in headless Chromium as a person would, and compares what it shows with what this Node
// gives. Usage: example-page.mjs FOLDER SCREENS: FOLDER has playwright-core; pictures of the page go to the folder SCREENS.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { backend, FlatIndex, Quantizer } from '../../dist/index.js';
import { errorOf, exactNearest, recallOf } from '../../examples/browser/page/measure.js';
import { readNpy } from '../../examples/browser/page/npy.js';
import { chromiumPath } from './chromium-path.mjs';

const [place, screens] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(place, 'package.json'))('playwright-core');
const at = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const file = (name) => readFileSync(at(`test/fixtures/${name}`));

/** What the page should say: the same measurements here. */
async function expected(codec, bits) {
  const [corpus, queries] = await Promise.all(
    ['glosses.npy', 'queries.npy'].map((name) => readNpy(new Blob([file(name)]), 2 ** 25)),
  );
  const { dim, data } = corpus;
  const signal = new AbortController().signal;
  const exact = await exactNearest(corpus, queries, 10, { signal, onProgress: () => undefined });
  const index = new FlatIndex({ dim, bits, codec, center: 'mean' });
  index.add(data);
  const { ids } = index.search(queries.data, { k: 10 });
  const quantizer = new Quantizer({ dim, bits, codec });
  return {
    row: [`${codec}, ${bits}`, (index.bytes / index.size).toFixed(1), recallOf(ids, exact.ids, 10).toFixed(3)],
    error: errorOf(data, quantizer.decode(quantizer.encode(data)), dim),
    file: index.toBytes(),
  };
}

/** The table's row of the last result: codec and bits, bytes a vector, recall; and the error beside them. */
async function shown(page) {
  await page.waitForFunction(() => document.querySelector('#results').ariaBusy === 'false');
  const cells = await page.locator('tr.current > *').allInnerTexts();
  return { row: [cells[0], cells[1], cells[3]], error: Number(cells[4]) };
}

async function expectShown(page, codec, bits) {
  const [got, wanted] = [await shown(page), await expected(codec, bits)];
  assert.deepEqual(got.row, wanted.row);
  // the page measures the first 4,000 rows, which are all, and shows three digits
  assert.ok(Math.abs(got.error / wanted.error - 1) < 0.006, `error ${got.error}, here ${wanted.error}`);
  return wanted;
}

const done = [];
const cases = {
  'the bundled sentences': async (page) => {
    const { file: here } = await expectShown(page, 'eden', 4);
    assert.match(await page.locator('#backend').innerText(), /WebAssembly \(simd128\)/);
    assert.equal(await page.locator('#query option').count(), 20);
    assert.equal(await page.locator('#found li').count(), 10);
    await page.selectOption('#query', { index: 6 });
    assert.equal(await page.locator('#found li').count(), 10);
    await page.screenshot({ path: path.join(screens, 'wide.png'), fullPage: true });
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    assert.equal(download.suggestedFilename(), 'glosses.hq');
    assert.deepEqual(new Uint8Array(readFileSync(await download.path())), here, 'the file is the one that Node writes');
  },
  'codecs and widths': async (page) => {
    await shown(page);
    await page.selectOption('#codec', 'vq');
    await page.waitForFunction(() => document.querySelector('tr.current')?.innerText.startsWith('vq'));
    await expectShown(page, 'vq', 4);
    await page.selectOption('#codec', 'eden');
    await page.click('#all');
    await page.waitForFunction(() => document.querySelector('tr.current')?.innerText.startsWith('eden, 8'));
    await expectShown(page, 'eden', 8);
    assert.equal(await page.locator('#tried tr').count(), 12);
    await page.screenshot({ path: path.join(screens, 'tried.png'), fullPage: true });
  },
  'the keyboard alone': async (page) => {
    await shown(page);
    const focused = [];
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press('Tab');
      focused.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
    }
    assert.deepEqual(focused.slice(0, 7), ['file', 'codec', 'bits', 'all', 'save', 'query', 'scroll']);
    await page.focus('#bits');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
    assert.equal(await page.getAttribute('#bits', 'aria-valuetext'), '1.5 bits');
    await page.waitForFunction(() => document.querySelector('tr.current')?.innerText.startsWith('eden, 1.5'));
    await expectShown(page, 'eden', 1.5);
    await page.screenshot({ path: path.join(screens, 'keyboard.png') });
  },
  'a file of one\u2019s own': async (page) => {
    await shown(page);
    await page.setInputFiles('#file', { name: 'mine.npy', mimeType: '', buffer: file('glosses.npy') });
    await page.waitForFunction(() => document.querySelector('#data-about').innerText.includes('mine.npy'));
    await shown(page);
    assert.match(await page.locator('#data-about').innerText(), /2,350 vectors of 512 numbers\. 50 more rows/);
    assert.match(await page.locator('#found li').first().innerText(), /Row \d+/);
    const base64 = file('queries.npy').toString('base64');
    const transfer = await page.evaluateHandle((text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const dropped = new DataTransfer();
      dropped.items.add(new File([bytes], 'dropped.npy'));
      return dropped;
    }, base64);
    await page.dispatchEvent('#results', 'drop', { dataTransfer: transfer });
    await page.waitForFunction(() => document.querySelector('#data-about').innerText.includes('dropped.npy'));
    await shown(page);
    assert.match(await page.locator('#data-about').innerText(), /18 vectors of 512 numbers\. 2 more rows/);
    await page.click('#sentences');
    await page.waitForFunction(() => document.querySelector('#data-about').innerText.includes('definitions'));
    await expectShown(page, 'eden', 4);
  },
  'files that cannot be used': async (page) => {
    const before = await shown(page);
    const whole = file('queries.npy');
    const nan = Buffer.from(file('glosses.npy'));
    nan.writeUInt16LE(0x7e00, 128 + 2 * (512 * 7 + 3));
    const fortran = Buffer.from(whole.toString('latin1').replace('False', 'True '), 'latin1');
    for (const [buffer, said] of [
      [Buffer.from('a, b\n1, 2\n'), /not a \.npy file/],
      [Buffer.alloc(0), /not a \.npy file/],
      [whole.subarray(0, 5000), /20 x 512 numbers of 2 bytes, but 4872 bytes follow/],
      [fortran, /Fortran order/],
      [nan, /holds NaN \(row 7, column 3\)/],
    ]) {
      await page.setInputFiles('#file', { name: 'broken.npy', mimeType: '', buffer });
      await page.waitForFunction(() => document.querySelector('#problem').innerText);
      assert.match(await page.locator('#problem').innerText(), said);
      await page.evaluate(() => document.querySelector('#problem').replaceChildren());
    }
    await page.setInputFiles('#file', { name: 'broken.npy', mimeType: '', buffer: fortran });
    await page.waitForFunction(() => document.querySelector('#problem').innerText);
    await page.screenshot({ path: path.join(screens, 'problem.png') });
    assert.deepEqual(await shown(page), before, 'what was there stays');
    await page.selectOption('#codec', 'dithered');
    await page.waitForFunction(() => document.querySelector('tr.current')?.innerText.startsWith('dithered'));
    assert.equal(await page.locator('#problem').innerText(), '');
    await expectShown(page, 'dithered', 4);
  },
};

const server = spawn(process.execPath, [at('examples/browser/serve.mjs'), '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let address;
for await (const line of createInterface(server.stdout)) {
  address = line;
  break;
}
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
const wide = { viewport: { width: 1280, height: 900 } };
try {
  const errors = [];
  /** A page of its own for each case. */
  const opened = async (options, use) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(address);
    await use(page);
    await context.close();
  };
  for (const [name, use] of Object.entries(cases)) {
    await opened(wide, use);
    done.push(name);
  }
  await opened({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: 'dark' }, async (page) => {
    await shown(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} pixels wider than a phone`);
    await page.screenshot({ path: path.join(screens, 'phone.png'), fullPage: true });
  });
  done.push('a phone');
  assert.deepEqual(errors, []);
} finally {
  await browser.close();
  server.kill();
}
console.log(`${done.join(', ')}; figures equal those of ${backend.name} ${backend.isa}`);
