#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Sending a gradient through a NATS server on this machine and adding it to a mean: compressed, and as plain float32 or
// float16. One thread sends, another receives; loopback has no limit of its own, a network has: the last columns say what it would make of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { connect } from 'nats';
import { GradientAggregator, GradientCompressor } from '../../dist/gradient/index.js';
import { median } from '../stats.mjs';
import { printTable } from '../table.mjs';

const SUBJECT = 'gradient';
/** Bytes of a message of plain numbers: those of a chunk as float32. */
const MESSAGE_BYTES = 2 ** 18;
/** Bits a second of the networks of the last columns. */
const NETWORKS = [1e9, 10e9];

/** Ways of sending. float16 is half of the bytes as they lie: conversion is taken as free. */
const WAYS = [
  { name: 'plain float32', plain: 4 },
  { name: 'plain float16', plain: 2 },
  { name: 'f32', codec: 'f32' },
  { name: 'eden, 1 bit', codec: 'eden', bits: 1 },
  { name: 'eden, 1 bit, error feedback', codec: 'eden', bits: 1, errorFeedback: true },
  { name: 'eden, 4 bits', codec: 'eden', bits: 4 },
  { name: 'quicfl, 2 bits', codec: 'quicfl', bits: 2 },
  { name: 'dithered, 4 bits', codec: 'dithered', bits: 4 },
];

/** The receiver's thread: adds what comes, and says when a gradient is complete. */
async function receive({ port, length }) {
  const connection = await connect({ port });
  const aggregator = new GradientAggregator({ length });
  const sums = new Float64Array(length);
  let expected = 0;
  let plain = 0;
  let at = 0;
  parentPort.on('message', (message) => {
    ({ expected, plain } = message);
    at = 0;
    aggregator.reset(message.round);
    parentPort.postMessage('ready');
  });
  const take = (data) => {
    if (plain === 0) {
      const { accepted, message } = aggregator.add(data);
      if (!accepted) throw new Error(message);
    } else if (plain === 4) {
      const numbers = new Float32Array(data.slice().buffer);
      for (let i = 0; i < numbers.length; i++) sums[at + i] += numbers[i];
      at += numbers.length;
    }
    if (--expected === 0) parentPort.postMessage('done');
  };
  connection.subscribe(SUBJECT, {
    callback: (error, { data }) => (error ? parentPort.emit('error', error) : take(data)),
  });
  await connection.flush();
  parentPort.postMessage('subscribed');
}

async function startServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'hadaquant-bench-'));
  const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder], { stdio: 'ignore' });
  const failed = new Promise((_, reject) =>
    child.on('error', () =>
      reject(new Error('nats-server cannot be run (Debian, Ubuntu: apt-get install nats-server)')),
    ),
  );
  const port = (async () => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
      const text = file && readFileSync(path.join(folder, file), 'utf8');
      if (text?.trim().endsWith('}')) return Number(new URL(JSON.parse(text).nats[0]).port);
    }
  })();
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { port: await Promise.race([port, failed]), stop };
}

function plainMessages(grad, bytesANumber) {
  const bytes = new Uint8Array(grad.buffer, 0, bytesANumber * grad.length);
  const messages = [];
  for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) messages.push(bytes.subarray(at, at + MESSAGE_BYTES));
  return messages;
}

async function main() {
  const { values } = parseArgs({
    options: {
      length: { type: 'string', default: String(2 ** 22) },
      rounds: { type: 'string', default: '21' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log('usage: node bench/gradient/transfer.mjs [--length 4194304] [--rounds 21]');
    return;
  }
  const length = Number(values.length);
  const rounds = Number(values.rounds);
  const server = await startServer();
  const receiver = new Worker(new URL(import.meta.url), { workerData: { port: server.port, length } });
  const answer = () => once(receiver, 'message');
  await answer();
  const connection = await connect({ port: server.port });
  const grad = Float32Array.from({ length }, (_, i) => Math.sin(i * i) + Math.cos(3 * i));
  const ways = WAYS.map((way) => ({
    ...way,
    compressor: way.codec && new GradientCompressor({ length, ...way, ...(way.bits ? {} : { bits: undefined }) }),
    seconds: [],
    compressing: [],
    bytes: 0,
  }));
  for (let round = 0; round < rounds; round++) {
    // in another order each round, so that none always follows the same one
    for (const way of [...ways].sort(() => Math.random() - 0.5)) {
      const count = way.plain ? Math.ceil((way.plain * length) / MESSAGE_BYTES) : way.compressor.packets;
      const ready = answer();
      receiver.postMessage({ round, expected: count, plain: way.plain ?? 0 });
      await ready;
      const done = answer();
      const start = performance.now();
      const messages = way.plain ? plainMessages(grad, way.plain) : way.compressor.compress(grad, { round });
      way.compressing.push(performance.now() - start);
      for (const message of messages) connection.publish(SUBJECT, message);
      await done;
      way.seconds.push((performance.now() - start) / 1000);
      way.bytes = messages.reduce((sum, { length: size }) => sum + size, 0);
    }
  }
  await connection.close();
  await receiver.terminate();
  server.stop();
  const gigabytes = (4 * length) / 1e9;
  const rate = (seconds) => (gigabytes / seconds).toFixed(2);
  printTable([
    ['sent as', 'MB', 'compress GB/s', 'all GB/s', ...NETWORKS.map((bits) => `${bits / 1e9} Gbit/s at most`)],
    ...ways.map(({ name, bytes, seconds, compressing, plain }) => [
      name,
      (bytes / 1e6).toFixed(2),
      plain ? '-' : rate(median(compressing) / 1000),
      rate(median(seconds)),
      ...NETWORKS.map((bits) => rate(Math.max(median(seconds), (8 * bytes) / bits))),
    ]),
  ]);
  console.log(
    `\nGB/s of float32 gradient, medians of ${rounds} rounds; all: from the first byte compressed to the last one added.`,
  );
}

if (isMainThread) await main();
else await receive(workerData);
