// SPDX-License-Identifier: Apache-2.0
/**
 * The golden suite and the workload of the deep tests, for any runtime that a bundle of it can be loaded in. The package
 * comes by its name; test/golden/answers.ts takes the same files (bundle.mjs).
 */
import * as hadaquant from 'hadaquant';
import * as gradient from 'hadaquant/gradient';
import { workload } from '../deep/workload.mjs';
import { KERNELS, TABLES } from '../golden/answers.ts';
import codecs from '../golden/codecs.txt';
import codes from '../golden/codes.txt';
import crc32c from '../golden/crc32c.txt';
import fwht from '../golden/fwht.txt';
import gaussian from '../golden/gaussian.txt';
import { parseGolden } from '../golden/golden-case.ts';
import levels from '../golden/levels.txt';
import moments from '../golden/moments.txt';
import pack from '../golden/pack.txt';
import packets from '../golden/packets.txt';
import records from '../golden/records.txt';
import rotation from '../golden/rotation.txt';
import scan from '../golden/scan.txt';
import splitmix from '../golden/splitmix.txt';

const FILES = {
  splitmix,
  gaussian,
  levels,
  fwht,
  rotation,
  moments,
  codes,
  pack,
  records,
  codecs,
  packets,
  scan,
  crc32c,
};

async function goldens() {
  const suite = { ...TABLES, ...KERNELS };
  const missing = Object.keys(suite).filter((file) => !(file in FILES));
  if (missing.length) throw new Error(`no golden file ${missing}`);
  const failures = [];
  let answers = 0;
  for (const [file, text] of Object.entries(FILES)) {
    for (const golden of parseGolden(text)) {
      for (const answer of await suite[file](golden)) {
        answers++;
        const wrong = golden.compared(answer).find(({ wanted, got }) => wanted !== got);
        if (wrong) failures.push(`${file}: ${wrong.where}: expected ${wrong.wanted}, got ${wrong.got}`);
      }
    }
  }
  return { answers, failures };
}

/** sha256 of everything under the views, one after the other. */
async function sha256(views) {
  const bytes = new Uint8Array(views.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of views) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The lines of encode-files.mjs; every index goes to bytes and back on its way. */
async function hashes() {
  const lines = [];
  const print = async (name, ...views) => lines.push(`${await sha256(views)}  ${name}`);
  await workload({ ...hadaquant, ...gradient }, print, (index) => {
    const copy = hadaquant.FlatIndex.fromBytes(index.toBytes());
    return copy.toBytes();
  });
  return lines;
}

/** What has no file system says so. */
async function fileError() {
  const index = new hadaquant.FlatIndex({ dim: 2, bits: 4 });
  const errors = [index.save('index.hq'), hadaquant.FlatIndex.open('index.hq')].map((call) =>
    call.then(
      () => 'done',
      (error) => `${error.name}: ${error.message}`,
    ),
  );
  return Promise.all(errors);
}

/** Asynchronous forms give what the others give. */
async function asyncEqual() {
  const x = Float32Array.from({ length: 20_000 * 24 }, (_, i) => Math.sin(i));
  const quantizer = new hadaquant.Quantizer({ dim: 24, bits: 3 });
  const codes = await quantizer.encodeAsync(x);
  const index = new hadaquant.FlatIndex({ dim: 24, bits: 4, center: 'mean' });
  const later = new hadaquant.FlatIndex({ dim: 24, bits: 4, center: 'mean' });
  index.add(x);
  await later.addAsync(x);
  const queries = x.subarray(0, 40 * 24);
  const found = [index.search(queries, { k: 9 }), await later.searchAsync(queries, { k: 9 })];
  const pairs = [
    [quantizer.encode(x), codes],
    [quantizer.decode(codes), await quantizer.decodeAsync(codes)],
    [index.toBytes(), later.toBytes()],
    [found[0].ids, found[1].ids],
    [found[0].scores, found[1].scores],
  ];
  const sums = await Promise.all(pairs.flat().map((view) => sha256([view])));
  return pairs.every((_, i) => sums[2 * i] === sums[2 * i + 1]);
}

export async function runSuite() {
  const { backend } = hadaquant;
  return {
    backend,
    golden: await goldens(),
    lines: await hashes(),
    fileErrors: await fileError(),
    asyncEqual: await asyncEqual(),
  };
}
