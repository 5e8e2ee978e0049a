#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** `npm run bench`: measures the speed ratios that hadaquant promises and says which of them hold on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeRow, ratio, show, verdict } from './bars.mjs';
import { buildKernelsBench, plansFolder, runKernelsBench } from './kernel_rows.mjs';
import { median, quartiles } from './stats.mjs';
import { printTable } from './table.mjs';
import { measureTiers, printTiers } from './tiers.mjs';

const ROUNDS = 31;
const QUICK_ROUNDS = 9;

const HELP = `usage: npm run bench -- [options]

Measures speed as ratios of two things timed in turns in one process (median of ${ROUNDS} rounds) and prints
  what | measured | must | aim | holds
"must" is the bar to hold, "aim" the best thought possible; bench/README.md explains the rows.

  --quick          ${QUICK_ROUNDS} rounds; the figures are rougher
  --rounds <n>     that many rounds
  --only <text>    only rows whose id (see --json) contains the text, such as fwht, encode or scan
  --peers          also rows against usearch and simsimd, and encoding and search of real embeddings side by side
                   with faiss and turbovec: a quarter of an hour; what is not installed is left out with a note
  --python <path>  interpreter that has faiss and turbovec; default $HADAQUANT_PYTHON, then python3
  --isa <name>     instruction set of the kernels (scalar, avx2, avx512, avx512icl, neon, neondot); default the best; the
                   rows "fwht f32" always show every one
  --tiers          also every row of the kernels on every instruction set of this CPU
  --json           JSON instead of the table, with medians and quartiles
  --help           this text

Progress goes to standard error. The result is 0 whether the bars hold or not.
`;

const root = fileURLToPath(new URL('..', import.meta.url));

