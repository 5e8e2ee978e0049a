#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** Trains with each mode, loss and seed that is asked for, shows how it goes, and writes the results. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { backend } from 'hadaquant';
import { inProcessCrew } from './crews/in-process.mjs';
import { processCrew } from './crews/processes.mjs';
import { parameterCount } from './mlp.mjs';
import { HELP, readOptions, runsOf, UsageError } from './options.mjs';
import { RunLog } from './run.mjs';
import { plainTable } from './table.mjs';
import { SHAPE } from './trainer.mjs';
import { View } from './view.mjs';

/**
 * @typedef {object} Crew workers and what connects them
 * @property {string} what in words
 * @property {(run: object, report: (report: object) => void) => Promise<number[]>} run trains once
 * @property {() => Promise<void>} close
 */

function writeResults(path, results) {
  mkdirSync(dirname(resolve(path)), { recursive: true });
  // under another name first: a file that is there is whole
  writeFileSync(`${path}.part`, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(`${path}.part`, path);
}

async function train(options) {
  const { rounds, workers, batch, rate, momentum, testEvery, deadline, record, out, inProcess, server } = options;
  const settings = { rounds, workers, batch, rate, momentum, evaluateEvery: testEvery, deadline, record };
  const runs = runsOf(options);
  const view = new View(process.stdout);
  const crew = inProcess ? inProcessCrew(settings) : await processCrew({ ...settings, server });
  const stop = (signal) => {
    view.clear();
    crew.close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const results = {
    format: 1,
    settings: { rounds, workers, batch, rate, momentum, testEvery, shape: SHAPE, coordinates: parameterCount(SHAPE) },
    crew: crew.what,
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    backend,
    runs: [],
  };
  try {
    view.begin(`${crew.what}; ${runs.length} runs of ${rounds} rounds.`);
    for (const run of runs) {
      const log = new RunLog(run, settings);
      const fingerprints = await crew.run(run, (report) => {
        log.add(report);
        view.progress(log);
      });
      view.finish(log);
      results.runs.push(log.result(fingerprints));
      writeResults(out, results);
    }
  } finally {
    view.clear();
    await crew.close();
  }
  process.stdout.write(`\n${plainTable(results.runs)}\nWrote ${out}.\n`);
  const unequal = results.runs.filter(({ modelsEqual }) => !modelsEqual);
  if (unequal.length)
    process.stdout.write(`In ${unequal.length} runs the workers' models were not equal at the end.\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await train(options);
  else process.stdout.write(HELP);
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(
    usage ? `${error.message} (--help tells more)\n` : `${process.env['DEBUG'] ? error.stack : error.message}\n`,
  );
  process.exit(usage ? 2 : 1);
}
