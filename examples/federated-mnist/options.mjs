// SPDX-License-Identifier: Apache-2.0
/** The command line of train.mjs. */
import { parseArgs } from 'node:util';
import { BASELINE, MODES } from './modes.mjs';

const NAMES = Object.entries(MODES).map(([name, { title }]) => `                     ${name.padEnd(11)} ${title}`);

export const HELP = `Usage: npm start -- [options]        (or: node train.mjs [options])

Trains a digit classifier (784-256-10, 203,530 weights) on MNIST in several worker
processes. Each round every worker sends the gradient of a batch of its own digits
to an aggregator over NATS, gets the mean back and takes a step. One run for each
mode, loss and seed; the results go to a JSON file, which \`npm run plot\` draws.

  --modes LIST       how gradients are sent, default all:
${NAMES.join('\n')}
  --loss LIST        percent of packets lost before they are sent, default 0,10
  --seeds LIST       seeds of weights, batches, compression and losses, default 1
  --rounds N         default 1000
  --workers N        processes, 1 to 64, default 4
  --batch N          digits a worker and round, default 32
  --rate X           learning rate after warm-up, default 0.1
  --momentum X       default 0.9
  --test-every N     rounds between two tests, default 50
  --deadline N       milliseconds that the aggregator waits for packets in runs where
                     some are dropped, default 100
  --out FILE         default results.json
  --record FOLDER    writes gradients of rounds 1, 100 and 1000 as .npy
  --server URL       a NATS server that runs already, such as nats://127.0.0.1:4222;
                     by default one is started on a free port and stopped afterwards
  --in-process       no processes and no NATS: all workers take turns in this one
  -h, --help         this text
`;

/** A mistake on the command line: told without a stack. */
export class UsageError extends Error {}

function wrong(name, expected, given) {
  return new UsageError(`--${name} must be ${expected}, not '${given}'`);
}

function number(name, text, { least, most, whole = false }) {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw wrong(name, `a ${whole ? 'whole number' : 'number'} ${range}`, text);
  }
  return value;
}

function list(name, text, parse) {
  const items = text.split(',').map((item) => parse(item.trim()));
  const repeated = items.find((item, i) => items.indexOf(item) !== i);
  if (repeated !== undefined) throw wrong(name, `a list without repetitions ('${repeated}' is there twice)`, text);
  return items;
}

function modeName(text) {
  if (!Object.hasOwn(MODES, text)) throw wrong('modes', `made of ${Object.keys(MODES).join(', ')}`, text);
  return text;
}

const WHOLE = { least: 1, most: Number.MAX_SAFE_INTEGER, whole: true };

/** @returns the options, or null if only help is wanted @throws UsageError */
export function readOptions(args) {
  let given;
  try {
    ({ values: given } = parseArgs({
      args,
      options: {
        modes: { type: 'string', default: Object.keys(MODES).join() },
        loss: { type: 'string', default: '0,10' },
        seeds: { type: 'string', default: '1' },
        rounds: { type: 'string', default: '1000' },
        workers: { type: 'string', default: '4' },
        batch: { type: 'string', default: '32' },
        rate: { type: 'string', default: '0.1' },
        momentum: { type: 'string', default: '0.9' },
        'test-every': { type: 'string', default: '50' },
        deadline: { type: 'string', default: '100' },
        out: { type: 'string', default: 'results.json' },
        record: { type: 'string' },
        server: { type: 'string' },
        'in-process': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  if (given.help) return null;
  if (given.server !== undefined && given['in-process']) {
    throw new UsageError('--server and --in-process exclude each other');
  }
  return {
    modes: list('modes', given.modes, modeName),
    drops: list('loss', given.loss, (text) => number('loss', text, { least: 0, most: 90 }) / 100),
    seeds: list('seeds', given.seeds, (text) => number('seeds', text, { least: 0, most: 2 ** 32 - 1, whole: true })),
    rounds: number('rounds', given.rounds, WHOLE),
    workers: number('workers', given.workers, { least: 1, most: 64, whole: true }),
    batch: number('batch', given.batch, { least: 1, most: 900, whole: true }),
    rate: number('rate', given.rate, { least: 0, most: 100 }),
    momentum: number('momentum', given.momentum, { least: 0, most: 0.999 }),
    testEvery: number('test-every', given['test-every'], WHOLE),
    deadline: number('deadline', given.deadline, { least: 1, most: 60_000, whole: true }),
    out: given.out,
    record: given.record,
    server: given.server,
    inProcess: given['in-process'],
  };
}

/** The runs in the order in which they are made: those that are compared come one after the other. */
export function runsOf({ modes, drops, seeds }) {
  const ordered = modes.includes(BASELINE) ? [BASELINE, ...modes.filter((mode) => mode !== BASELINE)] : modes;
  return seeds.flatMap((seed) => drops.flatMap((drop) => ordered.map((mode) => ({ mode, drop, seed }))));
}