function note(text) {
  process.stderr.write(`bench: ${text}\n`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', default: '' },
      isa: { type: 'string', default: 'best' },
      peers: { type: 'boolean', default: false },
      python: { type: 'string' },
      tiers: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = values.rounds === undefined ? (values.quick ? QUICK_ROUNDS : ROUNDS) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number of at least 1');
  return { ...values, rounds };
}

function lastLevelCache() {
  const file = '/sys/devices/system/cpu/cpu0/cache/index3/size';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** @param {number} load at the start, before our own work adds to it */
function describeMachine(load, kernels, peers) {
  const cpus = os.cpus();
  const cache = lastLevelCache();
  return {
    cpu: cpus[0]?.model.trim() || 'unknown',
    cores: cpus.length,
    ...(cache && { l3: cache }),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    load: Number(load.toFixed(2)),
    ...kernels,
    ...(Object.keys(peers).length && { peers }),
  };
}

/** Medians, their ratio against the faster anchor, and whether it holds. */
function summarize({ id, ours, anchor, anchors = [anchor] }) {
  const { what, kind, bars } = describeRow(id);
  const best = anchors.reduce((a, b) => (a && median(a) <= median(b) ? a : b), undefined);
  const oursNs = median(ours);
  const anchorNs = best && median(best);
  const measured = ratio(kind, oursNs, anchorNs);
  return {
    id,
    what,
    kind,
    measured,
    quartiles: quartiles(ours.map((ns, round) => ratio(kind, ns, best?.[round]))),
    must: bars?.[0],
    aim: bars?.[1],
    holds: verdict(kind, measured, bars),
    ours_ns: oursNs,
    anchor_ns: anchorNs,
  };
}

/** fwht rows come twice: placed as V8 places arrays (the bar), and aligned to 64 bytes (only for information). */
function joinAligned(rows) {
  const suffix = '/aligned';
  const aligned = new Map(rows.filter((r) => r.id.endsWith(suffix)).map((r) => [r.id.slice(0, -suffix.length), r]));
  return rows
    .filter((r) => !r.id.endsWith(suffix))
    .map((r) => {
      const row = summarize(r);
      const twin = aligned.get(r.id);
      return twin ? { ...row, aligned: ratio(row.kind, median(twin.ours), median(twin.anchor)) } : row;
    });
}

function remark(row) {
  if (row.aligned) return ` (aligned: ${show(row.kind, row.aligned)})`;
  if (row.kind === 'rate') return ` (a copy: ${show(row.kind, 1 / row.anchor_ns)})`;
  return '';
}

function printRows(rows) {
  const bar = (row, value) => (value === undefined ? '-' : show(row.kind, value));
  printTable([
    ['what', 'measured', 'must', 'aim', 'holds'],
    ...rows.map((row) => [
      row.what + remark(row),
      show(row.kind, row.measured),
      bar(row, row.must),
      bar(row, row.aim),
      row.holds,
    ]),
  ]);
}

function printReport(machine, rounds, rows) {
  const { cpu, cores, l3, platform, node, load, compiler, isa, peers = {} } = machine;
  console.log(`${cpu}, ${cores} cores${l3 ? `, L3 ${l3}` : ''}, ${platform}; node ${node}; load ${load}`);
  console.log(
    compiler ? `${compiler}; kernels: ${isa}; ${rounds} rounds` : `native kernels not built; ${rounds} rounds`,
  );
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  if (versions.length) console.log(versions.join(', '));
  if (rows.length === 0) return;
  console.log();
  printRows(rows);
  const barred = rows.filter((row) => row.must !== undefined);
  const count = (...verdicts) => barred.filter((row) => verdicts.includes(row.holds)).length;
  console.log(`\n${count('aim', 'yes')} of ${barred.length} bars hold, ${count('aim')} reach the aim`);
}

/** The rows against peers, and the end-to-end runs; importing them loads hadaquant. */
async function runPeers(options, take) {
  const { runNpmRows } = await import('./peers/npm_rows.mjs');
  const { runEndToEnd } = await import('./peers/end_to_end.mjs');
  const npm = runNpmRows(options, take, note);
  const { runs, versions } = await runEndToEnd(options, note);
  return { runs, versions: { ...npm, ...versions } };
}

/** Without a C++ compiler there is still JavaScript to measure. */
function tryToBuild() {
  try {
    return buildKernelsBench(root);
  } catch (error) {
    note(`the native kernels are left out: ${error.message}`);
    return undefined;
  }
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  // hadaquant reads it when it is loaded, which is later
  if (options.isa !== 'best') process.env['HADAQUANT_ISA'] = options.isa;
  if (!existsSync(path.join(root, 'dist/index.js'))) throw new Error('dist is missing: run `npm run build` first');
  const [load] = os.loadavg();
  const rows = [];
  const take = (row) => {
    rows.push(row);
    note(row.id);
  };

  note('building kernels_bench');
  const program = tryToBuild();
  let kernels = {};
  if (program) {
    const { writePlans } = await import('./plans.mjs');
    writePlans(plansFolder(root));
    kernels = await runKernelsBench(program, plansFolder(root), options, take);
  }
  const { runNodeRows } = await import('./node_rows.mjs');
  runNodeRows(options, take);
  const { runWasmRows } = await import('./wasm_rows.mjs');
  runWasmRows(options, take);
  const { runThreadRows } = await import('./thread_rows.mjs');
  await runThreadRows(options, take);
  const { runGradientRows } = await import('./gradient/rows.mjs');
  runGradientRows(options, take);

  const isas = ['scalar', ...(kernels.isas ?? [])];
  const tiers = options.tiers && program ? await measureTiers(program, root, options, isas, note) : [];

  const peers = options.peers ? await runPeers(options, take) : { runs: [], versions: {} };

  const machine = describeMachine(load, kernels, peers.versions);
  const summary = joinAligned(rows);
  if (options.json) {
    const endToEnd = options.peers && { end_to_end: peers.runs };
    const all = { machine, rounds: options.rounds, rows: summary, ...(options.tiers && { tiers }), ...endToEnd };
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  printReport(machine, options.rounds, summary);
  if (tiers.length) printTiers(tiers, isas);
  if (peers.runs.length) {
    const { printEndToEnd } = await import('./peers/end_to_end_table.mjs');
    printEndToEnd(peers.runs);
  }
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
